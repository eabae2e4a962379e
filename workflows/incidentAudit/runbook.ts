import { z } from 'zod';
import { common, commonFailures } from '../backupKit/fields.js';
import type { Runbook } from '../kit/runbook.js';
import { verbs } from './messages.js';

export const incidentAuditInput = z.strictObject({
  ...common,
  reason: common.reason.default('Do incidents act at their deadlines?'),
  scope: z
    .enum(['system', 'all'])
    .default('system')
    .describe('all: incidents of every system of the namespace; alarms go to the channels of `system`'),
  toleranceSeconds: z
    .int()
    .min(10)
    .max(3_600)
    .default(60)
    .describe('So late an incident may be; the list that is asked is some seconds late itself'),
});

export type IncidentAuditInput = z.output<typeof incidentAuditInput>;

export const incidentAuditRunbook: Runbook<IncidentAuditInput> = {
  id: 'incidentAudit',
  title: 'Audit of the escalation ladder',
  purpose:
    'Proves that the ladder itself works: looks for open incidents whose next deadline has passed, opens an alarm for each, once, and closes it when all is well again. Tells an outside monitor by heartbeat that the audit runs; when that stops, the monitor pages by a way of its own.',
  input: incidentAuditInput,
  examples: [
    { title: 'One look', input: { system: 'intelligent-agent', requestedBy: 'alice' } },
    {
      title: 'Incidents of all systems, without alarms',
      input: { system: 'intelligent-agent', scope: 'all', requestedBy: 'alice', dryRun: true },
    },
  ],
  changes:
    'Nothing of the system. Opens and closes alarms, which are workflows of their own; one GET to the outside monitor.',
  risk: 'none',
  undo: 'Nothing has to be undone.',
  approval: 'None is asked for.',
  expectedDuration: 'About a second',
  verbs: [...verbs],
  needs: ['incidents'],
  failures: {
    InvalidInput: commonFailures.InvalidInput,
    IncidentOverdue: 'Incidents did not act at their deadline. An alarm is open for each of the first twenty.',
    Aborted: commonFailures.Aborted,
    StepFailed: 'Temporal did not answer, so nothing is known; no heartbeat was sent.',
  },
};
