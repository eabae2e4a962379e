import { z } from 'zod';
import { httpUrl, id, secretReference } from './fields.js';
import { clock, day, timeZone } from './peopleSchema.js';

/** Who or what a level notifies. */
export const targetSchema = z.union([
  z.strictObject({ rota: id }).describe('Whoever is on call when the level is reached'),
  z.strictObject({ person: id }),
  z.strictObject({ channel: id }).describe('A channel as a whole: counts as told, never as answered'),
]);

const seconds = (max: number) => z.int().min(0).max(max);
const DAY = 86_400;

export const levelSchema = z.strictObject({
  name: z.string().min(1).max(80),
  afterSeconds: seconds(30 * DAY).describe('After the incident was opened: absolute, not after the level before'),
  notify: z.array(targetSchema).min(1),
  multiAck: z.boolean().default(false).describe('Everybody paged is paged on until each has answered'),
  businessHoursOnly: z.boolean().default(false).describe('Waits for `businessHours`; never for an urgent severity'),
});

/** A ladder: who is paged when nobody answers. */
export const escalationPolicySchema = z.strictObject({
  levels: z.array(levelSchema).min(1).max(12),
  repeat: seconds(9).default(3).describe('How often the last level is paged again before the ladder is exhausted'),
  repeatSeconds: z.int().min(1).max(DAY).default(900),
  fallback: z
    .array(targetSchema)
    .default([])
    .describe('When levels have nobody on call, and when the ladder is exhausted'),
  ackTimeoutSeconds: z
    .int()
    .min(1)
    .max(7 * DAY)
    .optional()
    .describe('Without any activity for so long the owner is asked whether they are still on it'),
  ackConfirmSeconds: z.int().min(1).max(DAY).default(900).describe('For the answer; then the ladder goes on'),
  ackCapSeconds: z
    .int()
    .min(1)
    .max(60 * DAY)
    .default(7 * DAY)
    .describe('Nobody is asked again so long after the opening'),
  onUnack: z.enum(['resume', 'restart']).default('resume').describe('At the present level, or from the first'),
  repageOnNewAlert: z
    .enum(['never', 'higher', 'always'])
    .default('higher')
    .describe('When an answered incident is joined by an alert of another kind: higher = only of a worse severity'),
  repageCooldownSeconds: seconds(DAY).default(300),
});

export const phaseSchema = z.strictObject({
  name: z.enum(['acknowledge', 'triage', 'investigate', 'mitigate', 'resolve']),
  withinSeconds: z
    .int()
    .min(1)
    .max(60 * DAY)
    .describe('After the incident was opened'),
});

export const severitySchema = z.strictObject({
  id: z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,30}$/, 'must be a word such as P1 or critical'),
  title: z.string().min(1).max(120).optional(),
  policy: id.describe('One of `incidents.policies`'),
  urgent: z
    .boolean()
    .default(false)
    .describe('Stakeholders are told, business hours do not matter, no pause before a page'),
  phases: z.array(phaseSchema).default([]).describe('Time targets; told at 50, 80 and 100 percent'),
  updateSeconds: z.int().min(1).max(DAY).optional().describe('Between two status updates; none when left out'),
  slowUpdateSeconds: z.int().min(1).max(DAY).optional().describe('Between two of them after `slowAfterSeconds`'),
  slowAfterSeconds: seconds(DAY).default(7_200),
  stakeholders: z.array(id).default([]).describe('Channels that are told of opening, updates and end'),
  customers: z
    .strictObject({ channel: id, afterSeconds: seconds(DAY).default(900) })
    .optional()
    .describe('A channel for customers (a status page, a mail list), told when it still lasts after so long'),
  pauseSeconds: seconds(900)
    .default(0)
    .describe('An alert that resolves within this pages nobody; never with `urgent`'),
});

export const incidentRuleSchema = z.strictObject({
  id,
  match: z
    .record(z.string().min(1).max(100), z.string().min(1).max(300))
    .default({})
    .describe('Label → regular expression for its whole value; the first rule whose labels all match is taken'),
  severity: z.string().min(1).optional().describe('One of `incidents.severities`'),
  severityLabel: z
    .strictObject({ label: z.string().min(1), values: z.record(z.string(), z.string()) })
    .optional()
    .describe('Takes the severity from a label of the alert: its value → severity'),
  policy: id.optional().describe("Instead of the severity's own"),
  groupBy: z.array(z.string().min(1)).default(['alertname']).describe('Labels whose values make one incident'),
  kind: z.enum(['operational', 'security']).default('operational'),
  service: z.string().min(1).max(120).optional(),
});

const startSchema = z.strictObject({
  runbook: z.string().min(1),
  input: z.record(z.string(), z.unknown()).default({}).describe('Without system, reason, requestedBy'),
});

export const suggestedRunbookSchema = z.strictObject({
  alerts: z.array(z.string().min(1)).min(1).describe('Regular expressions for the name of an alert'),
  title: z.string().min(1).max(120),
  url: httpUrl.optional(),
  resolveWithinSeconds: z.int().min(1).optional().describe('Time target of the manual'),
  start: startSchema.optional().describe('Can be started from the incident'),
});

const tokens = z.array(secretReference).min(1).max(2).describe('Two while one takes over from the other');

