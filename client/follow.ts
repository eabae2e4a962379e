import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { RunStatus } from '../workflows/kit/types.js';
import { runEnd } from './outcome.js';
import type { RunEnd } from './outcome.js';

/** An activity that is being executed or waits for its next try. */
export interface PendingActivity {
  name: string;
  attempt: number;
  /** Why the last try failed. */
  lastFailure?: string;
  /** What it last reported in a heartbeat, when that was text or had a `message`. */
  progress?: string;
}

/** What is known of a run at one moment. */
export interface Snapshot {
  workflowId: string;
  runId: string;
  status?: RunStatus;
  activities: PendingActivity[];
  /** Why parts are missing: no worker answers, Temporal is away. */
  trouble?: string;
  end?: RunEnd;
}

const callMs = 5_000;
const troublePauseMs = 2_000;

const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, signal ? { signal } : {}).catch(() => undefined);

function progressOf(data: Uint8Array | null | undefined): string | undefined {
  if (!data) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(data));
    if (typeof value === 'string') return value;
    const message = (value as { message?: unknown } | null)?.message;
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

function pendingActivities(description: WorkflowExecutionDescription): PendingActivity[] {
  return (description.raw.pendingActivities ?? []).map((pending) => {
    const progress = progressOf(pending.heartbeatDetails?.payloads?.[0]?.data);
    const lastFailure = pending.lastFailure?.message ?? undefined;
    return {
      name: pending.activityType?.name ?? '?',
      attempt: pending.attempt ?? 1,
      ...(lastFailure === undefined ? {} : { lastFailure }),
      ...(progress === undefined ? {} : { progress }),
    };
  });
}

/** One look at a run. Read-only; a run that no worker answers for is described without its status. */
async function look(client: Client, handle: WorkflowHandle): Promise<Snapshot> {
  const description = await client.withDeadline(Date.now() + callMs, () => handle.describe());
  const base = { workflowId: description.workflowId, runId: description.runId };
  const open = description.status.name === 'RUNNING' || description.status.name === 'PAUSED';
  if (!open) return { ...base, activities: [], end: await runEnd(handle) };
  const activities = pendingActivities(description);
  try {
    const status = await client.withDeadline(Date.now() + callMs, () => handle.query<RunStatus>('status'));
    return { ...base, activities, status };
  } catch {
    return { ...base, activities, trouble: 'No worker answers; the run goes on as soon as one polls its queue.' };
  }
}

/** The status of a run that has ended, from its report: the last look may have come before its last steps. */
function finalStatus(before: RunStatus | undefined, end: RunEnd | undefined): RunStatus | undefined {
  if (!end?.report) return undefined;
  const { runbook, workflowId, system, requestedBy, reason, dryRun, steps, decisions, summary, plan } = end.report;
  const known = { runbook, workflowId, system, requestedBy, reason, dryRun, steps, decisions };
  return { ...known, phase: 'done', headline: before?.headline ?? summary, locks: [], ...(plan ? { plan } : {}) };
}

/**
 * Looks at a run every `intervalMs` until it has ended; the last snapshot has `end`. Rides out a server or worker that is away.
 * Throws `WorkflowNotFoundError` when there is no such run.
 */
export async function* follow(
  client: Client,
  run: { workflowId: string; runId?: string },
  options: { intervalMs: number; signal?: AbortSignal },
): AsyncGenerator<Snapshot> {
  // Pinned to one run: a later run of the same id is somebody else's.
  let handle = client.workflow.getHandle(run.workflowId, run.runId);
  let last: Snapshot | undefined;
  while (!options.signal?.aborted) {
    let snapshot: Snapshot;
    try {
      snapshot = await look(client, handle);
      if (!last) handle = client.workflow.getHandle(snapshot.workflowId, snapshot.runId);
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) throw error;
      const why =
        error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
      const known = last ?? { workflowId: run.workflowId, runId: run.runId ?? '', activities: [] };
      snapshot = { ...known, trouble: `Temporal does not answer (${why}); trying again.` };
    }
    const status = snapshot.status ?? finalStatus(last?.status, snapshot.end) ?? last?.status;
    last = { ...snapshot, ...(status ? { status } : {}) };
    yield last;
    if (last.end) return;
    await pause(snapshot.trouble ? troublePauseMs : options.intervalMs, options.signal);
  }
}
