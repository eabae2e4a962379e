import type { Client } from '@temporalio/client';
import { listOpen, matchId, type OpenRunType } from '../../incidents/find.js';
import { TemporalAway } from '../../incidents/port.js';
import { CliError, UsageError } from '../errors.js';

/** How many are named when an id is ambiguous. */
const NAMED = 10;

/** Temporal that does not answer, in the one way in which errors are shown. */
export async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TemporalAway) throw new CliError(error.message, 1, [], { cause: error });
    throw error;
  }
}

/** The workflow id that a person means. A whole id is taken as it is, so that one which has ended can be asked too; a part of one must fit one open run. */
export async function resolveId(client: Client, type: OpenRunType, wanted: string): Promise<string> {
  if (new RegExp(`^${type}/[^/]+/.+`).test(wanted)) return wanted;
  const open = await answered(() => listOpen(client, type));
  const match = matchId(
    wanted,
    open.map(({ incident }) => incident),
  );
  if ('id' in match) return match.id;
  if ('several' in match)
    throw new UsageError(
      `"${wanted}" fits ${match.several.length} open ${type}s; write more of the id`,
      match.several.slice(0, NAMED),
    );
  throw new CliError(
    `No open ${type} fits "${wanted}". One that has ended is named by its whole id, ${type}/…; open ones: ${type === 'incident' ? 'belay incident list' : 'belay postmortem list'}`,
  );
}
