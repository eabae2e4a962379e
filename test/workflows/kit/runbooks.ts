import { sleep } from '@temporalio/workflow';
import { acquireLocks, type OnBusy } from '../../../workflows/kit/lock.js';
import { type CommonInput, runbook } from '../../../workflows/kit/run.js';
import type { Report } from '../../../workflows/kit/types.js';

export { rollingUpdate } from '../../../workflows/rollingUpdate/workflow.js';
export { targetLock } from '../../../workflows/targetLock/workflow.js';

interface Input extends CommonInput {
  targets: string[];
  onBusy: OnBusy;
  busyTimeoutSeconds: number;
  holdMs: number;
}

/** The smallest runbook that locks: takes its targets as told and keeps them for a while. */
export async function locker(raw: unknown): Promise<Report> {
  return runbook<Input>('locker', ['abort'], raw, async (run) => {
    const { targets, onBusy, busyTimeoutSeconds, holdMs } = run.input;
    await acquireLocks(run, targets, onBusy, busyTimeoutSeconds);
    run.enter('running', 'Holds');
    await sleep(holdMs);
    return { outcome: 'succeeded', summary: `held ${run.status.locks.join(', ')}` };
  });
}

/** A procedure with a defect: throws what is no Temporal failure. */
export async function defective(raw: unknown): Promise<Report> {
  return runbook<Input>('defective', [], raw, async () => {
    throw new TypeError('a defect of ours');
  });
}
