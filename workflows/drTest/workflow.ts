import { CancellationScope } from '@temporalio/workflow';
import type { BackupEntry, BackupTarget, Listing } from '../../activities/backup/types.js';
import { choose, described } from '../backupKit/choose.js';
import { mark } from '../backupKit/mark.js';
import { backupRun, queueOf, rehearsalTimeFor, targetsOf, TIDY_MS } from '../backupKit/targets.js';
import { probe, transfer } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import { type Run, runbook } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Plan, Report } from '../kit/types.js';
import { judge, measure, type Measured } from './measure.js';
import { verbs } from './messages.js';
import type { DrTestInput } from './runbook.js';

interface Chosen {
  target: BackupTarget;
  listing: Listing;
  entry: BackupEntry;
}

/** Disaster-recovery drill; input and failure types in `runbook.ts`. */
export async function drTest(raw: unknown): Promise<Report> {
  return runbook<DrTestInput>('drTest', verbs, raw, async (run) => {
    const { rto, rpo, dryRun } = run.input;
    // The disaster is declared now: looking for the backup is part of the recovery.
    const declaredAt = Date.now();
    run.enter('planning', 'Chooses the backups');
    const chosen = await run.steps.step('Choose the backups', (step) => chooseAll(run, step));
    run.status.plan = planOf(run, chosen);
    if (dryRun) return { outcome: 'planned', summary: `Plan only: ${run.status.plan.summary}` };
    const measured: Measured[] = [];
    for (const one of chosen) {
      run.enter('running', `Recovers ${one.target.source.name}`);
      measured.push(
        await run.steps.step(`Recover ${one.target.source.name}`, (step) => recover(run, step, one, declaredAt)),
      );
    }
    const verdict = judge(measured, { rto, rpo });
    await run.steps.step('Verdict', async (step) =>
      verdict.met ? step.note(verdict.text, verdict) : step.failed(verdict.text, verdict),
    );
    if (!verdict.met) {
      run.notify('failure', `Drill of ${run.system.name}: goal missed`, verdict.text);
      throw fail('ObjectiveMissed', verdict.text, { verdict, measured });
    }
    run.notify('end', `Drill of ${run.system.name} met its goals`, verdict.text);
    return { outcome: 'succeeded', summary: verdict.text };
  });
}

async function chooseAll(run: Run<DrTestInput>, step: Step): Promise<Chosen[]> {
  const chosen = await Promise.all(
    targetsOf(run.system, run.input.sources).map(async (target) => {
      const listing = await probe(`List the backups of ${target.source.name}`).listBackups({ target });
      const choice = run.input.pick === 'random' ? 'random' : 'latestVerified';
      const found = choose(listing, choice, target.policy.verify, Math.random());
      if ('problem' in found)
        throw fail('ObjectiveMissed', `${target.source.name} could not be recovered: ${found.problem}`);
      return { target, listing, entry: found.entry };
    }),
  );
  step.note(chosen.map(({ entry }) => described(entry)).join('; '));
  return chosen;
}

function planOf(run: Run<DrTestInput>, chosen: Chosen[]): Plan {
  const plan = {
    summary: `Recover ${chosen.map(({ entry }) => `${entry.source} from ${entry.id}`).join(', ')} into throwaway instances`,
    steps: chosen.map(({ entry }) => ({ title: `Recover ${described(entry)}`, undo: 'The instance is removed' })),
    warnings: [],
    facts: chosen.map(({ entry }) => entry.id),
  };
  return { ...plan, hash: hashOf({ ...plan, description: run.systemHash }) };
}

/** Restores with the recovery key alone, as on the day on which everything else is gone. The instance is removed in any case. */
async function recover(run: Run<DrTestInput>, step: Step, chosen: Chosen, declaredAt: number): Promise<Measured> {
  const { target, listing, entry } = chosen;
  await mark(target, entry.id, { kind: 'hold', detail: run.input.reason });
  try {
    const result = await transfer(
      `Recover ${target.source.name} from ${entry.id}`,
      rehearsalTimeFor({ estimatedBytes: entry.bytes * 10 }),
      queueOf(target),
    ).rehearseRestore({
      target,
      backupId: entry.id,
      level: run.input.level ?? target.policy.verify,
      identity: 'recovery',
      smoke: true,
      run: backupRun(run),
    });
    const measured = measure(listing, entry, result, { declaredAt, answeredAt: Date.now() });
    if (result.passed) step.note(`${measured.text}; RTO ${measured.rto} s, RPO ${measured.rpo} s`, measured);
    else step.failed(measured.text, { ...measured, differences: result.differences });
    return measured;
  } finally {
    await CancellationScope.nonCancellable(() => cleanUp(run, step, target, entry.id));
  }
}

/** None of it may hide what the drill found. */
async function cleanUp(run: Run<DrTestInput>, step: Step, target: BackupTarget, backupId: string): Promise<void> {
  await step.step('Clean up', async (inner) => {
    try {
      await mark(target, backupId, { kind: 'release', detail: run.input.reason });
      const before = Date.now() - 86_400_000;
      const swept = await transfer('Remove left-overs', TIDY_MS, queueOf(target)).sweepLeftovers({ target, before });
      inner.note(swept.length > 0 ? `removed ${swept.join(', ')}` : 'nothing was left behind');
    } catch (error) {
      inner.failed(causeOf(error).message);
    }
  });
}
