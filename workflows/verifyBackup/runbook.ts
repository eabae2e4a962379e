import { z } from 'zod';
import { askedLevel } from '../../systems/backupSchema.js';
import { backupId, common, commonFailures, sourceName, unknownSources } from '../backupKit/fields.js';
import type { Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const verifyBackupInput = z.strictObject({
  ...common,
  source: sourceName,
  backup: z.union([z.enum(['latest', 'random']), backupId]).default('latest'),
  level: askedLevel.default('L5').describe('How much to prove; L4 and above restore into a throwaway instance'),
});

export type VerifyBackupInput = z.output<typeof verifyBackupInput>;

export const verifyBackupRunbook: Runbook<VerifyBackupInput> = {
  id: 'verifyBackup',
  title: 'Verify a backup',
  purpose:
    'Proves an existing backup from what the store holds, to the level asked for. A backup found bad leaves the good set at once and opens an alarm.',
  input: verifyBackupInput,
  examples: [
    {
      title: 'A random backup, restored and compared',
      input: {
        system: 'ai-orchestrator',
        source: 'orchestrator',
        backup: 'random',
        level: 'L6',
        reason: 'Weekly restore test',
        requestedBy: 'alice',
      },
    },
  ],
  changes: 'Appends one event to the backup in the store. A throwaway instance is started and removed.',
  risk: 'low',
  undo: 'Verify again: a later verification that passes puts a backup back into the good set.',
  approval: 'None is asked for.',
  expectedDuration: 'Up to four times as long as the backup took',
  verbs: [...verbs],
  failures: {
    ...commonFailures,
    VerificationFailed: 'The backup did not pass the level; it is marked bad, and an alarm is open.',
  },
  needs: ['backups'],
  crossCheck: (input, system) => unknownSources([input.source], 'source', system),
};
