import { CancellationScope, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { BackupTarget } from '../../activities/backup/types.js';
import { mark } from '../backupKit/mark.js';
import { backupRun, lockName, namedTarget, queueOf, TIDY_MS, timeFor } from '../backupKit/targets.js';
import { verdictText } from '../backupKit/verify.js';
import { transfer } from '../kit/activities.js';
import { confirmPlan, seekApproval } from '../kit/approval.js';
import { Compensations } from '../kit/compensation.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireLocks } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Report } from '../kit/types.js';
import type { keptCopy } from '../keptCopy/workflow.js';
import { verbs } from './messages.js';
import { keptName, levelOf, makePlan, type RestorePlan } from './plan.js';
import type { RestoreInput } from './runbook.js';
import { swapAndProve } from './swap.js';

/** Restore beside the live data, and on demand the swap; input and failure types in `runbook.ts`. */
export async function restore(raw: unknown): Promise<Report> {
  return runbook<RestoreInput>('restore', verbs, raw, async (run) => {
    run.enter('planning', 'Chooses the backup');
    const plan = await run.steps.step('Look before the restore', (step) => makePlan(run, step));
    run.status.plan = plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    const rule = run.system.backups?.restore.approval;
    if (!rule) throw fail('InvalidInput', `${run.system.name} describes no backups`);
    const approved = await seekApproval(
      run,
      plan,
      { ...rule, required: rule.required && plan.facts.swap },
      run.input.requireApproval,
    );
    const target = namedTarget(run.system, run.input.source);
    const names = plan.facts.swap
      ? [lockName(target), ...target.source.consumers]
      : [`restore/${target.source.name}/${plan.facts.into}`];
    await acquireLocks(run, names, run.input.onBusy, run.input.busyTimeoutSeconds);
    const confirmed = await confirmPlan(run, approved, (step) => makePlan(run, step));
    return carryOut(run, target, confirmed);
  });
}

async function carryOut(run: Run<RestoreInput>, target: BackupTarget, plan: RestorePlan): Promise<Conclusion> {
  const { entry, into, swap } = plan.facts;
  const undo = new Compensations();
  const kept = keptName(entry, Date.now());
  run.enter('running', plan.summary);
  run.notify('start', `Restore of ${target.source.name} (${run.system.name})`, `${plan.summary}\n${run.input.reason}`);
  try {
    // Retention must not take it away under our hands.
    undo.add('Release the backup', () => mark(target, entry.id, { kind: 'release', detail: run.input.reason }));
    await run.steps.step('Hold the backup', () => mark(target, entry.id, { kind: 'hold', detail: run.input.reason }));
    undo.add(`Drop ${into}`, () => drop(run, target, into));
    await restoreBeside(run, target, plan);
    if (swap) await swapAndProve(run, target, plan.facts, kept, undo);
  } catch (error) {
    return giveUp(run, swap, undo, error);
  }
  run.commit();
  undo.clear();
  // A cancel comes too late now, and what is left to do must not be lost with it.
  return CancellationScope.nonCancellable(() => finish(run, target, plan, kept));
}

/** The data stands and is proved. A hold that cannot be released is said in the report; it cannot fail the run any more. */
async function finish(
  run: Run<RestoreInput>,
  target: BackupTarget,
  plan: RestorePlan,
  kept: string,
): Promise<Conclusion> {
  const { entry, into, swap, liveName } = plan.facts;
  await run.steps.step('Release the backup', async (step) => {
    try {
      await mark(target, entry.id, { kind: 'release', detail: run.input.reason });
    } catch (error) {
      step.failed(`${causeOf(error).message}; release it with: belay backups release`);
    }
  });
  const summary = swap
    ? `${liveName} is ${entry.id} now; the old data is kept as ${await keep(run, target, kept)}`
    : `Restored ${entry.id} as ${into}`;
  run.notify('end', `Restore of ${target.source.name} succeeded`, summary);
  return { outcome: 'succeeded', summary };
}

async function restoreBeside(run: Run<RestoreInput>, target: BackupTarget, plan: RestorePlan): Promise<void> {
  const { entry, into, pointInTime } = plan.facts;
  await run.steps.step(`Restore as ${into}`, async (step) => {
    const restored = await transfer(
      `Restore ${entry.id} as ${into}`,
      timeFor(entry.bytes * 10) * 4,
      queueOf(target),
    ).restoreBackup({
      target,
      backupId: entry.id,
      into,
      level: levelOf(run.input, target),
      ...(pointInTime !== undefined && { pointInTime }),
      run: backupRun(run),
    });
    const { verification } = restored;
    step.note(`${into}: ${verdictText(verification)}`, { timings: restored.timings, levels: verification.levels });
    if (!verification.passed) throw fail('RestoreFailed', `${entry.id} ${verdictText(verification)}`, verification);
  });
}

async function giveUp(run: Run<RestoreInput>, swap: boolean, undo: Compensations, error: unknown): Promise<never> {
  const cause = causeOf(error);
  run.enter('rollingBack', `Undoes the restore: ${cause.message}`);
  const failed = await undo.run(run.steps);
  run.notify('failure', `Restore of ${run.input.source} (${run.system.name}) failed`, cause.message);
  if (failed.length > 0)
    throw fail('CompensationFailed', `${cause.message}; and undoing it failed in part: ${failed.join('; ')}`);
  if (cause.type === 'Cancelled') {
    const { aborted } = run.control.state;
    const who = aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'Cancelled';
    throw fail('Aborted', `${who}; every step was undone, live data is as before`);
  }
  const type = swap && cause.type !== 'RestoreFailed' ? 'RolledBack' : 'RestoreFailed';
  throw fail(type, `${cause.message}. Every step was undone, live data is as before`, cause.details);
}

async function drop(run: Run<RestoreInput>, target: BackupTarget, name: string): Promise<void> {
  await transfer(`Drop ${name}`, TIDY_MS, queueOf(target)).dropRestored({ target, name, run: backupRun(run) });
}

/** Leaves a workflow behind that drops the replaced data when its time is over. */
async function keep(run: Run<RestoreInput>, target: BackupTarget, name: string): Promise<string> {
  const seconds = run.system.backups?.restore.keepOldSeconds ?? 86_400;
  const until = new Date(Date.now() + seconds * 1_000).toISOString();
  await run.steps.step('Keep the old data', async (step) => {
    await startChild<typeof keptCopy>('keptCopy', {
      workflowId: `kept/${run.system.name}/${name}`,
      args: [{ target, name, until, run: backupRun(run) }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${name} until ${until}`.slice(0, 190),
    });
    step.note(`${name} until ${until}`);
  });
  return `${name} until ${until}`;
}
