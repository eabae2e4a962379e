import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/types.js';

const quick = { initialInterval: '500ms', backoffCoefficient: 2, maximumInterval: '10s', maximumAttempts: 80 } as const;

/** A host's own queue; a host worker that is not there must show soon. */
const at = (taskQueue: string | undefined) =>
  taskQueue === undefined ? {} : { taskQueue, scheduleToStartTimeout: HOST_MS };

/** How long an activity waits for a host worker that does not poll. */
const HOST_MS = 120_000;

/**
 * Read-only and short. Many tries: an API server that is away for minutes must not end a run. `summary` names the bar in the
 * UI's timeline.
 */
export const probe = (summary: string, taskQueue?: string) =>
  proxyActivities<Activities>({
    ...at(taskQueue),
    summary,
    startToCloseTimeout: '15s',
    scheduleToCloseTimeout: '10m',
    retry: quick,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

/** Read-only and allowed one short look: for facts that are good to have when time matters more. */
export const glance = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    scheduleToCloseTimeout: '2s',
    retry: { maximumAttempts: 1 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

/** Small and worth some tries, but never a wait: what it tells is old within a minute. */
export const briefly = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: '6s',
    scheduleToCloseTimeout: '20s',
    retry: { initialInterval: '500ms', backoffCoefficient: 2, maximumAttempts: 3 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

/** Changes the outside world; idempotent by design of each activity. A cancel waits for the answer, so that we know what we did. */
export const mutate = (summary: string, taskQueue?: string) =>
  proxyActivities<Activities>({
    ...at(taskQueue),
    summary,
    startToCloseTimeout: '10s',
    scheduleToCloseTimeout: '10m',
    retry: quick,
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });

/**
 * Changes many objects at once while seconds count: repeated quickly, and for an hour if not told otherwise, since an API server that is away for some
 * minutes must not leave a system half stopped. Idempotent by design of each activity.
 */
export const urgent = (summary: string, patienceMs = 3_600_000) =>
  proxyActivities<Activities>({
    summary,
    startToCloseTimeout: '60s',
    heartbeatTimeout: '8s',
    scheduleToCloseTimeout: patienceMs,
    retry: { initialInterval: '200ms', backoffCoefficient: 1.5, maximumInterval: '5s', maximumAttempts: 800 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });

/** Read-only and long: heartbeats, and a lost worker is noticed within 10 s. `ms` is the longest useful time. */
export const watch = (summary: string, ms: number) =>
  proxyActivities<Activities>({
    summary,
    heartbeatTimeout: '10s',
    startToCloseTimeout: ms + 120_000,
    scheduleToCloseTimeout: ms + 600_000,
    retry: { ...quick, maximumAttempts: 200 },
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

/**
 * Messages to people: tried for an hour, awaited by nobody. Heartbeats, so that a message whose worker died is sent again
 * before the run's end stops waiting for it; not sooner, since a worker that is merely slow would send it twice.
 */
export const outbox = (summary: string) =>
  proxyActivities<Activities>({
    summary,
    heartbeatTimeout: '8s',
    startToCloseTimeout: '20s',
    scheduleToCloseTimeout: '1h',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 100 },
  });

/**
 * Moves data: minutes to hours, in proportion to `ms`, the time that the amount of data should take. Heartbeats while bytes
 * move; a lost worker is noticed within 20 s. A cancel waits for the end of the child processes.
 */
export const transfer = (summary: string, ms: number, taskQueue?: string) =>
  proxyActivities<Activities>({
    ...at(taskQueue),
    summary,
    heartbeatTimeout: '15s',
    startToCloseTimeout: ms,
    scheduleToCloseTimeout: ms * 4 + 600_000,
    retry: { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 5 },
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
