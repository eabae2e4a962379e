import type { Options } from 'rrule';
import { RRule } from './rrule.js';

const RANGES: Record<string, readonly [number, number]> = {
  BYMONTH: [1, 12],
  BYMONTHDAY: [-31, 31],
  BYYEARDAY: [-366, 366],
  BYWEEKNO: [-53, 53],
  BYSETPOS: [-366, 366],
  INTERVAL: [1, 1_000],
  COUNT: [1, 10_000],
};
const PARTS = ['FREQ', 'BYDAY', 'WKST', 'UNTIL', ...Object.keys(RANGES)];
const YEARS = 9;

/**
 * What is wrong with a recurrence rule (RFC 5545) that names days, or undefined. `start` is the day from which it counts, YYYY-MM-DD. The library
 * takes numbers that never match, and counts forever on some: so they are looked at first. Pure.
 */
export function recurrenceProblem(text: string, start: string): string | undefined {
  if (text.length > 300) return `has ${text.length} characters; must be at most 300`;
  if (!/^[A-Z]+=[^;=\s]+(;[A-Z]+=[^;=\s]+)*$/.test(text))
    return 'is not a rule of RFC 5545; write e.g. FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25';
  for (const [name, value] of text.split(';').map((one) => one.split('=', 2))) {
    const problem = partProblem(name ?? '', value ?? '');
    if (problem !== undefined) return problem;
  }
  if (!/(^|;)FREQ=(YEARLY|MONTHLY|WEEKLY|DAILY)(;|$)/.test(text))
    return 'must have FREQ=YEARLY, MONTHLY, WEEKLY or DAILY: it names days';
  try {
    return comes(RRule.parseString(text), new Date(`${start}T00:00:00Z`))
      ? undefined
      : `never comes: no day of the ${YEARS} years after ${start} matches`;
  } catch {
    return 'is not a rule of RFC 5545; write e.g. FREQ=YEARLY;BYMONTH=11;BYDAY=4TH';
  }
}

/**
 * Whether a rule names any day within `YEARS` from `start`. The library looks for a first day until the year 9999, day by day, which takes
 * minutes when there is none; so it is asked near that year, in a calendar that is the same day for day.
 */
function comes(options: Partial<Options>, start: Date): boolean {
  const shift = yearsToTheEnd(start.getUTCFullYear());
  const dtstart = later(start, shift);
  const last = later(dtstart, YEARS);
  const rule = new RRule({ ...options, dtstart, until: options.until ? later(options.until, shift) : last });
  const [first] = rule.all((_, count) => count < 1);
  return first !== undefined && first <= last;
}

/** To the last year with the same weekdays and leap years that has `YEARS` after it. */
function yearsToTheEnd(year: number): number {
  const weekday = (one: number) => new Date(Date.UTC(one, 0, 1)).getUTCDay();
  let like = 9_999 - YEARS;
  while (like > year && (weekday(like) !== weekday(year) || like % 4 !== year % 4)) like -= 1;
  return like - year;
}

function later(date: Date, years: number): Date {
  const moved = new Date(date);
  moved.setUTCFullYear(date.getUTCFullYear() + years);
  return moved;
}

function partProblem(name: string, value: string): string | undefined {
  if (!PARTS.includes(name)) return `has ${name.slice(0, 20)}, which is not for days; it may have ${PARTS.join(', ')}`;
  const range = RANGES[name];
  if (name === 'BYDAY' && !value.split(',').every((one) => /^([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)$/.test(one)))
    return 'has BYDAY with something else than MO, TU, WE, TH, FR, SA, SU, or 4TH for the fourth Thursday';
  if (range === undefined) return undefined;
  const [least, most] = range;
  const wrong = value.split(',').find((one) => {
    const number = Number(one);
    return !/^[+-]?\d{1,5}$/.test(one) || number === 0 || number < least || number > most;
  });
  return wrong === undefined ? undefined : `has ${name}=${wrong.slice(0, 20)}; must be ${least} to ${most}, not 0`;
}
