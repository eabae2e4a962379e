import { CancellationScope } from '@temporalio/workflow';
import { confirmPlan, seekApproval } from '../kit/approval.js';
import { mutate } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireLocks } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Report } from '../kit/types.js';
import { runChecks } from '../rollout/checks.js';
import { runRef, standing } from '../rollout/targets.js';
import type { Change } from '../rollout/types.js';
import { verbs } from './messages.js';
import { recover } from './recover.js';
import type { UpdatePlan } from './plan.js';
import { backupFirst, makePlan } from './preflight.js';
import type { RollingUpdateInput } from './runbook.js';
import { observeAndSettle, settleFinding } from './settle.js';
import { updateWorkload } from './update.js';

/** Rolling update with automatic rollback; input and failure types in `runbook.ts`. */
export async function rollingUpdate(raw: unknown): Promise<Report> {
  return runbook<RollingUpdateInput>('rollingUpdate', verbs, raw, async (run) => {
    run.enter('planning', 'Looks at the present state');
    const plan = await run.steps.step('Check before the update', (step) => makePlan(run, step, false));
    run.status.plan = plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    await askAbout(run, plan, []);
    const approved = await seekApproval(
      run,
      plan,
      run.system.policies.rollingUpdate.approval,
      run.input.requireApproval,
    );
    await acquireLocks(
      run,
      run.input.changes.map((change) => change.workload).filter(unique),
      run.input.onBusy,
      run.input.busyTimeoutSeconds,
    );
    const confirmed = await confirmPlan(run, approved, (step) => makePlan(run, step, true));
    await askAbout(run, confirmed, plan.facts.questions);
    return carryOut(run, confirmed);
  });
}

const unique = (name: string, index: number, all: string[]) => all.indexOf(name) === index;

/** The present state is not what an update should start from: a person says whether to go on. */
async function askAbout(run: Run<RollingUpdateInput>, plan: UpdatePlan, answered: string[]): Promise<void> {
  const open = plan.facts.questions.filter((question) => !answered.includes(question));
  if (open.length === 0) return;
  run.enter('held', open.join('; '));
  run.notify('page', `Rolling update of ${run.system.name} asks`, open.join('\n'));
  const decision = await run.control.hold({
    name: 'notHealthyBefore',
    question: `${open.join('; ')}. Nothing has been changed. Update all the same?`,
    options: { accept: 'Go on; this may be the fix.', abort: 'End here and change nothing.' },
  });
  if (decision.verb === 'abort')
    throw fail('Aborted', `Aborted by ${decision.actor}: ${open.join('; ')}; nothing had been changed`);
}

async function carryOut(run: Run<RollingUpdateInput>, plan: UpdatePlan): Promise<Conclusion> {
  if (plan.facts.changes.length === 0)
    return { outcome: 'succeeded', summary: `Nothing to change. ${plan.warnings.join('; ')}` };
  run.enter('running', plan.summary);
  run.notify(
    'start',
    `Rolling update of ${run.system.name}`,
    `${plan.summary}\n${run.input.reason} (${run.input.requestedBy})`,
  );
  const begun: Change[] = [];
  try {
    await goForward(run, plan, begun);
  } catch (error) {
    return CancellationScope.nonCancellable(() => recover(run, begun, error));
  }
  run.commit();
  await finish(run, begun);
  const summary = `Updated ${begun.map((change) => `${change.target.ref.name} to ${change.image}`).join(', ')}`;
  run.notify('end', `Rolling update of ${run.system.name} succeeded`, summary);
  return { outcome: 'succeeded', summary };
}

async function goForward(run: Run<RollingUpdateInput>, plan: UpdatePlan, begun: Change[]): Promise<void> {
  const { settings } = plan.facts;
  const judgement = { settings, waived: new Set<string>() };
  await backupFirst(run);
  for (const planned of plan.facts.changes) {
    await run.control.checkpoint();
    const { kind, name } = planned.target.ref;
    run.enter('running', `Updates ${kind} ${name}`);
    await run.steps.step(`Update ${name}`, (step) => updateWorkload(run, step, planned, begun, judgement));
  }
  await run.control.checkpoint();
  run.enter('running', 'Verifies the system');
  const checks = [...run.system.health, ...run.system.smoke];
  await settleFinding(run, settings, await runChecks(run, run.steps, 'Health checks and smoke tests', checks));
  await run.control.checkpoint();
  if (settings.bakeSeconds === 0) return;
  run.enter('running', `Bakes for ${settings.bakeSeconds} s`);
  const until = Date.now() + settings.bakeSeconds * 1_000;
  await run.steps.step('Bake', (step) => observeAndSettle(run, step, standing(begun), judgement, until));
}

/**
 * The new state has proved itself: pause again what was paused, remember it as good, lift an overridden quarantine. None of
 * it can fail the run: the update is verified, and undoing it for a missing note would be the greater harm.
 */
async function finish(run: Run<RollingUpdateInput>, begun: Change[]): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    run.steps.step('Remember the new state as good', async (step) => {
      for (const change of standing(begun)) {
        const { ref, uid, wasPaused } = change.target;
        const templateHash = change.written?.templateHash ?? change.expectedHash;
        const marks: Promise<unknown>[] = [
          mutate(`Mark ${ref.name} verified`).markVerified({ ref, uid, templateHash, run: runRef(run) }),
        ];
        if (wasPaused) marks.push(mutate(`Pause ${ref.name}`).setPaused({ ref, uid, paused: true, run: runRef(run) }));
        if (run.input.overrideQuarantine) {
          const { image } = change;
          marks.push(mutate(`Lift the quarantine of ${ref.name}`).liftQuarantine({ ref, image, templateHash }));
        }
        const failed = (await Promise.allSettled(marks)).filter((mark) => mark.status === 'rejected');
        if (failed.length === 0) step.note(`${ref.name} on ${change.image}`);
        else step.failed(`${ref.name}: ${failed.map((mark) => causeOf(mark.reason).message).join('; ')}`);
      }
    }),
  );
}
