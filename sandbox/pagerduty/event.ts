import { z } from 'zod';

/** https://developer.pagerduty.com/docs/events-api-v2-overview#size-limits */
export const MAX_EVENT_BYTES = 512 * 1024;

const routingKey = z
  .string("'routing_key' is missing")
  .length(32, "Length of 'routing_key' is incorrect (should be 32 characters)");
const dedupKey = z
  .string()
  .min(1, "'dedup_key' is blank")
  .max(255, "Length of 'dedup_key' must be at most 255 characters");
const text = (name: string) => z.string(`'${name}' is missing or not a string`).trim().min(1, `'${name}' is blank`);

const payload = z.strictObject({
  summary: text('payload.summary').max(1_024, "Length of 'payload.summary' must be at most 1024 characters"),
  source: text('payload.source'),
  severity: z.enum(
    ['critical', 'error', 'warning', 'info'],
    "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
  ),
  timestamp: z.iso.datetime({ offset: true, error: "'payload.timestamp' is invalid" }).optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.record(z.string(), z.unknown()).optional(),
});

/** Stricter than the vendor, who overlooks fields that it does not know. */
const eventSchema = z.discriminatedUnion(
  'event_action',
  [
    z.strictObject({
      routing_key: routingKey,
      event_action: z.literal('trigger'),
      dedup_key: dedupKey.optional(),
      payload,
      client: z.string().optional(),
      client_url: z.url().optional(),
      links: z.array(z.strictObject({ href: z.url(), text: z.string().optional() })).optional(),
      images: z
        .array(
          z.strictObject({ src: z.url({ protocol: /^https$/ }), href: z.url().optional(), alt: z.string().optional() }),
        )
        .optional(),
    }),
    ...(['acknowledge', 'resolve'] as const).map((action) =>
      z.strictObject({ routing_key: routingKey, event_action: z.literal(action), dedup_key: dedupKey }),
    ),
  ],
  "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
);

export type DoubleEvent = z.output<typeof eventSchema>;

/** The event that a request's body holds, or what is wrong with it, one text per problem. */
export function eventOf(json: unknown): DoubleEvent | string[] {
  const parsed = eventSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message));
}
