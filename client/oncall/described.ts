import { DateTime } from 'luxon';
import type { LocalRota } from '../../activities/oncall/rota.js';
import { InvalidSystemError, loadSystem, UnknownSystemError } from '../../systems/load.js';
import type { System } from '../../systems/schema.js';
import { suggest } from '../../systems/suggest.js';
import { CliError, UsageError } from '../cli/errors.js';
import { exit } from '../cli/exitCodes.js';

/** A system by name. Wrong names and wrong descriptions are usage errors. */
export function describedSystem(name: string): System {
  try {
    return loadSystem(name).system;
  } catch (error) {
    if (error instanceof UnknownSystemError) throw new UsageError(error.message);
    if (error instanceof InvalidSystemError) throw new CliError(error.message, exit.usage);
    throw error;
  }
}

/** Names of a system's rotas, or the one that is asked for. */
export function rotaNames(system: System, wanted: string | undefined): string[] {
  const names = Object.keys(system.rotas);
  if (names.length === 0)
    throw new UsageError(`${system.name} describes no rotas; add \`rotas\` to its description, see docs/oncall.md`);
  if (wanted === undefined) return names;
  if (!names.includes(wanted))
    throw new UsageError(`${system.name} has no rota "${wanted}"; ${suggest(wanted, names, 'known rotas')}`);
  return [wanted];
}

/** A rota that Belay itself calculates. One that another service keeps is overridden there. */
export function ownRota(system: System, name: string): LocalRota {
  rotaNames(system, name);
  const rota = system.rotas[name];
  if (rota !== undefined && 'handoff' in rota) return rota;
  const source = rota?.source === 'pagerduty' ? 'PagerDuty' : 'Slack';
  throw new UsageError(`The rota ${name} of ${system.name} is kept by ${source}: make the override there`);
}

/**
 * An instant (ms) as a person writes it: ISO 8601, with an offset or else by the clocks of `zone`; a date alone is its midnight. `flag` names it in the
 * usage error.
 */
export function instantOf(text: string, zone: string, flag: string): number {
  const instant = DateTime.fromISO(text.trim(), { zone });
  if (instant.isValid) return instant.toMillis();
  throw new UsageError(
    `${flag} "${text}" is no date and time; write e.g. 2030-12-24T18:00 (in ${zone}) or 2030-12-24T18:00+01:00`,
  );
}