/** Where events come from; the gateway serves a path for each. */
export const eventSourceSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('alertmanager'),
    tokens,
    maxBytes: z
      .int()
      .min(1_024)
      .max(8 * 1_048_576)
      .default(1_048_576),
  }),
  z.strictObject({
    type: z.literal('pagerduty'),
    secrets: tokens.describe('Signing secrets of the webhook subscription'),
    channel: id.optional().describe('The pagerduty channel whose events these are; they make no echo'),
  }),
  z.strictObject({
    type: z.literal('slack'),
    secrets: tokens.describe('Signing secrets of the app'),
    team: z.string().min(1).optional(),
  }),
  z.strictObject({
    type: z.literal('bot'),
    tokens,
    actor: z.string().min(1).max(100).describe('Under which name its actions stand in the timeline'),
    may: z
      .array(z.enum(['open', 'alert', 'acknowledge', 'escalate', 'note', 'resolve', 'query']))
      .min(1)
      .default(['open', 'alert', 'note', 'query']),
  }),
]);

/** One route of the Alertmanager configuration that `alertRouting` renders. */
export const alertRouteSchema = z.strictObject({
  id,
  match: z
    .record(z.string().min(1).max(100), z.string().min(1).max(300))
    .default({})
    .describe('Label → regular expression for its whole value; the first route whose labels all match is taken'),
  receiver: id.describe('One of `channels` (pagerduty, slack, mail, webhook), or `belay`: the gateway'),
  groupBy: z.array(z.string().min(1)).default(['alertname']),
  groupWaitSeconds: seconds(DAY).default(30),
  groupIntervalSeconds: z.int().min(1).max(DAY).default(300),
  repeatIntervalSeconds: z
    .int()
    .min(1)
    .max(30 * DAY)
    .default(14_400),
});

/** How incidents are opened, escalated, told and closed. */
export const incidentsSchema = z.strictObject({
  severities: z.array(severitySchema).min(1).max(10).describe('The worst first'),
  policies: z.record(id, escalationPolicySchema),
  rules: z.array(incidentRuleSchema).max(200).default([]).describe('The first that matches an alert is taken'),
  unmatched: z
    .string()
    .optional()
    .describe('Severity of alerts that no rule matches; the last of the list when left out'),
  channel: id.optional().describe('Slack channel in which an incident has one message and its thread'),
  sources: z.record(id, eventSourceSchema).default({}),
  gateway: z
    .strictObject({
      url: httpUrl.describe('Base URL under which Alertmanager reaches the gateway'),
      credentialsFile: z
        .string()
        .min(1)
        .default('/etc/alertmanager/secrets/belay-token')
        .describe("File on Alertmanager's machine with the source's token"),
      groupWaitSeconds: seconds(DAY).default(5),
      groupIntervalSeconds: z.int().min(1).max(DAY).default(30),
    })
    .optional()
    .describe('What Alertmanager must know to reach Belay'),
  routes: z
    .array(alertRouteSchema)
    .max(100)
    .default([])
    .describe('Routes of Alertmanager to other receivers, beside the one to Belay; rendered by alertRouting'),
  runbooks: z.array(suggestedRunbookSchema).max(100).default([]).describe("The manual's runbook index"),
  checklist: z
    .array(z.strictObject({ step: z.string().min(1).max(200), start: startSchema.optional() }))
    .default([])
    .describe('Of security incidents, in order'),
  restricted: z
    .strictObject({ channel: id.optional(), roles: z.array(z.string()).default(['security', 'executive']) })
    .optional()
    .describe('Security incidents are shown here instead of `channel`, to these roles'),
  businessHours: z.strictObject({ timeZone, days: z.array(day).min(1), from: clock, to: clock }).optional(),
  reopenSeconds: seconds(DAY).default(900).describe('An alert that fires again so soon reopens its incident'),
  repeatSeconds: z
    .int()
    .min(1)
    .max(7 * DAY)
    .default(14_400)
    .describe("The source's repeat interval: so long an incident resolved by hand is not opened anew by its alert"),
  flapping: z
    .strictObject({
      changes: z.int().min(2).default(4),
      withinSeconds: z.int().min(1).default(1_800),
      stableSeconds: z.int().min(1).default(900),
    })
    .prefault({}),
  storm: z
    .strictObject({
      incidents: z.int().min(2).max(10_000).default(60),
      withinSeconds: z.int().min(1).max(3_600).default(60),
    })
    .prefault({})
    .describe('More new incidents of one rule than this are gathered under one, which alone pages'),
  postmortem: z
    .strictObject({
      severities: z.array(z.string()).default([]).describe('After which a postmortem is due'),
      dueSeconds: z
        .int()
        .min(1)
        .max(60 * DAY)
        .default(172_800),
      remindSeconds: z.array(z.int().min(1)).default([86_400, 158_400]).describe('After the end of the incident'),
      channel: id.optional(),
    })
    .prefault({}),
  heartbeat: z
    .strictObject({ url: secretReference.describe('URL of an outside monitor, asked with GET at each audit') })
    .optional(),
});

export type Incidents = z.output<typeof incidentsSchema>;
export type Severity = z.output<typeof severitySchema>;
export type EscalationPolicy = z.output<typeof escalationPolicySchema>;
export type Level = z.output<typeof levelSchema>;
export type Target = z.output<typeof targetSchema>;
export type IncidentRule = z.output<typeof incidentRuleSchema>;
export type EventSource = z.output<typeof eventSourceSchema>;
export type AlertRoute = z.output<typeof alertRouteSchema>;
export type SuggestedRunbook = z.output<typeof suggestedRunbookSchema>;
