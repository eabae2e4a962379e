import type { ScheduleSpecDescription } from '@temporalio/client';
import type { Calendar } from '../systems/cron.js';
import { cronField, fromRanges } from './ranges.js';
import { monthNumber, weekdayNumber } from './spec.js';
import type { Times } from './times.js';

type ServerCalendar = NonNullable<ScheduleSpecDescription['calendars']>[number];

/** A calendar as the cron line that means it. */
export function cronText({ minute, hour, dayOfMonth, month, dayOfWeek }: Calendar): string {
  const [date, weekday] = [cronField(dayOfMonth, 1, 31), cronField(dayOfWeek, 0, 6)];
  const line = [cronField(minute, 0, 59), cronField(hour, 0, 23), date, cronField(month, 1, 12), weekday].join(' ');
  return date !== '*' && weekday !== '*' ? `${line} (both days must match)` : line;
}

/** Milliseconds in the largest unit that needs no fraction: `5m`. */
export function durationText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const [name, size] = units.find(([, unit]) => ms >= unit && ms % unit === 0) ?? ['s', 1_000];
  return `${ms / size}${name}`;
}

function everyText(ms: number, offset: number): string {
  return `every ${durationText(ms)}${offset > 0 ? ` + ${durationText(offset)}` : ''}`;
}

/** Times of a description in words that compare: the same times always give the same text. */
export function timesText(times: Times): string {
  if (times.kind === 'clock') return cronText(times.calendar);
  return everyText(times.seconds * 1_000, times.offsetSeconds * 1_000);
}

function serverCalendar(calendar: ServerCalendar): string {
  const text = cronText({
    minute: fromRanges(calendar.minute),
    hour: fromRanges(calendar.hour),
    dayOfMonth: fromRanges(calendar.dayOfMonth),
    month: fromRanges(calendar.month.map((range) => numbered(range, monthNumber))),
    dayOfWeek: fromRanges(calendar.dayOfWeek.map((range) => numbered(range, weekdayNumber))),
  });
  const seconds = fromRanges(calendar.second);
  const years = fromRanges(calendar.year);
  const at = seconds.length === 1 && seconds[0] === 0 ? '' : ` at second ${cronField(seconds, 0, 59)}`;
  return `${text}${at}${years.length > 0 ? ` in ${years.join(', ')}` : ''}`;
}

function numbered<T>({ start, end, step }: { start: T; end: T; step: number }, number: (name: T) => number) {
  return { start: number(start), end: number(end), step };
}

/** Times that the server has, in the same words; whatever we never ask for is named too. */
export function serverTimesText(spec: ScheduleSpecDescription): string {
  const intervals = (spec.intervals ?? []).map(({ every, offset }) => everyText(every, offset ?? 0));
  const all = [...(spec.calendars ?? []).map(serverCalendar), ...intervals].toSorted();
  const except = (spec.skip ?? []).map(serverCalendar).toSorted();
  const from = spec.startAt === undefined ? '' : ` from ${spec.startAt.toISOString()}`;
  const until = spec.endAt === undefined ? '' : ` until ${spec.endAt.toISOString()}`;
  const skip = except.length > 0 ? ` except ${except.join(' and ')}` : '';
  return `${all.join(' and ') || 'never'}${skip}${from}${until}`;
}
