import { confirmPlan, seekApproval } from '../kit/approval.js';
import { mutate, watch } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireLocks } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { FailureType, Report } from '../kit/types.js';
import { runChecks } from '../rollout/checks.js';
import { runRef, workloadRef } from '../rollout/targets.js';
import { verbs } from './messages.js';
import { makePlan, type RestartPlan } from './plan.js';
import type { RestartInput } from './runbook.js';

/** Restart of workloads; input and failure types in `runbook.ts`. */
export async function restart(raw: unknown): Promise<Report> {
  return runbook<RestartInput>('restart', verbs, raw, async (run) => {
    run.enter('planning', 'Looks at the present state');
    const plan = await run.steps.step('Look before the restart', (step) => makePlan(run, step));
    run.status.plan = plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    const rule = { ...run.system.policies.rollingUpdate.approval, required: false };
    const approved = await seekApproval(run, plan, rule, run.input.requireApproval);
    await acquireLocks(run, run.input.workloads, run.input.onBusy, run.input.busyTimeoutSeconds);
    return carryOut(run, await confirmPlan(run, approved, (step) => makePlan(run, step)));
  });
}

async function carryOut(run: Run<RestartInput>, plan: RestartPlan): Promise<Conclusion> {
  const done: string[] = [];
  try {
    for (const target of plan.facts.workloads) {
      await run.control.checkpoint();
      run.enter('running', `Restarts ${target.name}`);
      await run.steps.step(`Restart ${target.name}`, (step) => restartOne(run, step, target));
      done.push(target.name);
    }
  } catch (error) {
    const cause = causeOf(error);
    const rest = `Restarted and well: ${done.join(', ') || 'none'}`;
    run.notify('failure', `Restart in ${run.system.title} stopped`, `${cause.message}\n${rest}`);
    if (cause.type !== 'Cancelled') throw fail(cause.type as FailureType, `${cause.message}. ${rest}`, cause.details);
    const { aborted } = run.control.state;
    const who = aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'Cancelled';
    throw fail('Aborted', `${who}; a rollout that has begun goes on by itself. ${rest}`);
  }
  run.commit();
  const summary = `Restarted ${done.join(', ')}`;
  run.notify('end', `Restart in ${run.system.title} succeeded`, summary);
  return { outcome: 'succeeded', summary };
}

async function restartOne(
  run: Run<RestartInput>,
  step: Step,
  target: RestartPlan['facts']['workloads'][number],
): Promise<void> {
  const ref = workloadRef(run.system, target.name);
  const described = run.system.workloads.find(({ name }) => name === target.name);
  const seconds = described?.deadlineSeconds ?? run.system.policies.rollingUpdate.deadlineSeconds;
  const { uid, templateHash } = target;
  const identity = await mutate(`Restart ${ref.name}`).restartWorkload({ ref, uid, templateHash, run: runRef(run) });
  const deadlineAt = Date.now() + seconds * 1_000;
  const verdict = await watch(`Watch ${ref.name}`, seconds * 1_000).watchRollout({ ref, identity, deadlineAt });
  step.note(verdict.summary, verdict);
  if (verdict.outcome === 'superseded') throw fail('Superseded', verdict.summary);
  if (verdict.outcome === 'replaced') throw fail('TargetReplaced', verdict.summary);
  if (verdict.outcome !== 'complete') throw fail('VerificationFailed', verdict.summary, verdict);
  const finding = await runChecks(run, step, 'Health checks', described?.health ?? []);
  if (finding) throw fail('VerificationFailed', `${ref.name}: ${finding.summary}`);
}
