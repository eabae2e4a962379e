import { CancellationScope } from '@temporalio/workflow';
import { confirmPlan, seekApproval } from '../kit/approval.js';
import { mutate } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireLocks } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Report } from '../kit/types.js';
import { runRef } from '../rollout/targets.js';
import type { Change } from '../rollout/types.js';
import { notBack, undoAll } from '../rollout/undo.js';
import { verbs } from './messages.js';
import type { PlannedRollback, RollbackPlan } from './plan.js';
import { makePlan } from './preflight.js';
import type { RollbackInput } from './runbook.js';

/** Rollback to the last known good state; input and failure types in `runbook.ts`. */
export async function rollback(raw: unknown): Promise<Report> {
  return runbook<RollbackInput>('rollback', verbs, raw, async (run) => {
    run.enter('planning', 'Looks for the state to go back to');
    const plan = await run.steps.step('Find the state to go back to', (step) => makePlan(run, step, false));
    run.status.plan = plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    const approved = await seekApproval(
      run,
      plan,
      run.system.policies.rollingUpdate.approval,
      run.input.requireApproval,
    );
    await acquireLocks(run, run.input.workloads, run.input.onBusy, run.input.busyTimeoutSeconds);
    const confirmed = await confirmPlan(run, approved, (step) => makePlan(run, step, true));
    await run.control.checkpoint();
    return carryOut(run, confirmed);
  });
}

/** Once begun it goes to its end: a rollback that stops half-way helps nobody. */
async function carryOut(run: Run<RollbackInput>, plan: RollbackPlan): Promise<Conclusion> {
  run.notify(
    'start',
    `Rollback of ${run.system.name}`,
    `${plan.summary}\n${run.input.reason} (${run.input.requestedBy})`,
  );
  return CancellationScope.nonCancellable(async () => {
    const changes: Change[] = [];
    // undoAll goes through its list from the end.
    for (const planned of plan.facts.changes) changes.unshift(await prepare(run, planned));
    const result = await undoAll(run, changes, run.input.reason);
    if (!result.back) throw notBack('The rollback was not completed', result);
    const stranger = changes.find((change) => change.undo === 'leftAlone');
    if (stranger) throw fail('Superseded', result.summary);
    run.commit();
    await remember(run, changes);
    run.notify('end', `Rollback of ${run.system.name} succeeded`, result.summary);
    return { outcome: 'succeeded', summary: `Rolled back: ${result.summary}` };
  });
}

/** Saves what stands there now, so that this rollback can itself be undone. */
async function prepare(run: Run<RollbackInput>, planned: PlannedRollback): Promise<Change> {
  const { target, destination, images } = planned;
  const { ref, uid, templateHash } = target;
  return run.steps.step(`Remember the present state of ${ref.name}`, async (step) => {
    const saved = await mutate(`Save the template of ${ref.name}`).saveState({
      ref,
      uid,
      templateHash,
      run: runRef(run),
      healthy: false,
    });
    step.note(`Secret ${saved.secret}, ${images.join(', ')}`, saved);
    return { target, destination, image: images.join(', '), expectedHash: templateHash, undo: 'pending' };
  });
}

async function remember(run: Run<RollbackInput>, changes: Change[]): Promise<void> {
  await run.steps.step('Remember the state as good', async (step) => {
    for (const { target, destination } of changes) {
      try {
        await mutate(`Mark ${target.ref.name} verified`).markVerified({
          ref: target.ref,
          uid: target.uid,
          templateHash: destination.templateHash,
          run: runRef(run),
        });
      } catch (error) {
        // The rollback itself is verified; failing it for a missing note would mislead.
        step.failed(`${target.ref.name}: ${causeOf(error).message}`);
      }
    }
  });
}
