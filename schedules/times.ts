import { type Calendar, parseCron } from '../systems/cron.js';
import { days, everySeconds, type When } from '../systems/scheduleSchema.js';

/** When a schedule starts its runbook: by the clock of a zone, or evenly spaced since 1970-01-01T00:00Z. */
export type Times =
  { kind: 'clock'; calendar: Calendar; timeZone: string } | { kind: 'every'; seconds: number; offsetSeconds: number };

/** Times of a schedule that the schema accepts; undefined when it does not say when. Pure. */
export function timesOf(schedule: When): Times | undefined {
  const { every, offsetSeconds = 0, cron, calendar, timeZone } = schedule;
  if (every !== undefined) return { kind: 'every', seconds: everySeconds(every), offsetSeconds };
  if (timeZone === undefined) return undefined;
  if (calendar !== undefined) return { kind: 'clock', calendar: inNumbers(calendar), timeZone };
  const parsed = cron === undefined ? undefined : parseCron(cron);
  return parsed === undefined || 'problem' in parsed ? undefined : { kind: 'clock', calendar: parsed, timeZone };
}

/** `from` to `to`, both included. */
export function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function inNumbers({ minute, hour, dayOfMonth, month, dayOfWeek }: NonNullable<When['calendar']>): Calendar {
  const weekdays = dayOfWeek === undefined ? days : list(dayOfWeek);
  return {
    minute: sorted(list(minute)),
    hour: sorted(list(hour)),
    dayOfMonth: sorted(dayOfMonth === undefined ? span(1, 31) : list(dayOfMonth)),
    month: sorted(month === undefined ? span(1, 12) : list(month)),
    dayOfWeek: sorted(weekdays.map((day) => days.indexOf(day))),
  };
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

function sorted(values: readonly number[]): number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}
