import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import { idPrefix } from './mark.js';

const CALL_MS = 10_000;
const PAGE = 500;
/** A namespace with more schedules than this is not ours to search. */
const MOST_LISTED = 20_000;

/** One schedule as the server has it now; undefined when there is none. Read-only. */
export async function readSchedule(client: Client, id: string): Promise<ScheduleDescription | undefined> {
  try {
    return await client.withDeadline(Date.now() + CALL_MS, () => client.schedule.getHandle(id).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Every schedule whose id begins like those of these systems, and those of the given ids. The server's list lags behind (ids may be missing or
 * gone), so each is described by itself, and ids that matter are asked for whether listed or not. Payloads of others are never
 * decoded: they may need a codec that we do not have. Read-only.
 */
export async function readSchedules(
  client: Client,
  systems: readonly string[],
  ids: readonly string[],
): Promise<ScheduleDescription[]> {
  const listed = await listIds(client);
  const ours = listed.filter((id) => systems.some((system) => id.startsWith(idPrefix(system))));
  const found: ScheduleDescription[] = [];
  for (const id of new Set([...ids, ...ours])) {
    const schedule = await readSchedule(client, id);
    if (schedule !== undefined) found.push(schedule);
  }
  return found;
}

async function listIds(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  const ids: string[] = [];
  let nextPageToken = new Uint8Array();
  do {
    const request = { namespace, maximumPageSize: PAGE, nextPageToken };
    const page = await client.withDeadline(Date.now() + CALL_MS, () => client.workflowService.listSchedules(request));
    ids.push(...(page.schedules ?? []).flatMap(({ scheduleId }) => scheduleId ?? []));
    nextPageToken = new Uint8Array(page.nextPageToken ?? []);
    if (ids.length > MOST_LISTED)
      throw new Error(`The namespace has more than ${MOST_LISTED} schedules; name a --system`);
  } while (nextPageToken.length > 0);
  return ids;
}
