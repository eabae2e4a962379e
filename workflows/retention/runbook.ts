import { z } from 'zod';
import { busy, common, commonFailures, sourceName, unknownSources } from '../backupKit/fields.js';
import type { Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const retentionInput = z.strictObject({
  ...common,
  reason: common.reason.default('Retention'),
  dryRun: z.boolean().describe('true: say what would be deleted, delete nothing'),
  source: sourceName.optional().describe('All sources of the system when left out'),
  ...busy,
});

export type RetentionInput = z.output<typeof retentionInput>;

export const retentionRunbook: Runbook<RetentionInput> = {
  id: 'retention',
  title: 'Retention of backups',
  purpose:
    'Says of every backup whether the policy keeps it and why; condemns the others, and deletes them when their grace time is over. Never below the number of good ones that must stay, never on an empty or failed listing.',
  input: retentionInput,
  examples: [
    {
      title: 'What would be deleted?',
      input: { system: 'ai-orchestrator', dryRun: true, requestedBy: 'alice' },
    },
  ],
  changes: 'Deletes backups that the policy no longer keeps: manifest first, then data.',
  risk: 'medium',
  undo: 'A condemned backup is kept by a hold (`belay backups hold`). A deleted one is gone, but for what versioning or object lock keep.',
  approval: 'Needed when more would be deleted than the policy lets one run delete.',
  expectedDuration: 'Seconds to minutes',
  verbs: [...verbs],
  failures: {
    ...commonFailures,
    Rejected: 'A person rejected the plan. Nothing was deleted.',
    ApprovalExpired: 'Nobody approved in time. Nothing was deleted.',
    PlanOutdated: 'The backups changed after the plan was approved. Nothing was deleted.',
  },
  needs: ['backups'],
  crossCheck: (input, system) => unknownSources(input.source === undefined ? [] : [input.source], 'source', system),
};
