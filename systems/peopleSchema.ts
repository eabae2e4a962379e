import { z } from 'zod';
import { id, secretReference } from './fields.js';

export const day = z.enum(['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']);
export const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be HH:MM, 00:00 to 23:59');
export const timeZone = z.string().min(1).describe('IANA name, e.g. Europe/Berlin');

/** What a person may do in an incident; the matrix is in docs/incidents.md. */
export const roleSchema = z.enum(['responder', 'lead', 'executive', 'security']);

const limitSchema = z.strictObject({
  max: z.int().min(1).max(1_000).describe('Messages'),
  withinSeconds: z.int().min(1).max(86_400),
});

/** One way to reach a person. */
export const contactSchema = z.strictObject({
  channel: id.describe('One of `channels`: slack (a direct message), pagerduty, mail or webhook'),
  afterSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .default(0)
    .describe('After the page began, unless it was answered; at once when an earlier way fails'),
  limits: z.array(limitSchema).default([]).describe('More than this is bundled, and the next way is tried at once'),
});

export const personSchema = z.strictObject({
  name: z.string().min(1).max(100),
  roles: z.array(roleSchema).min(1).default(['responder']),
  timeZone: timeZone.optional(),
  slack: z
    .string()
    .regex(/^[UW][A-Z0-9]{2,}$/, "must be a Slack member id, e.g. U012AB3CD (in the member's profile, Copy member ID)")
    .optional(),
  email: z.email().optional(),
  phone: z
    .string()
    .regex(/^\+[1-9][0-9-]{4,20}$/, 'must be an international number, e.g. +1-555-0100')
    .optional()
    .describe('Handed to webhook channels (SMS and voice providers)'),
  pagerduty: z.string().min(1).max(40).optional().describe("The person's user id in PagerDuty"),
  contacts: z.array(contactSchema).max(10).default([]).describe('In the order in which they are tried'),
});

const overrideSchema = z.strictObject({
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  person: id,
  reason: z.string().min(1).max(200),
});

/** Who is on call when: hand-offs by the clock on the wall of one time zone. Shifts may overlap at a clock change; they never leave a gap. */
export const rotaSchema = z.union([
  z.strictObject({
    timeZone,
    start: z.iso.date().describe('Day of the first hand-off, in the zone'),
    handoff: z.strictObject({
      every: z.enum(['day', 'week']),
      at: clock,
      count: z.int().min(1).max(52).default(1).describe('Days or weeks that one shift lasts'),
    }),
    people: z.array(id).min(1).describe('In turn'),
    hours: z
      .strictObject({ days: z.array(day).min(1), from: clock, to: clock })
      .optional()
      .describe('Nobody is on call outside of these'),
    overrides: z.array(overrideSchema).default([]).describe('Known long before; others: belay oncall override'),
    holidays: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(80),
          date: z.iso.date().optional(),
          rrule: z.string().min(1).optional().describe('RFC 5545, e.g. FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25'),
          person: id.optional().describe('Who takes the day; nobody when left out'),
        }),
      )
      .default([]),
  }),
  z.strictObject({
    source: z.literal('pagerduty'),
    schedule: z.string().regex(/^P[A-Z0-9]{3,}$/, "must be a schedule's id, e.g. PABC123"),
    token: secretReference.describe('REST API key that may read schedules'),
    apiUrl: z.url().optional(),
  }),
  z.strictObject({
    source: z.literal('slack'),
    userGroup: z.string().regex(/^S[A-Z0-9]{3,}$/, "must be a user group's id, e.g. S0123ABCD"),
    token: secretReference.describe('Bot token with usergroups:read'),
    apiUrl: z.url().optional(),
  }),
]);

export type Person = z.output<typeof personSchema>;
export type Contact = z.output<typeof contactSchema>;
export type Rota = z.output<typeof rotaSchema>;
export type Role = z.output<typeof roleSchema>;
