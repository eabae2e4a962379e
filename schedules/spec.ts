import type { CalendarSpec, Month, ScheduleOverlapPolicy, ScheduleSpec } from '@temporalio/client';
import { days, type Schedule } from '../systems/scheduleSchema.js';
import { type Range, toRanges } from './ranges.js';
import type { Times } from './times.js';

const months: readonly Month[] = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
];
const weekdays = days.map((day) => day.toUpperCase() as Uppercase<typeof day>);

/**
 * Temporal's spec of some times. A cron line is sent as the calendar that it means, never as text: what implementations read differently
 * cannot differ then. `comment` is shown in the UI. Pure.
 */
export function specOf(times: Times, jitterSeconds: number, comment: string): ScheduleSpec {
  const jitter = jitterSeconds * 1_000;
  if (times.kind === 'every') {
    return { intervals: [{ every: times.seconds * 1_000, offset: times.offsetSeconds * 1_000 }], jitter };
  }
  const { minute, hour, dayOfMonth, month, dayOfWeek } = times.calendar;
  const calendar: CalendarSpec = {
    second: 0,
    minute: toRanges(minute),
    hour: toRanges(hour),
    dayOfMonth: toRanges(dayOfMonth),
    month: toRanges(month).map((range) => named(range, (value) => months[value - 1])),
    dayOfWeek: toRanges(dayOfWeek).map((range) => named(range, (value) => weekdays[value])),
    comment,
  };
  return { calendars: [calendar], timezone: times.timeZone, jitter };
}

function named<T>(
  { start, end, step }: Range,
  name: (value: number) => T | undefined,
): { start: T; end: T; step: number } {
  const [from, to] = [name(start), name(end)];
  if (from === undefined || to === undefined) throw new RangeError(`${start} to ${end} is no range of days or months`);
  return { start: from, end: to, step };
}

/** Numbers of names as the server gives them back. */
export const monthNumber = (name: string): number => months.indexOf(name as Month) + 1;
export const weekdayNumber = (name: string): number => weekdays.indexOf(name as (typeof weekdays)[number]);

const overlaps = {
  skip: 'SKIP',
  bufferOne: 'BUFFER_ONE',
  bufferAll: 'BUFFER_ALL',
  cancelOther: 'CANCEL_OTHER',
  allowAll: 'ALLOW_ALL',
} as const satisfies Record<Schedule['overlap'], ScheduleOverlapPolicy>;

export const overlapPolicy = (overlap: Schedule['overlap']): ScheduleOverlapPolicy => overlaps[overlap];

/** The description's word for a policy; Temporal's own where a description cannot ask for it. */
export function overlapWord(policy: ScheduleOverlapPolicy): string {
  return Object.entries(overlaps).find(([, value]) => value === policy)?.[0] ?? String(policy);
}
