import { recurrenceProblem } from '../../systems/recurrence.js';
import { RRule } from '../../systems/rrule.js';
import type { LocalRota } from './rota.js';

type Holiday = LocalRota['holidays'][number];

const DAY_MS = 86_400_000;

/** Dates are taken as days in UTC: which instants they are is the rota's zone's business. */
const utcDay = (date: string): number => Date.parse(`${date}T00:00:00Z`);

/**
 * Whether a rule, counted from the day on which the rota starts, names this date. One that is wrong never does: it must not leave a day without anybody,
 * and the description's check tells of it.
 */
function recurs(rule: string, start: string, date: string): boolean {
  if (recurrenceProblem(rule, start) !== undefined) return false;
  const day = utcDay(date);
  const dates = new RRule({ ...RRule.parseString(rule), dtstart: new Date(utcDay(start)) });
  return dates.between(new Date(day), new Date(day + DAY_MS - 1), true).length > 0;
}

/** The holiday on a day (ISO date) of the rota; one with a person goes before one without. */
export function holidayOn(rota: LocalRota, date: string): Holiday | undefined {
  const found = rota.holidays.filter(
    (holiday) => holiday.date === date || (holiday.rrule !== undefined && recurs(holiday.rrule, rota.start, date)),
  );
  return found.find(({ person }) => person !== undefined) ?? found[0];
}
