import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  condition,
  ParentClosePolicy,
  patched,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ChildWorkflowHandle } from '@temporalio/workflow';
import { releaseSignal, type targetLock } from '../targetLock/workflow.js';
import { probe, watch } from './activities.js';
import { fail } from './failure.js';
import type { Run } from './run.js';
import { attributes } from './searchAttributes.js';
import { now } from './steps.js';

/** What to do when a target is held: fail, wait for its end, or (emergency runbooks) cancel the holder and wait for its clean end. */
export type OnBusy = 'fail' | 'wait' | 'preempt';

/** Workflow id of the lock of one target. */
export const lockId = (system: string, target: string): string => `lock/${system}/${target}`;

/** What the memo of a lock tells; written by `startLock`. */
interface Holder {
  holder?: string;
  holderRunId?: string;
  runbook?: string;
  requestedBy?: string;
  reason?: string;
}

const describeHolder = ({ holder = 'unknown', runbook = '?', requestedBy = '?', reason = '?' }: Holder) =>
  `${holder} (${runbook} by ${requestedBy}: ${reason})`;

/**
 * Takes the locks of all targets, in sorted order so that two runs can never wait for each other. Each is a child workflow
 * whose id is the lock: it ends with this run however the run ends. A cancel of the run leaves them, since the undo needs them.
 */
export async function acquireLocks(run: Run, targets: string[], onBusy: OnBusy, timeoutSeconds: number): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1_000;
  await run.steps.step('Lock the targets', async (step) => {
    upsertSearchAttributes([{ key: attributes.target, value: targets.toSorted() }]);
    do await takeAll(run, targets, onBusy, deadline);
    while (!(await undisturbed(run, onBusy, deadline)));
    step.note(run.status.locks.join(', '));
  });
}

async function takeAll(run: Run, targets: string[], onBusy: OnBusy, deadline: number): Promise<void> {
  for (const target of targets.toSorted()) {
    run.locks.push(await acquire(run, target, onBusy, deadline));
    run.status.locks.push(lockId(run.system.name, target));
  }
}

/**
 * True when no emergency holds the whole system; else gives the locks back and waits, or fails. Asked with our own locks held: an
 * emergency takes its lock first and looks at ours then, so that at least one of the two sees the other.
 */
async function undisturbed(run: Run, onBusy: OnBusy, deadline: number): Promise<boolean> {
  if (!patched('system-lock')) return true;
  const id = lockId(run.system.name, WHOLE_SYSTEM);
  const lock = await probe('Is the whole system held?').describeRun({ workflowId: id });
  // A backup that a shutdown has started runs under its lock.
  if (!lock || lock.memo['holder'] === workflowInfo().parent?.workflowId) return true;
  await releaseLocks(run);
  await yieldOrWait(run, id, onBusy === 'wait' ? 'wait' : 'fail', deadline);
  return false;
}

/** Target of the lock over a whole system; nothing in Kubernetes can be called so. */
export const WHOLE_SYSTEM = '@system';

/**
 * Takes the lock over the whole system, and deals with the runs that hold one of `targets`; `patience` in seconds. With `preempt` they are cancelled and have
 * until the time is over for a clean end; those that need longer are given back in words: an emergency does not wait for
 * them. Otherwise their end is waited for, or the run fails as `TargetBusy`. A shutdown that goes on is never pre-empted.
 */
export async function acquireSystem(
  run: Run,
  targets: string[],
  onBusy: OnBusy,
  patience: { system: number; targets: number },
): Promise<string[]> {
  return run.steps.step('Lock the system', async (step) => {
    upsertSearchAttributes([{ key: attributes.target, value: [WHOLE_SYSTEM] }]);
    run.locks.push(await acquire(run, WHOLE_SYSTEM, onBusy, Date.now() + patience.system * 1_000));
    run.status.locks.push(lockId(run.system.name, WHOLE_SYSTEM));
    const workflowIds = targets.map((target) => lockId(run.system.name, target));
    const held = await probe('Who works on the system?').describeRuns({ workflowIds });
    const late: string[] = [];
    const deadline = Date.now() + patience.targets * 1_000;
    await Promise.all(
      held.map(async ({ workflowId, memo }) => {
        const ended = await yieldUntilFree(run, workflowId, onBusy, deadline);
        if (!ended) late.push(`${describeHolder(memo)} did not end in time and may still write`);
      }),
    );
    step.note([...run.status.locks, ...late].join('; '));
    return late;
  });
}

