import { CancellationScope } from '@temporalio/workflow';
import type { BackupTarget, Level, Verification } from '../../activities/backup/types.js';
import { transfer } from '../kit/activities.js';
import type { Run } from '../kit/run.js';
import { now, type Step } from '../kit/steps.js';
import { clearAlarm, openAlarm } from './alarm.js';
import { mark } from './mark.js';
import { backupRun, queueOf, rehearsalTimeFor } from './targets.js';

/** What the level results say, in one line. */
export function verdictText(result: Verification): string {
  const failed = result.levels.find((level) => !level.passed);
  if (!failed) return `verified at ${result.reached}`;
  const more = result.differences.filter((one) => !failed.summary.includes(one)).slice(0, 5);
  const details = more.length > 0 ? `: ${more.join('; ')}` : '';
  return `reached ${result.reached}, failed at ${failed.level}: ${failed.summary}${details}`;
}

/**
 * Verifies a published backup from what the store holds and appends the result to it. One found bad leaves the good set with
 * that, and an alarm opens. Throws when nothing could be said.
 */
export async function verifyAndRecord(
  run: Run,
  step: Step,
  target: BackupTarget,
  backupId: string,
  level: Level,
  bytes: number | undefined,
): Promise<Verification> {
  const result = await transfer(
    `Verify ${target.source.name} to ${level}`,
    rehearsalTimeFor(bytes === undefined ? {} : { estimatedBytes: bytes }),
    queueOf(target),
  ).rehearseRestore({ target, backupId, level, identity: 'verification', run: backupRun(run) });
  // A verdict that is not written down would be worth nothing: a cancel waits for it.
  await CancellationScope.nonCancellable(async () => {
    await mark(target, backupId, {
      kind: result.passed ? 'verified' : 'bad',
      level: result.reached,
      detail: verdictText(result),
    });
    await tell(run, target, backupId, result);
  });
  if (result.passed) step.note(verdictText(result), { levels: result.levels, timings: result.timings });
  else step.failed(verdictText(result), result);
  return result;
}

async function tell(run: Run, target: BackupTarget, backupId: string, result: Verification): Promise<void> {
  const { name } = target.source;
  if (result.passed) {
    await clearAlarm(run, name, 'bad-backup', `Backup ${backupId} ${verdictText(result)}.`);
    return;
  }
  await openAlarm(run, name, 'bad-backup', {
    title: `Bad backup of ${name} (${run.system.name})`,
    text: `Backup ${backupId} ${verdictText(result)}. It no longer counts; take a new one.`,
    since: now(),
  });
}
