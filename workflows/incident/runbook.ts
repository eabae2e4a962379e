import { z } from 'zod';
import type { System } from '../../systems/schema.js';
import { common } from '../backupKit/fields.js';
import { actionTexts } from './actions/texts.js';
import type { InputProblem, Runbook } from '../kit/runbook.js';

export const incidentInput = z.strictObject({
  ...common,
  title: z.string().trim().min(1).max(200).describe('What is wrong, in one line'),
  severity: z.string().min(1).optional().describe('One of the system’s severities; the mildest when left out'),
  policy: z.string().min(1).optional().describe("An escalation policy instead of the severity's own"),
  service: z.string().min(1).max(120).optional(),
  kind: z.enum(['operational', 'security']).default('operational'),
  rule: z.string().min(1).max(80).optional().describe('Routing rule that opened it; set by the gateway'),
  groupKey: z.string().max(2_000).optional().describe('Set by the gateway'),
  storm: z
    .string()
    .max(1_000)
    .optional()
    .describe('Incident of the storm that this one belongs to; set by the gateway'),
  isStorm: z.boolean().default(false).describe('It gathers the incidents of a storm; set by the gateway'),
});

function crossCheck({ severity, policy }: z.output<typeof incidentInput>, system: System): InputProblem[] {
  const { incidents } = system;
  if (!incidents) return [];
  const problems: InputProblem[] = [];
  const severities = incidents.severities.map(({ id }) => id);
  const policies = Object.keys(incidents.policies);
  if (severity !== undefined && !severities.includes(severity))
    problems.push({
      path: 'severity',
      message: `"${severity}" is no severity of ${system.name}; it has ${severities.join(', ')}`,
    });
  if (policy !== undefined && !policies.includes(policy))
    problems.push({
      path: 'policy',
      message: `"${policy}" is no escalation policy of ${system.name}; it has ${policies.join(', ')}`,
    });
  return problems;
}

export const incidentRunbook: Runbook<z.output<typeof incidentInput>> = {
  id: 'incident',
  title: 'Incident with its escalation ladder',
  purpose:
    'Pages who is on call, climbs the ladder on absolute deadlines until somebody answers, keeps the timeline, tells the team, stakeholders and customers, watches the time targets, and ends with a report and a postmortem.',
  input: incidentInput,
  examples: [
    {
      title: 'Opened by a person',
      input: {
        system: 'intelligent-agent',
        title: 'Checkout answers 503',
        severity: 'P1',
        reason: 'Customers call',
        requestedBy: 'alice',
      },
    },
    {
      title: 'Who would be paged, and when',
      input: {
        system: 'intendly',
        title: 'Solver balance low',
        severity: 'critical',
        reason: 'Check of the ladder',
        requestedBy: 'alice',
        dryRun: true,
      },
    },
  ],
  changes:
    'Messages to people: pages, the incident’s message in Slack and its thread, mails, the status page, PagerDuty. Nothing of the system itself.',
  risk: 'low',
  undo: 'Messages cannot be called back; `resolve` ends the incident, and a reopened one keeps its timeline.',
  approval: 'None is asked for.',
  expectedDuration: 'Until the incident is resolved, and the time in which it may reopen',
  verbs: [],
  updates: actionTexts,
  needs: ['incidents'],
  failures: {
    InvalidInput: 'The input is wrong; nothing was touched, nobody was paged.',
    Aborted: 'The run was cancelled: nobody is paged any more, the fault may go on.',
    StepFailed: 'Something failed for good; the message says what.',
  },
  crossCheck,
};
