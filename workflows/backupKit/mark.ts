import { workflowInfo } from '@temporalio/workflow';
import type { BackupEvent, BackupTarget } from '../../activities/backup/types.js';
import { mutate } from '../kit/activities.js';
import { now } from '../kit/steps.js';

/** Appends an event to a backup: what was found, who holds it, what is to become of it. */
export async function mark(
  target: BackupTarget,
  backupId: string,
  event: Pick<BackupEvent, 'kind' | 'detail' | 'level'>,
): Promise<void> {
  const { workflowId } = workflowInfo();
  await mutate(`Mark ${backupId} ${event.kind}`).recordBackupEvent({
    target,
    backupId,
    event: { ...event, detail: event.detail.slice(0, 1_000), at: now(), workflowId },
  });
}
