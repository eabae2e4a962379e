import { z } from 'zod';
import { backupsSchema } from './backupSchema.js';
import { emergencyPolicySchema } from './emergencySchema.js';
import { incidentsSchema } from './incidentSchema.js';
import { clock, day, personSchema, rotaSchema } from './peopleSchema.js';
import { approvalPolicySchema, httpUrl, id, secretReference } from './fields.js';
import { httpCheckSchema } from './httpCheckSchema.js';
import { scheduleSchema } from './scheduleSchema.js';

/** DNS label as Kubernetes asks for it in names of workloads and namespaces. */
const dnsName = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
    'must be lower case letters, digits, "-" or "." (a Kubernetes name)',
  );
const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'must be at most 63 lower case letters, digits or "-" (a Kubernetes label)',
  );
/** One measured condition on the new pods while old and new run side by side. */
export const metricGateSchema = z
  .strictObject({
    name: z.string().min(1).max(80),
    query: z
      .string()
      .min(1)
      .describe(
        'PromQL giving exactly one series; {{namespace}}, {{workload}}, {{newPods}} (a regular expression) and {{window}} are filled in',
      ),
    max: z.number().optional().describe('Greatest value that passes'),
    min: z.number().optional().describe('Least value that passes'),
    windowSeconds: z.int().min(5).max(3_600).default(60).describe('How far {{window}} looks back'),
    intervalSeconds: z.number().min(1).max(600).default(15).describe('Pause between two measurements'),
    count: z.int().min(1).max(500).default(3).describe('Measurements to take'),
    failureLimit: z.int().min(0).default(0).describe('Failed measurements that are still tolerated'),
    noVerdictLimit: z.int().min(0).default(2).describe('Measurements without a verdict that are tolerated'),
    errorLimit: z.int().min(0).default(4).describe('Errors in a row that are tolerated'),
    traffic: z
      .strictObject({ query: z.string().min(1), min: z.number().positive() })
      .optional()
      .describe('Below this much traffic a measurement is no verdict: silence is not a perfect score'),
    dryRun: z.boolean().default(false).describe('Measured and reported, never binding'),
  })
  .refine((gate) => gate.max !== undefined || gate.min !== undefined, {
    error: 'needs `max`, `min` or both',
    path: ['max'],
  })
  .meta({ anyOf: [{ required: ['max'] }, { required: ['min'] }] });

export const workloadSchema = z.strictObject({
  name: dnsName,
  kind: z.enum(['Deployment', 'StatefulSet', 'DaemonSet']).default('Deployment'),
  tier: id.describe('One of `tiers`'),
  container: dnsLabel.optional().describe('The container that updates change; the only one when left out'),
  deadlineSeconds: z
    .int()
    .min(5)
    .max(7_200)
    .optional()
    .describe('Total time for one rollout of this workload; nothing resets it'),
  health: z.array(httpCheckSchema).default([]).describe('Checks of this workload alone'),
  gates: z.array(metricGateSchema).default([]).describe('Measured on the new pods while they bake'),
});

const instant = z.iso.datetime({
  offset: true,
  error: 'must be date and time with zone, e.g. 2026-12-20T18:00:00Z',
});

/** A span in which no change may start: weekly, or once. */
export const blackoutSchema = z.union([
  z.strictObject({
    name: z.string().min(1),
    days: z.array(day).min(1),
    from: clock,
    to: clock.describe('Not after `from`: ends on the next day'),
    timeZone: z.string().min(1).describe('IANA name, e.g. Europe/Berlin'),
  }),
  z.strictObject({
    name: z.string().min(1),
    start: instant,
    end: instant,
  }),
]);

const statuspageId = z
  .string()
  .regex(/^[A-Za-z0-9]{1,64}$/, "must be one of Statuspage's ids: letters and digits only");

export const channelSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('slack'),
    channel: z.string().min(1).describe('#name or channel id'),
    token: secretReference,
    apiUrl: httpUrl.optional().describe("Another address than Slack's own"),
  }),
  z.strictObject({
    type: z.literal('statuspage'),
    pageId: statuspageId.describe('Id of a public page of Atlassian Statuspage'),
    token: secretReference.describe('Its API key'),
    apiUrl: httpUrl.optional().describe("Another address than Statuspage's own; with /v1"),
    incidentName: z
      .string()
      .regex(/\S/, 'must not be blank')
      .max(255)
      .optional()
      .describe('What incidents are called in public; "Service disruption" when left out'),
    components: z
      .array(statuspageId)
      .optional()
      .describe('Ids of components that are in major_outage while an incident is open, then operational'),
    impact: z
      .enum(['none', 'maintenance', 'minor', 'major', 'critical'])
      .optional()
      .describe('Of incidents; what Statuspage makes of the components when left out'),
  }),
  z.strictObject({
    type: z.literal('pagerduty'),
    routingKey: secretReference.describe('Integration key of an Events API v2 integration'),
    apiUrl: httpUrl.optional().describe("Another address than PagerDuty's own"),
  }),
  z.strictObject({
    type: z.literal('mail'),
    host: z.string().min(1),
    port: z.int().min(1).max(65_535).default(587),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe('none: only for a server on the same machine'),
    user: z.string().min(1).optional(),
    password: secretReference.optional(),
    from: z.email(),
    to: z.array(z.email()).default([]).describe('Who reads what is told to the channel as a whole'),
  }),
  z.strictObject({
    type: z.literal('webhook'),
    url: httpUrl.describe('Gets JSON by POST; for providers of SMS and calls, and for bots'),
    secret: secretReference.describe('Key of the HMAC-SHA256 in the header Belay-Signature'),
  }),
  z.strictObject({ type: z.literal('log') }),
]);

