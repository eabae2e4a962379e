import type { BackupTarget } from '../../activities/backup/types.js';
import { queueOf, TIDY_MS } from '../backupKit/targets.js';
import { mutate, transfer, watch } from '../kit/activities.js';
import type { Compensations } from '../kit/compensation.js';
import { fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import { runChecks } from '../rollout/checks.js';
import { runRef, workloadRef } from '../rollout/targets.js';
import type { Consumer, RestorePlan } from './plan.js';

/** Longest time that a consumer gets to stop or to become ready. */
const SCALE_MS = 600_000;

/** Stops the consumers, exchanges the names, starts the consumers, proves health. Every step is undone if a later one fails. */
export async function swapAndProve(
  run: Run,
  target: BackupTarget,
  { into, liveName, consumers }: RestorePlan['facts'],
  kept: string,
  undo: Compensations,
): Promise<void> {
  for (const consumer of consumers) {
    await run.control.checkpoint();
    undo.add(`Start ${consumer.name} again`, () => scale(run, consumer, consumer.replicas));
    await run.steps.step(`Stop ${consumer.name}`, () => scale(run, consumer, 0));
  }
  await run.control.checkpoint();
  undo.add('Exchange the names back', () =>
    transfer('Exchange the names back', TIDY_MS, queueOf(target)).swapBack({ target, restored: into, kept }),
  );
  await run.steps.step('Exchange the names', async (step) => {
    await transfer(`Exchange ${liveName} and ${into}`, TIDY_MS, queueOf(target)).swapIn({
      target,
      restored: into,
      kept,
    });
    step.note(`${into} is ${liveName} now; the old data is ${kept}`);
  });
  // Should health fail, consumers must be down while the names go back.
  for (const consumer of consumers) undo.add(`Stop ${consumer.name}`, () => scale(run, consumer, 0));
  for (const consumer of consumers.toReversed()) {
    await run.steps.step(`Start ${consumer.name}`, () => scale(run, consumer, consumer.replicas));
  }
  const finding = await runChecks(run, run.steps, 'Prove health', [...run.system.health, ...run.system.smoke]);
  if (finding) throw fail('VerificationFailed', finding.summary);
}

async function scale(run: Run, { name, uid }: Consumer, replicas: number): Promise<void> {
  const ref = workloadRef(run.system, name);
  const deadlineAt = Date.now() + SCALE_MS;
  await mutate(`Scale ${name} to ${replicas}`).setReplicas({ ref, uid, replicas, run: runRef(run) });
  const done = await watch(`Wait for ${name} at ${replicas}`, SCALE_MS).waitScaled({ ref, uid, replicas, deadlineAt });
  if (done.outcome !== 'reached')
    throw fail('StepFailed', `${name} did not get to ${replicas} replicas: ${done.summary}`);
}
