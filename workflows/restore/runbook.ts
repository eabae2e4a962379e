import { z } from 'zod';
import { askedLevel } from '../../systems/backupSchema.js';
import type { System } from '../../systems/schema.js';
import {
  backupId,
  busy,
  common,
  commonFailures,
  incident,
  newName,
  sourceName,
  unknownSources,
} from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const restoreInput = z.strictObject({
  ...common,
  incident,
  source: sourceName,
  backup: z
    .union([
      z.literal('latestVerified'),
      backupId,
      z.strictObject({
        pointInTime: z.iso.datetime({ offset: true }).describe('With zone, e.g. 2026-11-21T08:30:00Z'),
      }),
    ])
    .default('latestVerified')
    .describe(
      'The newest good one, an id, or a time: the newest good one not later, or that very time where the source can',
    ),
  into: z
    .union([z.strictObject({ new: newName }), z.literal('swap')])
    .describe('A new name beside the live data, or "swap": restore beside it, prove it, then exchange the names'),
  level: askedLevel
    .optional()
    .describe('What the restored data must prove before it counts: L5, of RDS and pgBackRest L4, when left out'),
  allowUnverified: z.boolean().default(false).describe('Take a backup by id that is not in the good set'),
  ...busy,
  requireApproval: z.boolean().default(false),
});

export type RestoreInput = z.output<typeof restoreInput>;

const swappable = ['postgres', 'sqlite', 'folder', 'rds'];

function crossCheck(input: RestoreInput, system: System): InputProblem[] {
  const problems = unknownSources([input.source], 'source', system);
  const source = system.backups?.sources.find((one) => one.name === input.source);
  if (source && input.into === 'swap' && !swappable.includes(source.type)) {
    const message = `${source.type} cannot be swapped; restore with {"new": "…"} and follow docs/restore-by-hand.md`;
    problems.push({ path: 'into', message });
  }
  const known = system.workloads.map((workload) => workload.name);
  for (const name of source?.consumers ?? []) {
    if (!known.includes(name))
      problems.push({ path: 'source', message: `consumer "${name}" is no workload of ${system.name}` });
  }
  return problems;
}

export const restoreRunbook: Runbook<RestoreInput> = {
  id: 'restore',
  title: 'Restore of a backup',
  purpose:
    'Restores a backup beside the live data and proves it; with "swap" then stops the consumers, exchanges the names, starts them, proves health, and keeps the replaced data for a stated time.',
  input: restoreInput,
  examples: [
    {
      title: 'Beside the live data',
      input: {
        system: 'ai-orchestrator',
        source: 'orchestrator',
        into: { new: 'orchestrator_check' },
        reason: 'Look for the lost orders',
        requestedBy: 'alice',
      },
    },
    {
      title: 'Replace the live data',
      input: {
        system: 'ai-orchestrator',
        source: 'orchestrator',
        into: 'swap',
        reason: 'INC-204: table dropped',
        requestedBy: 'alice',
      },
    },
  ],
  changes: 'Adds a copy beside the live data. Swap: names of both, and the replicas of the consumers for a while.',
  risk: 'high',
  undo: 'Until health is proved every step is undone by the run itself. Afterwards the replaced data lies under the name in the report until its time is over.',
  approval: 'A swap needs one, unless `backups.restore.approval` says otherwise; else when the input asks for it.',
  expectedDuration: 'Minutes to hours, with the amount of data',
  verbs: [...verbs],
  failures: {
    ...commonFailures,
    Rejected: 'A person rejected the plan. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched.',
    PlanOutdated: 'What the plan rests on changed after it was approved. Nothing was touched.',
    RestoreFailed:
      'The data could not be restored or did not prove right; the copy was removed. Live data was not touched.',
    RolledBack: 'The swap or what follows failed; the old data is live again and its consumers run.',
    CompensationFailed: 'Undoing failed in part; the report says what stands where. Look now.',
  },
  needs: ['backups'],
  crossCheck,
};
