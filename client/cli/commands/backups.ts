import type { BackupTarget } from '../../../activities/backup/types.js';
import { InvalidSystemError, loadSystem, UnknownSystemError } from '../../../systems/load.js';
import type { System } from '../../../systems/schema.js';
import { suggest } from '../../../systems/suggest.js';
import { targetsOf } from '../../../workflows/backupKit/targets.js';
import { lookAt } from '../../backups/look.js';
import { openBackups } from '../../backups/open.js';
import { lookText } from '../../backups/text.js';
import { CliError, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { useSandbox } from '../sandboxAddresses.js';

/**
 * `belay backups SYSTEM [SOURCE]`: what the store holds, with the caller's credentials. Read-only. Exit code 1 when a store could not be asked, with
 * `check` 11 when a source has no fresh verified backup.
 */
export async function backupsList(
  io: Io,
  name: string,
  source: string | undefined,
  { check = false }: { check?: boolean },
): Promise<number> {
  await useSandbox(io);
  const targets = namedTargets(name, source);
  const activities = await openBackups(io.env);
  const now = Date.now();
  const looks = await Promise.all(targets.map((target) => lookAt(activities, target, now)));
  print(
    io,
    looks.map(({ listing, ...look }) => ({ ...look, ...listing })),
    () => looks.map((look) => lookText(look, now)).join('\n\n'),
  );
  if (looks.some(({ problem }) => problem !== undefined)) return exit.error;
  return check && looks.some(({ stale }) => stale) ? exit.unsafe : exit.ok;
}

/** Targets of a system's sources, or of the one that is named. Wrong names are usage errors. */
export function namedTargets(name: string, source: string | undefined): BackupTarget[] {
  const system = described(name);
  const sources = system.backups?.sources.map((one) => one.name) ?? [];
  if (sources.length === 0)
    throw new UsageError(`${name} describes no backups; add \`backups\` to its description, see docs/backup.md`);
  if (source !== undefined && !sources.includes(source))
    throw new UsageError(`${name} has no source "${source}"; ${suggest(source, sources, 'known sources')}`);
  return targetsOf(system, source === undefined ? undefined : [source]);
}

function described(name: string): System {
  try {
    return loadSystem(name).system;
  } catch (error) {
    if (error instanceof UnknownSystemError) throw new UsageError(error.message);
    if (error instanceof InvalidSystemError) throw new CliError(error.message, exit.usage);
    throw error;
  }
}
