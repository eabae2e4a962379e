import { z } from 'zod';
import { askedLevel } from '../../systems/backupSchema.js';
import { busy, common, commonFailures, incident, sourceName, unknownSources } from '../backupKit/fields.js';
import type { Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const backupInput = z.strictObject({
  ...common,
  incident,
  sources: z.array(sourceName).min(1).max(100).optional().describe('All sources of the system when left out'),
  verify: askedLevel.optional().describe("Level to verify to, instead of the policy's"),
  ...busy,
});

export type BackupInput = z.output<typeof backupInput>;

export const backupRunbook: Runbook<BackupInput> = {
  id: 'backup',
  title: 'Backup and verify',
  purpose:
    'Backs up every source of a system (or those named), reads back what the store holds, restores it into a throwaway instance and compares, up to the level that the policy asks for.',
  input: backupInput,
  examples: [
    {
      title: 'Everything, verified as the policy says',
      input: { system: 'ai-orchestrator', reason: 'Before the migration', requestedBy: 'alice' },
    },
    {
      title: 'Look only',
      input: { system: 'ai-orchestrator', reason: 'What would be backed up?', requestedBy: 'alice', dryRun: true },
    },
  ],
  changes:
    'Adds objects to the backup store; then deletes old backups if the retention policy says `apply`. Sources are only read.',
  risk: 'low',
  undo: 'Nothing to undo: sources are only read. A run that fails removes what it stored.',
  approval: 'None is asked for.',
  expectedDuration: 'Minutes to hours, with the amount of data',
  verbs: [...verbs],
  failures: {
    ...commonFailures,
    BackupFailed: 'At least one source could not be backed up; the others were. Nothing half-done was published.',
    VerificationFailed: 'A backup was published and did not pass; it is marked bad and counts for nothing.',
    CompensationFailed: 'Half-written objects could not be removed; the report names them. Nothing was published.',
  },
  needs: ['backups'],
  crossCheck: (input, system) => unknownSources(input.sources ?? [], 'sources', system),
};
