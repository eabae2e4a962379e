import { z } from 'zod';
import { common, commonFailures } from '../backupKit/fields.js';
import type { Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const backupWatchInput = z.strictObject({
  ...common,
  reason: common.reason.default('Are the backups fresh?'),
});

export type BackupWatchInput = z.output<typeof backupWatchInput>;

export const backupWatchRunbook: Runbook<BackupWatchInput> = {
  id: 'backupWatch',
  title: 'Watch the age of backups',
  purpose:
    'Reads from the store itself how old the newest backup is that was verified to the level asked, and opens an alarm, once per breach, when it is older than allowed. Knows nothing of jobs: one that never started is found too.',
  input: backupWatchInput,
  examples: [{ title: 'One look', input: { system: 'ai-orchestrator', requestedBy: 'alice' } }],
  changes: 'Nothing outside. Opens and closes alarms, which are workflows of their own.',
  risk: 'none',
  undo: 'Nothing has to be undone.',
  approval: 'None is asked for.',
  expectedDuration: 'Some seconds',
  verbs: [...verbs],
  failures: {
    ...commonFailures,
    BackupStale: 'A source has no verified backup that is young enough, or the store did not answer; an alarm is open.',
  },
  needs: ['backups'],
};
