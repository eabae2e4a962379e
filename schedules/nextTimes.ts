import { DateTime } from 'luxon';
import type { Times } from './times.js';

/** Dates such as 29 February come every eight years at worst. */
const MOST_DAYS = 9 * 366;

/** The next `count` times after `now` (all in ms since the epoch), before jitter; fewer when there are no more within `within` days (nine years). Pure. */
export function nextTimes(times: Times, now: number, count: number, within = MOST_DAYS): number[] {
  if (times.kind === 'every') {
    const [step, offset] = [times.seconds * 1_000, times.offsetSeconds * 1_000];
    const first = Math.floor((now - offset) / step) * step + step + offset;
    return Array.from({ length: count }, (_, index) => first + index * step);
  }
  const { calendar, timeZone } = times;
  const found: number[] = [];
  let day = DateTime.fromMillis(now, { zone: timeZone }).startOf('day');
  for (let days = 0; days < within && found.length < count; days += 1) {
    if (onDay(calendar, day)) {
      const instants = calendar.hour.flatMap((hour) => calendar.minute.flatMap((minute) => clock(day, hour, minute)));
      found.push(...instants.filter((at) => at > now).toSorted((a, b) => a - b));
    }
    day = day.plus({ days: 1 }).startOf('day');
  }
  return found.slice(0, count);
}

/** Shortest distance in seconds between the next starts: enough of them to hold a week of hourly ones. */
export function shortestGapSeconds(times: Times, now: number): number {
  if (times.kind === 'every') return times.seconds;
  const next = nextTimes(times, now, 170);
  return Math.min(...next.slice(1).map((at, index) => (at - (next[index] ?? at)) / 1_000));
}

function onDay(calendar: Extract<Times, { kind: 'clock' }>['calendar'], day: DateTime): boolean {
  return (
    calendar.dayOfMonth.includes(day.day) &&
    calendar.month.includes(day.month) &&
    calendar.dayOfWeek.includes(day.weekday % 7)
  );
}

/** None for a time that is skipped on that day, two for one that is repeated. */
function clock(day: DateTime, hour: number, minute: number): number[] {
  const shown = day.set({ hour, minute });
  if (shown.hour !== hour || shown.minute !== minute) return [];
  return shown.getPossibleOffsets().map((time) => time.toMillis());
}
