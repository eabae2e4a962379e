import { DateTime } from 'luxon';
import type { Blackout } from '../../systems/schema.js';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/**
 * Names of the blackouts that are on at `at` (ms since the epoch). The start belongs to a blackout, the end does not.
 *
 * A weekly one is kept by the clocks of its time zone: it begins on each of its days at `from` and ends at the next `to`,
 * on the following day when `to` is not after `from` (equal: 24 hours). A clock time that a change to summer time skips counts as
 * the instant of the change; one that the change back repeats begins with the first and ends with the second of the two,
 * so that a blackout is never shorter than its people read it.
 */
export function openBlackouts(blackouts: readonly Blackout[], at: number): string[] {
  return blackouts.filter((blackout) => isOpen(blackout, at)).map((blackout) => blackout.name);
}

function isOpen(blackout: Blackout, at: number): boolean {
  if ('start' in blackout) return Date.parse(blackout.start) <= at && at < Date.parse(blackout.end);
  const today = DateTime.fromMillis(at, { zone: blackout.timeZone }).startOf('day');
  if (!today.isValid) throw new RangeError(`Blackout "${blackout.name}": "${blackout.timeZone}" is not a time zone`);
  // Yesterday's may still be on; none lasts longer than 24 hours by the clock.
  return [today, today.minus({ days: 1 })].some((date) => {
    const name = DAYS[date.weekday - 1];
    if (name === undefined || !blackout.days.includes(name)) return false;
    const start = clockInstants(date, blackout.from);
    const end = clockInstants(blackout.to > blackout.from ? date : date.plus({ days: 1 }), blackout.to);
    return start.first <= at && at < end.last;
  });
}

/** The instants at which a clock on the wall shows `clock` on that day: two in the hour that is repeated, else one. */
export function clockInstants(day: DateTime, clock: string): { first: number; last: number } {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  const shown = day.set({ hour, minute });
  if (shown.hour !== hour || shown.minute !== minute) {
    // Skipped: luxon went past the gap by as much as the clocks were moved; the change itself is where the gap begins.
    const change = gapStart(day, shown);
    return { first: change, last: change };
  }
  const both = shown.getPossibleOffsets().map((time) => time.toMillis());
  return { first: Math.min(...both), last: Math.max(...both) };
}

/** The instant of the change of clocks between the day's start and `after`, by bisection to the minute. */
function gapStart(day: DateTime, after: DateTime): number {
  let low = Math.floor(day.toMillis() / 60_000);
  let high = Math.floor(after.toMillis() / 60_000);
  const before = day.offset;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (DateTime.fromMillis(middle * 60_000, { zone: day.zone }).offset === before) low = middle;
    else high = middle;
  }
  return high * 60_000;
}
