import { CancellationScope } from '@temporalio/workflow';
import { confirmPlan, seekApproval } from '../kit/approval.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireSystem } from '../kit/lock.js';
import { type Conclusion, runbook } from '../kit/run.js';
import type { Report } from '../kit/types.js';
import { lockTargets } from '../emergencyKit/targets.js';
import { giveUp } from './giveUp.js';
import { verbs } from './messages.js';
import { makeRecovery, type Recovery, type RecoveryRun } from './plan.js';
import { conclude, proveState } from './prove.js';
import type { EmergencyRecoveryInput } from './runbook.js';
import { Progress, releaseWakers, startTiers } from './start.js';
import { bake, startTraffic } from './traffic.js';

/** Emergency recovery; input and failure types in `runbook.ts`. */
export async function emergencyRecovery(raw: unknown): Promise<Report> {
  return runbook<EmergencyRecoveryInput>('emergencyRecovery', verbs, raw, async (run) => {
    run.topic = `emergency/${run.system.name}`;
    run.enter('planning', 'Reads the snapshot');
    let recovery = await run.steps.step('Look before the recovery', (step) => makeRecovery(run, step));
    run.status.plan = recovery.plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${recovery.plan.summary}` };
    if (recovery.objects.length === 0)
      return { outcome: 'succeeded', summary: `Nothing is down. ${recovery.plan.warnings.join('; ')}` };
    await acceptGuess(run, recovery);
    const rule = { ...run.system.policies.emergency.approval, required: false };
    const approved = await seekApproval(run, recovery.plan, rule, run.input.requireApproval);
    const { onBusy, busyTimeoutSeconds } = run.input;
    await acquireSystem(run, lockTargets(run.system), onBusy, {
      system: busyTimeoutSeconds,
      targets: busyTimeoutSeconds,
    });
    await confirmPlan(run, approved, async (step) => {
      recovery = await makeRecovery(run, step);
      return recovery.plan;
    });
    return carryOut(run, recovery);
  });
}

/** Guessed numbers are never taken without a person who has read them. */
async function acceptGuess(run: RecoveryRun, { plan }: Recovery): Promise<void> {
  const { guessed } = plan.facts;
  if (guessed.length === 0) return;
  const lines = guessed.map(({ key, because }) => `${key}: ${because}`);
  run.notify('page', `Recovery of ${run.system.title} asks`, lines.join('\n'));
  const decision = await run.control.hold({
    name: 'noSnapshot',
    question: 'No snapshot can be trusted. Bring the system back with these values?',
    options: { accept: 'Take them.', abort: 'End here and change nothing.' },
    state: Object.fromEntries(guessed.map(({ key, because }) => [key, because])),
  });
  if (decision.verb === 'abort') throw fail('Aborted', `Aborted by ${decision.actor}; nothing had been changed`);
}

async function carryOut(run: RecoveryRun, { plan, objects }: Recovery): Promise<Conclusion> {
  run.enter('running', plan.summary);
  run.notify(
    'start',
    `Recovery of ${run.system.title}`,
    `${plan.summary}\n${run.input.reason} (${run.input.requestedBy})`,
  );
  const progress = new Progress();
  let state: Awaited<ReturnType<typeof proveState>>;
  try {
    await startTiers(run, objects, progress);
    await releaseWakers(run, objects, progress);
    await startTraffic(run, objects, progress);
    await bake(run, objects, progress);
    state = await proveState(run, objects, progress);
  } catch (error) {
    return CancellationScope.nonCancellable(() => giveUp(run, objects, progress, causeOf(error)));
  }
  run.commit();
  return CancellationScope.nonCancellable(() => conclude(run, plan, progress, state));
}
