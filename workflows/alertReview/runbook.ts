import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { busy, common, commonFailures } from '../backupKit/fields.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM, 00:00 to 23:59');

export const alertReviewInput = z.strictObject({
  ...common,
  days: z.number().gt(0).max(90).default(7).describe('How far it looks back; Prometheus must keep its data so long'),
  match: z
    .record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a label'), z.string().min(1).max(300))
    .default({})
    .describe(
      'Label → regular expression for its whole value: only these alerts, where one Prometheus has several systems',
    ),
  night: z
    .strictObject({ from: clock, to: clock })
    .default({ from: '22:00', to: '06:00' })
    .describe('In the time zone of `incidents.businessHours`, else UTC'),
  fewest: z.int().min(1).max(1_000).default(3).describe('Fewer needless firings of an alert are no pattern'),
  silenceHours: z.int().min(1).max(720).default(24).describe('How long proposed silences last'),
  applySilences: z.boolean().default(false).describe('Create the proposed silences, after an approval'),
  approvalSeconds: z.int().min(10).max(604_800).default(86_400).describe('How long it waits for the approval'),
  ...busy,
});

export type AlertReviewInput = z.output<typeof alertReviewInput>;

function crossCheck({ applySilences, dryRun }: AlertReviewInput, system: System): InputProblem[] {
  if (!applySilences || dryRun || system.alertmanager) return [];
  const message = `${system.name} has no Alertmanager that could silence; add \`alertmanager: {url: …}\` to the system`;
  return [{ path: 'applySilences', message }];
}

export const alertReviewRunbook: Runbook<AlertReviewInput> = {
  id: 'alertReview',
  title: 'Review of alerts',
  purpose:
    'Works out what each alert did in the last days (how often, how long, at night, for nothing, with how many pages, and whether anybody had to act), draws it, and proposes changes with figures before and after, got by replaying the firings. Silences can be created after an approval.',
  input: alertReviewInput,
  examples: [
    {
      title: 'The last week',
      input: { system: 'canvas', days: 7, reason: 'Weekly alert review', requestedBy: 'alice' },
    },
    {
      title: 'With silences, after an approval',
      input: {
        system: 'canvas',
        days: 14,
        applySilences: true,
        silenceHours: 48,
        reason: 'Too many pages at night',
        requestedBy: 'alice',
      },
    },
  ],
  changes:
    'Only with `applySilences`, and after an approval: silences in Alertmanager, with owner, reason and end. Rules are never written: changes of them are given as files to take over.',
  risk: 'low',
  undo: 'Silences end by themselves. When one cannot be created, the run ends those that it made. Earlier by hand: amtool silence expire.',
  approval: 'Always, before silences are created; bound to the plan.',
  expectedDuration: 'A minute or two, and the time of the approval',
  verbs: [...verbs],
  needs: ['prometheus'],
  failures: {
    ...commonFailures,
    TargetBusy: 'Another review is about to change silences. Nothing was touched.',
    RolledBack: 'A silence could not be created; those made before were ended.',
    CompensationFailed: 'A silence could not be created, and one made before could not be ended; the message names it.',
    Rejected: 'The approval was refused. Nothing was touched.',
    ApprovalExpired: 'Nobody approved in time. Nothing was touched.',
    PlanOutdated: 'What was approved has changed since. Nothing was touched.',
  },
  crossCheck,
};
