import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { bounded } from '../secrets/redact.js';
import type { RunDescription, TemporalActivities } from '../types.js';
import { CALL_MS, DEADLINE_EXCEEDED, hasStatus, NOT_FOUND, unavailable } from './call.js';
import { heartbeating, throwIfCancelled } from './heartbeat.js';
import { readIncident } from './incident.js';
import { signalRuns } from './signal.js';
import { findOverdue, listOpenRuns } from './visibility.js';

/** Runs that are asked about at the same time. */
const AT_ONCE = 25;
/** Deadline of one long poll; the server answers after some 20 s with nothing new. */
const POLL_MS = 30_000;
/** HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT of temporal.api.enums.v1. */
const CLOSE_EVENT: number = 2;

interface Run {
  workflowId: string;
  runId: string;
}

async function describe(client: Client, workflowId: string, runId?: string): Promise<RunDescription | null> {
  try {
    const run = await client.withDeadline(Date.now() + CALL_MS, () =>
      client.workflow.getHandle(workflowId, runId).describe(),
    );
    if (run.status.name !== 'RUNNING') return null;
    return { workflowId, runId: run.runId, type: run.type, status: run.status.name, memo: run.memo ?? {} };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw unavailable(error);
  }
}

/** One long poll for the closing event: `undefined` when the run is closed, else the token for the next poll. */
async function poll(client: Client, run: Run, token: Uint8Array, pollMs: number): Promise<Uint8Array | undefined> {
  try {
    const answer = await client.withDeadline(Date.now() + pollMs, () =>
      client.workflowService.getWorkflowExecutionHistory({
        namespace: client.options.namespace,
        execution: run,
        waitNewEvent: true,
        skipArchival: true,
        historyEventFilterType: CLOSE_EVENT,
        nextPageToken: token,
      }),
    );
    return answer.history?.events?.length ? undefined : answer.nextPageToken;
  } catch (error) {
    if (hasStatus(error, NOT_FOUND)) return undefined;
    if (hasStatus(error, DEADLINE_EXCEEDED)) return token;
    throw error;
  }
}

/**
 * Returns when the run is closed, however it ended; throws the CancelledFailure when the activity is cancelled. A worker's native
 * connection cannot abort a call, so a poll that is under way is left to its deadline; a client's own connection drops it.
 */
async function closed(client: Client, run: Run, pollMs: number): Promise<void> {
  const context = Context.current();
  let token: Uint8Array | undefined = new Uint8Array();
  while (token !== undefined) {
    const abort = new AbortController();
    const polled = client.withAbortSignal(abort.signal, () => poll(client, run, token ?? new Uint8Array(), pollMs));
    try {
      token = await Promise.race([polled, context.cancelled]);
    } finally {
      abort.abort();
      polled.catch(() => undefined);
    }
  }
}

/**
 * Other runs on the same Temporal service (holders of a lock, mostly). Touches only the client's namespace.
 *
 * A run that is closed or unknown is a result, never an error. An unreachable service is `TemporalUnavailable`, retried. Safe to
 * repeat: describing and waiting read; a cancellation request carries a request id that is the same in every attempt, and a run that
 * has closed meanwhile counts as cancelled.
 */
export function createTemporalActivities(options: { client: () => Client; pollMs?: number }): TemporalActivities {
  return {
    describeRun: ({ workflowId }) => describe(options.client(), workflowId),

    async describeRuns({ workflowIds }) {
      const client = options.client();
      const found: RunDescription[] = [];
      for (let from = 0; from < workflowIds.length; from += AT_ONCE) {
        const some = workflowIds.slice(from, from + AT_ONCE);
        const runs = await Promise.all(some.map((workflowId) => describe(client, workflowId)));
        found.push(...runs.filter((one) => one !== null));
      }
      return found;
    },

    /** Without `runId` it waits for the run that is open at the first attempt, remembered in the heartbeat: not for a later holder. */
    async waitForRunEnd({ workflowId, runId }) {
      const client = options.client();
      const context = Context.current();
      const seen = context.info.heartbeatDetails as { runId?: string } | undefined;
      const target = runId ?? seen?.runId ?? (await describe(client, workflowId))?.runId;
      if (target === undefined) return;
      const run = { workflowId, runId: target };
      const wait = () => closed(client, run, options.pollMs ?? POLL_MS);
      try {
        await heartbeating(wait, () => ({ runId: target }));
      } catch (error) {
        await throwIfCancelled();
        throw unavailable(error);
      }
    },

    async cancelRun({ workflowId, runId, reason }) {
      const client = options.client();
      const { workflowExecution, activityId } = Context.current().info;
      const requestId = `belay/${workflowExecution?.runId ?? ''}/${activityId}`;
      try {
        await client.withDeadline(Date.now() + CALL_MS, () =>
          client.workflowService.requestCancelWorkflowExecution({
            namespace: client.options.namespace,
            workflowExecution: { workflowId, runId },
            identity: client.options.identity,
            requestId,
            reason: bounded(reason),
          }),
        );
      } catch (error) {
        // NOT_FOUND (5) says that there is no such run or that it is closed already: nothing is left to cancel.
        if (hasStatus(error, NOT_FOUND)) return;
        throw unavailable(error);
      }
    },

    signalRuns: (input) => heartbeating(() => signalRuns(options.client(), input)),
    listOpenRuns: (input) => listOpenRuns(options.client(), input),
    findOverdue: (input) => findOverdue(options.client(), input),
    readIncident: ({ workflowId }) => readIncident(options.client(), workflowId),
  };
}
