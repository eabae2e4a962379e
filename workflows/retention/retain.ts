import type { BackupTarget } from '../../activities/backup/types.js';
import type { Retention } from '../../systems/backupSchema.js';
import { mark } from '../backupKit/mark.js';
import { removalQueueOf, TIDY_MS } from '../backupKit/targets.js';
import { probe, transfer } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import type { Step } from '../kit/steps.js';
import { decide, type Decision, refusal } from './decide.js';

export interface Choice {
  dryRun: boolean;
  /** Whether a person has agreed to more than one run may delete. */
  beyondCaps: 'refuse' | 'approved';
}

export interface Judged {
  source: string;
  decision: Decision;
}

/** Reads what there is and decides. Fails rather than guess: on a listing that failed or is empty, and on a wrong clock. */
export async function judge(target: BackupTarget, policy: Retention): Promise<Decision> {
  const { name } = target.source;
  const [listing, store] = await Promise.all([
    probe(`List the backups of ${name}`).listBackups({ target }),
    probe(`Clock of the store of ${name}`).inspectStore({ target }),
  ]);
  const situation = { backups: listing.backups, policy, now: Date.now() };
  const why = refusal(situation, store.clockSkewMs);
  if (why !== undefined) throw fail('PreflightFailed', `${name}: ${why}. Nothing was deleted.`);
  return decide(situation);
}

/** Marks and deletes what was decided. Each part may be repeated: marks are events, a deletion finds less to do. */
export async function carryOut(step: Step, target: BackupTarget, decision: Decision, choice: Choice): Promise<void> {
  const text = summarize(decision);
  if (choice.dryRun) return step.note(`${text} (dry run: nothing is done)`, decision);
  if (decision.beyondCaps !== undefined && choice.beyondCaps === 'refuse') {
    step.failed(`${decision.beyondCaps}; start the retention runbook and approve it`, decision);
    return;
  }
  for (const id of decision.condemn) await mark(target, id, { kind: 'condemned', detail: 'not kept by the policy' });
  for (const id of decision.reprieve) await mark(target, id, { kind: 'reprieved', detail: 'kept by the policy again' });
  const retained: unknown[] = [];
  for (const backupId of decision.delete) {
    const gone = await transfer(`Delete ${backupId}`, TIDY_MS, removalQueueOf(target)).deleteBackup({
      target,
      backupId,
      reason: 'retention',
    });
    retained.push(...gone.retained);
  }
  step.note(text, { ...decision, ...(retained.length > 0 && { retainedByLock: retained }) });
}

/** Counts for people. */
export function summarize(decision: Decision): string {
  const locked = decision.locked.length > 0 ? `, ${decision.locked.length} kept by object lock` : '';
  return `keeps ${decision.keep.length}, condemns ${decision.condemn.length}, deletes ${decision.delete.length}${locked}`;
}
