import type { WorkloadRef } from '../../activities/kubernetes/types.js';
import { confirmPlan, seekApproval } from '../kit/approval.js';
import { mutate, watch } from '../kit/activities.js';
import { Compensations } from '../kit/compensation.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireLocks } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Report } from '../kit/types.js';
import { runChecks } from '../rollout/checks.js';
import { runRef, workloadRef } from '../rollout/targets.js';
import { settled } from './autoscaled.js';
import { verbs } from './messages.js';
import { makePlan, type ScalePlan } from './plan.js';
import type { ScaleInput } from './runbook.js';

/** Scaling of one workload; input and failure types in `runbook.ts`. */
export async function scale(raw: unknown): Promise<Report> {
  return runbook<ScaleInput>('scale', verbs, raw, async (run) => {
    run.enter('planning', 'Looks at the present state');
    const plan = await run.steps.step('Look before scaling', (step) => makePlan(run, step));
    run.status.plan = plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    const rule = { ...run.system.policies.rollingUpdate.approval, required: false };
    const approved = await seekApproval(run, plan, rule, run.input.requireApproval);
    await acquireLocks(run, [run.input.workload], run.input.onBusy, run.input.busyTimeoutSeconds);
    return carryOut(run, await confirmPlan(run, approved, (step) => makePlan(run, step)));
  });
}

async function carryOut(run: Run<ScaleInput>, plan: ScalePlan): Promise<Conclusion> {
  run.enter('running', plan.summary);
  const undo = new Compensations();
  try {
    await change(run, plan, undo);
    const health = run.system.workloads.find(({ name }) => name === run.input.workload)?.health ?? [];
    const stopped = run.input.replicas === 0;
    const finding = stopped ? undefined : await runChecks(run, run.steps, 'Health checks', health);
    if (finding) throw fail('RolledBack', finding.summary);
  } catch (error) {
    return giveUp(run, undo, causeOf(error));
  }
  run.commit();
  run.notify('end', `${run.input.workload} of ${run.system.title} is scaled`, plan.summary);
  return { outcome: 'succeeded', summary: plan.summary };
}

async function change(run: Run<ScaleInput>, { facts }: ScalePlan, undo: Compensations): Promise<void> {
  const { input } = run;
  const ref = workloadRef(run.system, input.workload);
  const { replicas } = input;
  if (typeof replicas === 'number') {
    undo.add(`Back to ${facts.replicas} replicas`, () => setAndWait(run, ref, facts.uid, facts.replicas));
    await run.steps.step(`Scale to ${replicas}`, () => setAndWait(run, ref, facts.uid, replicas));
    return;
  }
  const { min, max } = replicas;
  const { autoscaler } = facts;
  if (!autoscaler) throw fail('PreflightFailed', `${input.workload} has no autoscaler any more`);
  const set = (low: number, high: number) =>
    mutate(`Bounds of ${autoscaler.name}: ${low} to ${high}`).setAutoscalerRange({
      ...{ ref, autoscaler: autoscaler.name, min: low, max: high, run: runRef(run) },
    });
  undo.add(`Bounds back to ${autoscaler.min} and ${autoscaler.max}`, async () => {
    await set(autoscaler.min, autoscaler.max);
  });
  await run.steps.step(`Set the bounds to ${min} and ${max}`, () => set(min, max));
  await run.steps.step('Wait for the autoscaler', (step) => settled(run, step, { ref, uid: facts.uid, min, max }));
}

async function setAndWait(run: Run<ScaleInput>, ref: WorkloadRef, uid: string, replicas: number): Promise<void> {
  const ms = run.input.timeoutSeconds * 1_000;
  await mutate(`Scale ${ref.name} to ${replicas}`).setReplicas({ ref, uid, replicas, run: runRef(run) });
  const deadlineAt = Date.now() + ms;
  const done = await watch(`Wait for ${ref.name} at ${replicas}`, ms).waitScaled({ ref, uid, replicas, deadlineAt });
  if (done.outcome === 'changed') throw fail('Superseded', done.summary);
  if (done.outcome === 'replaced') throw fail('TargetReplaced', done.summary);
  if (done.outcome !== 'reached') throw fail('RolledBack', done.summary);
}

/** Goes back, unless somebody else has taken over: theirs is left alone. */
async function giveUp(run: Run<ScaleInput>, undo: Compensations, cause: ReturnType<typeof causeOf>): Promise<never> {
  if (cause.type === 'Superseded' || cause.type === 'TargetReplaced')
    throw fail(cause.type, `${cause.message} It was left alone`);
  run.enter('rollingBack', `Goes back: ${cause.message}`);
  const failed = await undo.run(run.steps);
  run.notify('failure', `Scaling of ${run.input.workload} failed`, cause.message);
  if (failed.length > 0)
    throw fail('CompensationFailed', `${cause.message}; and going back failed: ${failed.join('; ')}`);
  const { aborted } = run.control.state;
  if (cause.type === 'Cancelled') {
    const who = aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'Cancelled';
    throw fail('Aborted', `${who}; the old number is back`);
  }
  throw fail('RolledBack', `${cause.message} The old number is back`);
}
