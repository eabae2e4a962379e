import { z } from 'zod';
import { parseCron } from './cron.js';

export const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

const oneOrMore = <T extends z.ZodType>(value: T) => z.union([value, z.array(value).min(1)]);

const cron = z.string().superRefine((text, context) => {
  const parsed = parseCron(text);
  if ('problem' in parsed) context.addIssue({ code: 'custom', message: parsed.problem });
});

const calendar = z.strictObject({
  hour: oneOrMore(z.int().min(0).max(23)),
  minute: oneOrMore(z.int().min(0).max(59)).default(0),
  dayOfWeek: oneOrMore(z.enum(days)).optional().describe('Every day when left out'),
  dayOfMonth: oneOrMore(z.int().min(1).max(31)).optional().describe('With dayOfWeek: both must match'),
  month: oneOrMore(z.int().min(1).max(12)).optional().describe('1 is January; every month when left out'),
});

/** One runbook that is started at set times. Exactly one of `cron`, `calendar`, `every` says when. */
export const scheduleSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, 'must start with a letter and hold only a-z, 0-9 and "-"')
      .describe('Part of the schedule id belay/<system>/<id> and of the workflow ids'),
    runbook: z.string().min(1).describe('Id of a runbook; `belay list` names them'),
    input: z
      .record(z.string(), z.json())
      .default({})
      .describe("The runbook's input; system, reason and requestedBy are filled in"),
    reason: z.string().trim().min(1).max(500).describe('Stands in every run and its report'),
    cron: cron.optional().describe('Five fields: minute, hour, day of month, month, day of week'),
    calendar: calendar.optional().describe('The same in words; a day must match every field'),
    every: z
      .string()
      .regex(/^[1-9]\d{0,4}[smhd]$/, 'must be a number with s, m, h or d, e.g. 5m')
      .optional()
      .describe('Evenly spaced, counted from 1970-01-01T00:00Z, e.g. 5m'),
    offsetSeconds: z.int().min(0).optional().describe('With `every`: so much later'),
    timeZone: z.string().min(1).optional().describe('With `cron` and `calendar`: IANA name, e.g. Europe/Berlin or UTC'),
    jitterSeconds: z.int().min(0).max(86_400).default(0).describe('Each start is delayed at random by up to this'),
    overlap: z
      .enum(['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'allowAll'])
      .default('skip')
      .describe("What happens when this schedule's last run still goes on"),
    catchupWindowSeconds: z
      .int()
      .min(60)
      .max(7 * 86_400)
      .describe('A start missed while Temporal was away is made up for when it is not older than this'),
    pauseOnFailure: z
      .boolean()
      .default(false)
      .describe('A run that fails pauses the schedule until a person resumes it'),
    enabled: z.boolean().default(true).describe('false: kept, but paused'),
    note: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .optional()
      .describe('Shown with the schedule until an operator writes another'),
  })
  .meta({
    oneOf: [{ required: ['cron', 'timeZone'] }, { required: ['calendar', 'timeZone'] }, { required: ['every'] }],
  });

/** The fields that say when; judged by themselves, so that a mistake elsewhere hides none here. */
export const whenSchema = z.object(scheduleSchema.shape).pick({
  cron: true,
  calendar: true,
  every: true,
  offsetSeconds: true,
  timeZone: true,
});

export type When = z.output<typeof whenSchema>;
export type Schedule = z.output<typeof scheduleSchema>;

/** Length of `every` in seconds. */
export function everySeconds(every: string): number {
  const seconds: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };
  return Number(every.slice(0, -1)) * (seconds[every.slice(-1)] ?? Number.NaN);
}
