import type { Client } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils.js';

export type HistoryEvent = NonNullable<History['events']>[number];

/** Identifies one run. */
export interface RunId {
  workflowId: string;
  runId: string;
}

/** One long poll lasts at most this long; the server answers earlier as soon as there is an event. */
const POLL_MS = 25_000;

/** The events of a run as they appear, batch by batch, until it is closed or `signal` is aborted. */
export async function* follow(client: Client, execution: RunId, signal: AbortSignal): AsyncGenerator<HistoryEvent[]> {
  let nextPageToken: Uint8Array = new Uint8Array();
  while (!signal.aborted) {
    const answer = await poll(client, execution, nextPageToken, signal);
    if (!answer) continue;
    const events = answer.history?.events ?? [];
    if (events.length > 0) yield events;
    nextPageToken = answer.nextPageToken ?? new Uint8Array();
    if (nextPageToken.length === 0) return;
  }
}

/** One long poll; nothing when it was aborted or nothing happened meanwhile. */
async function poll(client: Client, execution: RunId, nextPageToken: Uint8Array, signal: AbortSignal) {
  const { connection } = client;
  // A signal of its own for each call: gRPC never takes its listeners off.
  const call = new AbortController();
  const abort = (): void => call.abort();
  signal.addEventListener('abort', abort, { once: true });
  const request = { namespace: client.options.namespace, execution, waitNewEvent: true, nextPageToken };
  try {
    return await connection.withAbortSignal(call.signal, () =>
      connection.withDeadline(Date.now() + POLL_MS, () =>
        connection.workflowService.getWorkflowExecutionHistory(request),
      ),
    );
  } catch (error) {
    if (signal.aborted || isDeadline(error)) return undefined;
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** gRPC DEADLINE_EXCEEDED: nothing happened meanwhile; the poll is simply repeated. */
const isDeadline = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 4;

/** Wire value of temporal.api.enums.v1.PendingActivityState. */
const PENDING_ACTIVITY_STATE_STARTED = 2;

/** Whether the server says of an activity that a worker is at it; histories tell of a start only with the end. */
export async function isStarted(client: Client, execution: RunId, activityId: string): Promise<boolean> {
  const { workflowService } = client.connection;
  const described = await workflowService.describeWorkflowExecution({
    namespace: client.options.namespace,
    execution,
  });
  return (described.pendingActivities ?? []).some(
    (one) => one.activityId === activityId && Number(one.state) === PENDING_ACTIVITY_STATE_STARTED,
  );
}
