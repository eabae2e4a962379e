import { DateTime } from 'luxon';
import type { Incidents } from '../../systems/incidentSchema.js';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
/** A week and a day: hours that are open on one day only begin within it. */
const LOOK_AHEAD_DAYS = 8;

/**
 * The first instant at or after `at` (ms) that lies in business hours, by the clock on the wall of their zone. An opening time that a clock change skips
 * moves forward. Without business hours it is `at`. Outside of workflows only: the zone's rules belong to the machine.
 */
export function nextBusinessTime(hours: Incidents['businessHours'], at: number): number {
  if (!hours) return at;
  const start = DateTime.fromMillis(at, { zone: hours.timeZone });
  if (!start.isValid) return at;
  for (let ahead = -1; ahead <= LOOK_AHEAD_DAYS; ahead++) {
    const date = start.startOf('day').plus({ days: ahead });
    const name = DAYS[date.weekday - 1];
    if (name === undefined || !hours.days.includes(name)) continue;
    const from = clockOn(date, hours.from);
    const until = clockOn(date, hours.to);
    const to = until <= from ? until.plus({ days: 1 }) : until;
    if (at < to.toMillis()) return Math.max(at, from.toMillis());
  }
  return at;
}

function clockOn(date: DateTime, clock: string): DateTime {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return date.set({ hour, minute, second: 0, millisecond: 0 });
}
