import { type Client, ScheduleAlreadyRunning, ScheduleClient, type ScheduleDescription } from '@temporalio/client';
import type { DesiredSchedule } from './desired.js';
import { appliedKey } from './mark.js';
import { firstState, nextState, type State } from './state.js';

const CALL_MS = 10_000;

/** Creates a schedule. False when one of that id has come meanwhile. */
export async function createSchedule(client: Client, want: DesiredSchedule): Promise<boolean> {
  const { scheduleId, options } = want;
  const created = { scheduleId, ...options, ...stateOptions(want, firstState(want)) };
  try {
    await client.withDeadline(Date.now() + CALL_MS, () => client.schedule.create(created));
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

/**
 * Writes the whole schedule (a partial update would leave old times beside the new ones), unless it has changed since `seen` was read. Newer servers
 * then refuse with FAILED_PRECONDITION, older ones silently drop the write: read again to know.
 */
export async function updateSchedule(client: Client, want: DesiredSchedule, seen: ScheduleDescription): Promise<void> {
  const { spec, policies, typedSearchAttributes } = want.options;
  const schedule = { spec, policies, typedSearchAttributes, ...stateOptions(want, nextState(want, seen)) };
  const handle = unlessChanged(client, seen.raw.conflictToken).getHandle(want.scheduleId);
  await client.withDeadline(Date.now() + CALL_MS, () => handle.update(() => schedule));
}

function stateOptions({ options }: DesiredSchedule, { paused, note, applied }: State) {
  return { state: { paused, note }, action: { ...options.action, memo: { [appliedKey]: applied } } };
}

/** A schedule client whose updates carry the token of what was read; the SDK sends none (sdk-typescript#1967). */
function unlessChanged(client: Client, conflictToken: Uint8Array | null | undefined): ScheduleClient {
  const service = client.workflowService;
  type Update = typeof service.updateSchedule;
  const update = ((request: Parameters<Update>[0]) =>
    service.updateSchedule({ ...request, ...(conflictToken && { conflictToken }) })) as Update;
  const workflowService = Object.create(service, { updateSchedule: { value: update } }) as typeof service;
  const connection = Object.create(client.connection, { workflowService: { value: workflowService } });
  const { namespace, identity, dataConverter } = client.options;
  return new ScheduleClient({ connection: connection as Client['connection'], namespace, identity, dataConverter });
}

/** Whether an error of `updateSchedule` says that the schedule has changed since it was read. */
export function isConflict(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  const text = `${error instanceof Error ? error.message : ''} ${cause instanceof Error ? cause.message : ''}`;
  return /mismatched conflict token|FAILED_PRECONDITION/i.test(text);
}
