import { sleep } from '@temporalio/workflow';
import type { WorkloadRef } from '../../activities/kubernetes/types.js';
import { probe, watch } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { ScaleInput } from './runbook.js';

/** An autoscaler looks every 15 s. */
const LOOK_MS = 3_000;

/** Waits until the autoscaler keeps to its new bounds and the pods are ready. Throws `RolledBack` when it does not in time. */
export async function settled(
  run: Run<ScaleInput>,
  step: Step,
  bounds: { ref: WorkloadRef; uid: string; min: number; max: number },
): Promise<void> {
  const { ref, uid, min, max } = bounds;
  const deadlineAt = Date.now() + run.input.timeoutSeconds * 1_000;
  for (;;) {
    const { replicas } = await probe(`How many has ${ref.name}?`).readScale({ ref });
    if (replicas >= min && replicas <= max) {
      const left = Math.max(deadlineAt - Date.now(), 1_000);
      const done = await watch(`Wait for ${ref.name}`, left).waitScaled({
        ref,
        uid,
        replicas,
        deadlineAt: Date.now() + left,
      });
      if (done.outcome !== 'reached') throw fail('RolledBack', done.summary);
      return step.note(done.summary);
    }
    if (Date.now() >= deadlineAt)
      throw fail(
        'RolledBack',
        `${ref.name} has ${replicas} replicas, not ${min} to ${max}; does its autoscaler get metrics?`,
      );
    await sleep(LOOK_MS, { summary: 'The autoscaler decides' });
  }
}