async function yieldUntilFree(run: Run, id: string, onBusy: OnBusy, deadline: number): Promise<boolean> {
  for (;;) {
    if (onBusy === 'preempt' && Date.now() >= deadline) return false;
    await yieldOrWait(run, id, onBusy, deadline);
    if (!(await probe(`Is ${id} free?`).describeRun({ workflowId: id }))) return true;
  }
}

async function acquire(
  run: Run,
  target: string,
  onBusy: OnBusy,
  deadline: number,
): Promise<ChildWorkflowHandle<typeof targetLock>> {
  const id = lockId(run.system.name, target);
  for (;;) {
    try {
      return await startLock(run, id);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await yieldOrWait(run, id, onBusy, deadline);
    }
  }
}

async function startLock(run: Run, id: string): Promise<ChildWorkflowHandle<typeof targetLock>> {
  const info = workflowInfo();
  const holder = { holder: info.workflowId, holderRunId: info.runId, runbook: run.status.runbook };
  return startChild<typeof targetLock>('targetLock', {
    workflowId: id,
    args: [],
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    staticSummary: `Held by ${info.workflowId}`.slice(0, 190),
    memo: { ...holder, requestedBy: run.status.requestedBy ?? '', reason: run.status.reason ?? '', since: now() },
  });
}

async function yieldOrWait(run: Run, id: string, onBusy: OnBusy, deadline: number): Promise<void> {
  const lock = await probe(`Who holds ${id}?`).describeRun({ workflowId: id });
  if (!lock) return;
  const memo: Holder = lock.memo;
  const holder = describeHolder(memo);
  if (onBusy === 'fail') {
    throw fail('TargetBusy', `${id} is held by ${holder}. Wait for its end, start with onBusy "wait", or abort it`);
  }
  if (onBusy === 'preempt' && memo.runbook === 'emergencyShutdown') {
    throw fail(
      'TargetBusy',
      `${id} is held by ${holder}, which is a shutdown itself. Watch it: belay watch ${memo.holder}`,
    );
  }
  const left = deadline - Date.now();
  if (left <= 0) throw fail('TargetBusy', `${id} is still held by ${holder}; gave up waiting`);
  run.enter('waitingForLock', `Waits for ${id}, held by ${holder}`);
  if (onBusy === 'preempt') {
    await probe(`Cancel ${holder}`).cancelRun({
      workflowId: memo.holder ?? '',
      runId: memo.holderRunId ?? '',
      reason: `pre-empted by ${workflowInfo().workflowId}`,
    });
  }
  const ended = { yes: false };
  const waiting = watch(`Wait for ${id}`, left)
    .waitForRunEnd({ workflowId: id, runId: lock.runId })
    .then(() => {
      ended.yes = true;
    });
  await Promise.race([waiting, condition(() => ended.yes, left, { summary: `Wait for ${id} at most` })]);
}

/** Longest wait for the end of a released lock; the server ends it with this run anyway. */
const RELEASE_MS = 5_000;

/** Ends the locks cleanly. Should a signal not arrive, the server ends the lock with this run. */
export async function releaseLocks(run: Run): Promise<void> {
  const ended = { count: 0 };
  const locks = run.locks.splice(0);
  for (const lock of locks) {
    void lock
      .signal(releaseSignal)
      .then(() => lock.result())
      .catch(() => undefined)
      .finally(() => {
        ended.count += 1;
      });
  }
  if (locks.length > 0) await condition(() => ended.count === locks.length, RELEASE_MS, { summary: 'Locks end' });
  run.status.locks = [];
}
