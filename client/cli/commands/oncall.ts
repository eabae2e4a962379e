import { slackClient } from '../../../activities/slack/client.js';
import type { SourceOptions } from '../../../activities/oncall/sources.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import type { Connect } from '../../../activities/kubernetes/session.js';
import { secretSources } from '../../../worker/secretSources.js';
import { describedSystem, instantOf, rotaNames } from '../../oncall/described.js';
import { lookAtRota, type RotaLook } from '../../oncall/look.js';
import { rotaText } from '../../oncall/text.js';
import type { System } from '../../../systems/schema.js';
import { CliError, messageOf, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { useSandbox } from '../sandboxAddresses.js';
import { withTemporal } from '../session.js';

export interface ShowOptions {
  rota?: string;
  at?: string;
  days?: string;
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 92;

/**
 * `belay oncall show SYSTEM`: who is on call and who will be, rota by rota. Read-only, with the caller's own credentials where another service keeps the
 * rota. Without Temporal it goes on without the overrides made at run time, and says so. Exit code 1 when nobody is on call in a rota that is shown.
 */
export async function oncallShow(io: Io, name: string, options: ShowOptions): Promise<number> {
  await useSandbox(io);
  const system = describedSystem(name);
  const names = rotaNames(system, options.rota);
  const days = Number(options.days ?? '7');
  if (!Number.isInteger(days) || days < 1 || days > MOST_DAYS)
    throw new UsageError(`--days must be a whole number from 1 to ${MOST_DAYS}`);
  const looks = await lookAll(io, system, names, options.at, days);
  print(io, { system: name, rotas: looks.map(asJson) }, () =>
    looks.map((look) => rotaText(look, system.people)).join('\n\n'),
  );
  return looks.every(({ onCall }) => onCall.length > 0) ? exit.ok : exit.error;
}

const iso = (at: number): string => new Date(at).toISOString();

/** With instants as people and other programs read them. */
const asJson = ({ at, shifts, ...look }: RotaLook) => ({
  ...look,
  at: iso(at),
  shifts: shifts.map(({ from, to, ...shift }) => ({ from: iso(from), to: iso(to), ...shift })),
});

async function lookAll(
  io: Io,
  system: System,
  names: string[],
  at: string | undefined,
  days: number,
): Promise<RotaLook[]> {
  const source = sourceOptions(io.env);
  const look = (client: Parameters<typeof lookAtRota>[0]['client']) =>
    Promise.all(
      names.map((name) => {
        const rota = system.rotas[name];
        const zone = rota !== undefined && 'timeZone' in rota ? rota.timeZone : 'UTC';
        const instant = at === undefined ? Date.now() : instantOf(at, zone, '--at');
        return lookAtRota({ client, source, at: instant, until: instant + days * DAY_MS }, system, name);
      }),
    );
  try {
    return await withTemporal(io, ({ client }) => look(client));
  } catch (error) {
    if (!(error instanceof CliError) || error instanceof UsageError) throw error;
    io.note(`Overrides made at run time are not known: ${messageOf(error)}`);
    return look(undefined);
  }
}

function sourceOptions(env: NodeJS.ProcessEnv): SourceOptions {
  // Loaded on first use: few references lead to a cluster.
  let connecting: Promise<Connect> | undefined;
  const kubernetes = (): Promise<Connect> =>
    (connecting ??= import('../../../activities/kubernetes/index.js').then(({ connectByContext }) =>
      connectByContext(),
    ));
  return {
    secrets: createSecretResolver(secretSources(env, kubernetes)),
    fetch: (url, init) => globalThis.fetch(url, init),
    slackClientFor: (token, apiUrl) => slackClient(token, apiUrl),
    env,
  };
}
