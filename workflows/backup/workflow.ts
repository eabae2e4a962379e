import { isCancellation } from '@temporalio/workflow';
import type { BackupEntry } from '../../activities/backup/types.js';
import { atLevel, lockName, targetsOf } from '../backupKit/targets.js';
import { verdictText, verifyAndRecord } from '../backupKit/verify.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireLocks } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Report } from '../kit/types.js';
import { carryOut, judge } from '../retention/retain.js';
import { verbs } from './messages.js';
import { planBackup } from './plan.js';
import type { BackupInput } from './runbook.js';
import { type PlannedSource, takeAndPublish } from './take.js';

/** What became of one source. */
interface Outcome {
  source: string;
  problem?: string;
  /** The backup is published, but it did not pass. */
  unverified?: boolean;
  text: string;
}

/** Backup and verify; input and failure types in `runbook.ts`. */
export async function backup(raw: unknown): Promise<Report> {
  return runbook<BackupInput>('backup', verbs, raw, async (run) => {
    run.enter('planning', 'Looks at sources and store');
    // What is recorded of the contents follows from the level, so the input's is the target's from here on.
    const targets = targetsOf(run.system, run.input.sources).map((target) => atLevel(target, run.input.verify));
    const { plan, ready, unready } = await run.steps.step('Look at sources and store', async (step) => {
      const made = await planBackup(run, targets);
      step.note(made.plan.summary, { warnings: made.plan.warnings });
      return made;
    });
    run.status.plan = plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    const outcomes: Outcome[] = unready.map(({ target, why }) => ({
      source: target.source.name,
      problem: why,
      text: `${target.source.name}: ${why}`,
    }));
    if (ready.length > 0) {
      const names = ready.map(({ target }) => lockName(target));
      await acquireLocks(run, names, run.input.onBusy, run.input.busyTimeoutSeconds);
      run.enter('running', `Backs up ${plan.summary}`);
      run.notify(
        'start',
        `Backup of ${run.system.name}`,
        `${plan.summary}\n${run.input.reason} (${run.input.requestedBy})`,
      );
      outcomes.push(...(await backUpAll(run, ready)));
    }
    return conclude(run, outcomes);
  });
}

/** Side by side within the policy's limit. */
async function backUpAll(run: Run<BackupInput>, ready: PlannedSource[]): Promise<Outcome[]> {
  const queue = [...ready];
  const outcomes: Outcome[] = [];
  const lane = async (): Promise<void> => {
    for (let planned = queue.shift(); planned; planned = queue.shift()) {
      await run.control.checkpoint();
      outcomes.push(await backUp(run, planned));
    }
  };
  const lanes = Math.min(run.system.backups?.parallel ?? 1, ready.length);
  const ended = await Promise.allSettled(Array.from({ length: lanes }, lane));
  const stopped = ended.find((one) => one.status === 'rejected');
  if (stopped) throw stopped.reason;
  return outcomes;
}

/** One source. Only a cancel is thrown; every other failure is this source's own outcome. */
async function backUp(run: Run<BackupInput>, planned: PlannedSource): Promise<Outcome> {
  const source = planned.target.source.name;
  try {
    return await run.steps.step(`Back up ${source}`, async (step) => {
      const entry = await takeAndPublish(run, step, planned);
      const outcome = await verify(run, step, planned, entry);
      if (outcome.unverified) step.failed(outcome.text);
      else step.note(outcome.text);
      if (!outcome.unverified) await expire(step, planned);
      return outcome;
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    const { type, message } = causeOf(error);
    return { source, problem: `${type}: ${message}`, text: `${source}: ${type}: ${message}` };
  }
}

async function verify(
  run: Run<BackupInput>,
  step: Step,
  { target, facts }: PlannedSource,
  entry: BackupEntry,
): Promise<Outcome> {
  const source = target.source.name;
  const level = target.policy.verify;
  if (level === 'L2') return { source, text: `${source}: ${entry.id}, verified at L2` };
  try {
    const result = await step.step(`Verify to ${level}`, (inner) =>
      verifyAndRecord(run, inner, target, entry.id, level, facts.estimatedBytes),
    );
    const text = `${source}: ${entry.id}, ${verdictText(result)}`;
    return result.passed ? { source, text } : { source, unverified: true, text };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const text = `${source}: ${entry.id} is published at L2, and could not be verified: ${causeOf(error).message}`;
    return { source, unverified: true, text };
  }
}

/** Only after a backup that reached its level in this run. A policy that cannot be applied never fails the backup. */
async function expire(step: Step, { target }: PlannedSource): Promise<void> {
  const policy = target.policy.retention;
  if (!policy) return;
  await step.step('Retention', async (inner) => {
    try {
      await carryOut(inner, target, await judge(target, policy), { dryRun: !policy.apply, beyondCaps: 'refuse' });
    } catch (error) {
      if (isCancellation(error)) throw error;
      inner.failed(causeOf(error).message);
    }
  });
}

function conclude(run: Run<BackupInput>, outcomes: Outcome[]): Conclusion {
  const summary = outcomes.map((outcome) => outcome.text).join('; ');
  const failed = outcomes.filter((outcome) => outcome.problem !== undefined);
  const unverified = outcomes.filter((outcome) => outcome.unverified);
  if (failed.length + unverified.length > 0) {
    const count = `${failed.length + unverified.length} of ${outcomes.length} sources`;
    run.notify('failure', `Backup of ${run.system.name}: ${count} failed`, summary);
    if (failed.some((outcome) => outcome.problem?.startsWith('CompensationFailed')))
      throw fail('CompensationFailed', summary);
    throw fail(failed.length > 0 ? 'BackupFailed' : 'VerificationFailed', `${count} failed. ${summary}`);
  }
  run.notify('end', `Backup of ${run.system.name} succeeded`, summary);
  return { outcome: 'succeeded', summary };
}
