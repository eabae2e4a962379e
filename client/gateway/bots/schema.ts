import { z } from 'zod';

const MAX_ALERTS = 100;
const text = (max: number) => z.string().trim().min(1).max(max);
const requestId = z
  .string()
  .regex(/^[\w.:/-]{1,100}$/, 'must be 1 to 100 letters, digits, ".", ":", "/", "_" or "-"')
  .describe('Makes a repeat harmless: the first answer is given again');
const incident = z
  .string()
  .regex(/^incident\/[a-z][a-z0-9-]*\/[\w./-]{1,200}$/, 'must be the workflow id of an incident')
  .describe('Workflow id of an incident');
const reason = text(500).optional().describe('Stands in the timeline');
const time = z.iso.datetime({ offset: true });
const httpUrl = z.string().min(1).max(2_000).describe('http(s); shown, never fetched');

const botAlert = z.strictObject({
  key: text(200).describe('What is wrong, as the bot calls it: the same key is the same alert'),
  status: z.enum(['firing', 'resolved']),
  name: text(200),
  startsAt: time.describe('Key and start together are one episode: the same in every repeat, and in the resolve'),
  endsAt: time.optional(),
  labels: z.record(text(200), z.string().max(1_024)).default({}).describe('What the routing rules look at'),
  summary: text(500).optional(),
  links: z
    .array(z.strictObject({ title: text(80), url: httpUrl }))
    .max(5)
    .default([]),
});

/** What a bot may ask; `type` says which. */
export const botRequest = z
  .discriminatedUnion('type', [
    z.strictObject({
      type: z.literal('open'),
      requestId,
      title: text(200),
      severity: text(31).optional().describe('One of the system’s severities; the mildest when left out'),
      service: text(120).optional(),
      reason: text(500),
    }),
    z.strictObject({ type: z.literal('alert'), alerts: z.array(botAlert).min(1).max(MAX_ALERTS) }),
    z.strictObject({ type: z.literal('acknowledge'), incident, requestId, reason }),
    z.strictObject({
      type: z.literal('escalate'),
      incident,
      requestId,
      expectedLevel: z.int().min(-1).max(20).describe('Level that the bot saw: a stale wish is refused'),
      reason,
    }),
    z.strictObject({ type: z.literal('note'), incident, requestId, text: text(2_000) }),
    z.strictObject({ type: z.literal('resolve'), incident, requestId, reason }),
    z.strictObject({ type: z.literal('query'), incident: incident.optional().describe('All open ones when left out') }),
  ])
  .meta({ id: 'BotRequest' });

export type BotRequest = z.output<typeof botRequest>;
export type BotAlert = z.output<typeof botAlert>;
export type BotAction = Extract<BotRequest, { type: 'acknowledge' | 'escalate' | 'note' | 'resolve' }>;

/** Answer to an action: accepted (200, 202 when it has not answered yet) or refused (409). */
export const actionAnswer = z
  .object({ accepted: z.boolean(), answer: z.string(), code: z.string().optional() })
  .meta({ id: 'ActionAnswer' });

const delivered = z.object({ incident: z.string(), outcome: z.string(), alerts: z.int() });
const summary = z.object({
  incident: z.string(),
  system: z.string(),
  severity: z.string().optional(),
  state: z.string().optional(),
  kind: z.string().optional(),
  openedAt: z.number().describe('ms since the epoch'),
});

/** 200: an action that was done, or what was asked. */
export const done = z.union([
  actionAnswer,
  z.object({ incident: z.record(z.string(), z.unknown()).describe('Where it stands') }),
  z.object({ incidents: z.array(summary) }),
]);

/** 202: alerts that were taken, an incident that was opened, an action under way. */
export const taken = z.union([
  z.object({ incidents: z.array(delivered) }),
  z.object({ incident: z.string().describe('Workflow id') }),
  actionAnswer,
]);
