import { z } from 'zod';
import { GatewayError } from '../errors.js';
import { parseJson } from '../json.js';

const text = (max: number) => z.string().max(max);
/** Something that an event names, e.g. a user or a service. */
const referenceSchema = z.object({
  id: text(60).optional(),
  type: text(100).optional(),
  summary: text(4_000).optional(),
  html_url: text(2_000).nullish(),
  email: text(320).nullish(),
});
const pagerdutyId = z.string().regex(/^[A-Za-z0-9]{2,40}$/);

const incidentSchema = z.object({
  type: z.literal('incident'),
  id: pagerdutyId,
  incident_key: text(1_000).nullish(),
  number: z.int().nullish(),
  title: text(20_000).nullish(),
  html_url: text(2_000).nullish(),
  service: referenceSchema.nullish(),
  assignees: z.array(referenceSchema).nullish(),
  escalation_policy: referenceSchema.nullish(),
  priority: referenceSchema.nullish(),
  urgency: text(40).nullish(),
  /** Why it was resolved, where that was not for being over. */
  resolve_reason: z.object({ type: text(100).nullish(), incident: referenceSchema.nullish() }).nullish(),
});

const aboutIncident = { incident: referenceSchema.extend({ id: pagerdutyId }) };
const noteSchema = z.object({ type: z.literal('incident_note'), ...aboutIncident, content: text(70_000).nullish() });
const updateSchema = z.object({
  type: z.literal('incident_status_update'),
  ...aboutIncident,
  message: text(70_000).nullish(),
});
const responderSchema = z.object({
  type: z.literal('incident_responder'),
  ...aboutIncident,
  user: referenceSchema.nullish(),
  state: text(60).nullish(),
  message: text(70_000).nullish(),
});

const eventSchema = z.object({
  id: z.string().min(1).max(200),
  event_type: z.string().min(1).max(200),
  occurred_at: z.iso.datetime({ offset: true }),
  agent: referenceSchema.nullish(),
  client: z.object({ name: text(1_000).nullish() }).nullish(),
  data: z.unknown(),
});

/** What every webhook has; `data` differs by the type of the event. */
export const envelopeSchema = z.object({ event: eventSchema });
const dataSchema = z.discriminatedUnion('type', [incidentSchema, noteSchema, updateSchema, responderSchema]);

export type Reference = z.output<typeof referenceSchema>;
export type IncidentData = z.output<typeof incidentSchema>;

/** A webhook of version 3. `data` is undefined for what is not about an incident (services, test events, types that came later). */
export interface PagerdutyEvent {
  id: string;
  type: string;
  /** ms since the epoch. */
  occurredAt: number;
  agent: Reference | undefined;
  clientName: string | undefined;
  data: z.output<typeof dataSchema> | undefined;
}

const malformed = (): GatewayError =>
  new GatewayError(400, 'INVALID', 'This is not an event as PagerDuty’s v3 webhooks send it.', 'invalid');

/** Reads the body of a webhook. Throws `GatewayError` 400. */
export function parseEvent(body: Buffer): PagerdutyEvent {
  const envelope = envelopeSchema.safeParse(parseJson(body));
  if (!envelope.success) throw malformed();
  const { id, event_type: type, occurred_at: at, agent, client, data } = envelope.data.event;
  const known = type.startsWith('incident.') ? dataSchema.safeParse(data) : undefined;
  // Of a type that we act on it has to be whole; others may look as they like.
  if (known && !known.success && actedOn.has(type)) throw malformed();
  return {
    id,
    type,
    occurredAt: Date.parse(at),
    agent: agent ?? undefined,
    clientName: client?.name ?? undefined,
    data: known?.data,
  };
}

/** Events of which something becomes. */
const actedOn = new Set(
  [
    'triggered',
    'reopened',
    'acknowledged',
    'unacknowledged',
    'resolved',
    'annotated',
    'escalated',
    'delegated',
    'reassigned',
    'priority_updated',
    'status_update_published',
    'responder.added',
    'responder.replied',
  ].map((name) => `incident.${name}`),
);
