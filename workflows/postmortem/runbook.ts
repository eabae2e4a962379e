import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { common, commonFailures } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { deskDescriptions, verbs } from './texts.js';

const when = z.iso.datetime({
  offset: true,
  error: 'must be date and time with zone, e.g. 2026-12-20T18:00:00Z',
});

/** The incident's own types describe it; here only its outline is looked at. */
const record = z.record(z.string(), z.unknown());

export const postmortemInput = z.strictObject({
  ...common,
  incident: z
    .string()
    .trim()
    .max(1_000)
    .regex(/^incident\/[^/]+\/.+/, 'must be the workflow id of an incident; see `belay incident list`')
    .describe('Workflow id of the incident, open or closed'),
  title: z.string().trim().min(1).max(200).optional().describe("Instead of the incident's own"),
  severity: z.string().trim().min(1).max(31).optional().describe("Instead of the incident's own"),
  resolvedAt: when
    .optional()
    .describe('End of the incident, where it does not know it itself; the deadlines count from it'),
  dueAt: when.optional().describe('Instead of the end and `incidents.postmortem.dueSeconds`'),
  facts: z
    .strictObject({ view: record, entries: z.array(record).max(5_000), stored: z.array(z.string()).max(1_000) })
    .optional()
    .describe('Given by the incident; read from it when left out'),
});

function crossCheck({ incident }: { incident: string }, system: System): InputProblem[] {
  const [, of] = incident.split('/');
  return of === system.name
    ? []
    : [{ path: 'incident', message: `is one of the system "${of ?? ''}"; name that as system, not "${system.name}"` }];
}

export const postmortemRunbook: Runbook<z.output<typeof postmortemInput>> = {
  id: 'postmortem',
  title: 'Postmortem of an incident',
  purpose:
    'Writes the first draft from the timeline of the incident: facts with times, and what people have to fill in; no guessed cause. Keeps every revision, reminds, tells once when it is overdue, and ends when people have published it.',
  input: postmortemInput,
  examples: [
    {
      title: 'For an incident that started none',
      input: {
        system: 'intelligent-agent',
        incident: 'incident/intelligent-agent/checkout-answers-503-7f3a',
        reason: 'Three customers asked',
        requestedBy: 'alice',
      },
    },
    {
      title: 'What the draft would be due for',
      input: {
        system: 'intendly',
        incident: 'incident/intendly/solver-balance-low-11ab',
        reason: 'Look first',
        requestedBy: 'alice',
        dryRun: true,
      },
    },
  ],
  changes: 'Texts in the evidence store, and messages to the channel of postmortems. Nothing of the system itself.',
  risk: 'low',
  undo: 'Nothing has to be undone; revisions stay in the evidence store.',
  approval: 'None. Publishing takes a text in review, with nothing left to be filled in.',
  expectedDuration: 'Until it is published, usually within two days',
  verbs: [...verbs],
  updates: deskDescriptions,
  needs: ['incidents'],
  failures: {
    InvalidInput: commonFailures.InvalidInput,
    PreflightFailed: 'There is no such incident any more, and nothing that tells of it. Nothing was written.',
    Aborted: 'A person decided that none is needed, or cancelled; the reason is recorded. Revisions are kept.',
    StepFailed: commonFailures.StepFailed,
  },
  crossCheck,
};