const registryHost = z
  .string()
  .regex(/^[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?(:\d{1,5})?$/, 'must be host or host:port, without http:// and path');

export const rolloutPolicySchema = z.strictObject({
  approval: approvalPolicySchema.prefault({}),
  backupFirst: z.boolean().default(false).describe('Back up before the first write'),
  deadlineSeconds: z.int().min(5).max(7_200).default(600).describe('Per workload; nothing resets it'),
  bakeSeconds: z.int().min(0).max(7_200).default(60).describe('How long the new pods must prove themselves'),
  onFailure: z.enum(['rollback', 'hold']).default('rollback'),
  onNoVerdict: z.enum(['hold', 'rollback', 'continue']).default('hold').describe('When a gate cannot be measured'),
  onGateError: z.enum(['hold', 'rollback', 'continue']).default('hold'),
  images: z
    .strictObject({
      unreachable: z.enum(['warn', 'refuse']).default('warn').describe('When the registry cannot be asked'),
      platforms: z.array(z.string()).default(['linux/amd64']).describe('What the nodes run; empty asks for nothing'),
      pinDigest: z.boolean().default(false).describe('Write name:tag@digest instead of name:tag'),
      insecureRegistries: z.array(registryHost).default([]).describe('host:port that speak plain HTTP'),
      mirrors: z.record(registryHost, registryHost).default({}).describe('Registry host in the image → host to ask'),
    })
    .prefault({}),
});

const notifyOn = z.array(id).default([]);

/** One system in one environment. Numbers of the manuals stand here, never in code. */
export const systemSchema = z.strictObject({
  $schema: z.string().optional(),
  name: id.describe("The file's name without .yaml"),
  title: z.string().min(1).describe('As people call it'),
  environment: z.string().min(1).default('production'),
  kubernetes: z
    .strictObject({
      context: z
        .string()
        .min(1)
        .optional()
        .describe("Context of the worker's kubeconfig; its current one when left out"),
      namespace: dnsLabel,
    })
    .optional()
    .describe('Left out: the system does not run on Kubernetes'),
  tiers: z.array(id).default([]).describe('From the data stores to the edge'),
  workloads: z.array(workloadSchema).default([]).describe('In the order in which updates go'),
  endpoints: z.record(id, httpUrl).default({}).describe('Base URLs that checks refer to'),
  health: z.array(httpCheckSchema).default([]).describe('Checks of the system as a whole'),
  smoke: z.array(httpCheckSchema).default([]).describe('Smoke tests after an update'),
  prometheus: z.strictObject({ url: httpUrl, timeoutSeconds: z.number().min(1).max(60).default(10) }).optional(),
  alertmanager: z.strictObject({ url: httpUrl, timeoutSeconds: z.number().min(1).max(60).default(10) }).optional(),
  blackouts: z.array(blackoutSchema).default([]).describe('Spans in which no change may start'),
  channels: z.record(id, channelSchema).default({}).describe('Where notifications go, by a name of your choice'),
  notify: z
    .strictObject({ start: notifyOn, failure: notifyOn, rollback: notifyOn, end: notifyOn, page: notifyOn })
    .prefault({})
    .describe('Which channels are told of what'),
  policies: z
    .strictObject({ rollingUpdate: rolloutPolicySchema.prefault({}), emergency: emergencyPolicySchema.prefault({}) })
    .prefault({}),
  people: z.record(id, personSchema).default({}).describe('Who can be paged and who may decide'),
  rotas: z.record(id, rotaSchema).default({}).describe('Who of them is on call'),
  incidents: incidentsSchema.optional().describe('How incidents are opened, escalated, told and closed'),
  backups: backupsSchema.optional().describe('What is backed up, where to, and how it is proved'),
  schedules: z.array(scheduleSchema).max(200).default([]).describe('Runbooks that are started at set times'),
});

export type System = z.output<typeof systemSchema>;
export type SystemInput = z.input<typeof systemSchema>;
export type Workload = z.output<typeof workloadSchema>;
export type HttpCheck = z.output<typeof httpCheckSchema>;
export type MetricGate = z.output<typeof metricGateSchema>;
export type Blackout = z.output<typeof blackoutSchema>;
export type Channel = z.output<typeof channelSchema>;
export type EmergencyPolicy = z.output<typeof emergencyPolicySchema>;
export type ApprovalPolicy = z.output<typeof approvalPolicySchema>;
export type RolloutPolicy = z.output<typeof rolloutPolicySchema>;
