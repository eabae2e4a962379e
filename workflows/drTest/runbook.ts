import { z } from 'zod';
import { askedLevel } from '../../systems/backupSchema.js';
import { common, commonFailures, sourceName, unknownSources } from '../backupKit/fields.js';
import type { Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

const seconds = z
  .int()
  .min(1)
  .max(30 * 86_400);

export const drTestInput = z.strictObject({
  ...common,
  reason: common.reason.default('Disaster-recovery drill'),
  rto: seconds.describe('Goal in seconds: from the declared disaster until the data answers'),
  rpo: seconds.describe('Goal in seconds: how much of the newest data may be lost'),
  sources: z.array(sourceName).min(1).max(100).optional().describe('All sources of the system when left out'),
  pick: z.enum(['newest', 'random']).default('newest').describe('Which verified backup'),
  level: askedLevel
    .optional()
    .describe("Level to prove, instead of the policy's; the smoke queries are asked in any case"),
});

export type DrTestInput = z.output<typeof drTestInput>;

export const drTestRunbook: Runbook<DrTestInput> = {
  id: 'drTest',
  title: 'Disaster-recovery drill',
  purpose:
    'Restores verified backups into isolated targets with the recovery key only, asks them the smoke queries, measures RTO and RPO, says for each goal whether it was met, and cleans up always.',
  input: drTestInput,
  examples: [
    {
      title: 'Back within one hour, at most one day lost',
      input: { system: 'ai-orchestrator', rto: 3_600, rpo: 90_000, requestedBy: 'alice' },
    },
  ],
  changes: 'Nothing live. Throwaway instances are started and removed; the backups in use get a hold for that time.',
  risk: 'low',
  undo: 'Nothing has to be undone.',
  approval: 'None is asked for.',
  expectedDuration: 'As long as a recovery takes: that is the point',
  verbs: [...verbs],
  failures: {
    ...commonFailures,
    ObjectiveMissed:
      'A goal was missed, or a backup did not restore; the report has the measured times and what failed.',
  },
  needs: ['backups'],
  crossCheck: (input, system) => unknownSources(input.sources ?? [], 'sources', system),
};
