import { DateTime } from 'luxon';
import type { Rota } from '../../systems/peopleSchema.js';
import { clockInstants, openBlackouts } from '../catalogue/blackouts.js';
import { holidayOn } from './holidays.js';

/** A rota that the description itself holds, as opposed to one that another service keeps. */
export type LocalRota = Extract<Rota, { handoff: unknown }>;

/** Somebody takes a span of time whoever's turn it is. Instants are ISO 8601 with an offset; the start belongs to the span, the end does not. */
export interface Override {
  person: string;
  from: string;
  to: string;
  reason: string;
}

export interface OnCall {
  /** Several while shifts overlap at a change of clocks. */
  people: { person: string; why?: string }[];
  /** Why nobody is on call, as the end of a sentence; set when `people` is empty. */
  nobody?: string;
}

const DAY_MS = 86_400_000;

/**
 * Who is on call at `at` (ms since the epoch). Pure.
 *
 * Of the overrides that cover the instant the last one decides (`overrides` come after those of the description), also outside of hours and on holidays.
 * Else nobody is on call outside of `hours`; on a holiday (a day in the rota's zone) its person is, or nobody; else whose turn it is.
 *
 * Shifts go by the clock on the wall: one starts when the clock shows its hand-off time for the first time and ends when it shows that of the next for the
 * last time. So where clocks are set back during a hand-off both people are on call, and there never is a gap. A hand-off time that is
 * skipped when clocks are set forward is the instant of that change.
 */
export function onCallAt(rota: LocalRota, at: number, overrides: readonly Override[] = []): OnCall {
  const override = [...rota.overrides, ...overrides].findLast((one) => covers(one, at));
  if (override) return { people: [{ person: override.person, why: `override: ${override.reason}` }] };
  const here = DateTime.fromMillis(at, { zone: rota.timeZone });
  if (!here.isValid) return nobody(`"${rota.timeZone}" is not a time zone`);
  if (rota.hours && openBlackouts([{ ...rota.hours, name: 'hours', timeZone: rota.timeZone }], at).length === 0)
    return nobody(`it is outside of the hours ${hoursText(rota.hours)} (${rota.timeZone})`);
  const holiday = holidayOn(rota, here.toISODate());
  if (holiday) {
    const why = `holiday: ${holiday.name}`;
    return holiday.person === undefined ? nobody(why) : { people: [{ person: holiday.person, why }] };
  }
  const turns = turnsAt(rota, here);
  if (turns.length === 0) return nobody(`the first hand-off is on ${rota.start} at ${rota.handoff.at}`);
  const names = turns.flatMap((turn) => rota.people[turn % rota.people.length] ?? []);
  return { people: [...new Set(names)].map((person) => ({ person })) };
}

const nobody = (why: string): OnCall => ({ people: [], nobody: why });

const covers = ({ from, to }: Override, at: number): boolean => Date.parse(from) <= at && at < Date.parse(to);

const hoursText = ({ days, from, to }: NonNullable<LocalRota['hours']>): string =>
  `${days.join(', ')} ${from} to ${to}`;

/** Days that one shift lasts. */
const shiftDays = ({ handoff }: LocalRota): number => handoff.count * (handoff.every === 'week' ? 7 : 1);

/** Days since the epoch of a calendar date, wherever it is: counting hours would stumble over days of 23 and 25. */
const dayNumber = ({ year, month, day }: { year: number; month: number; day: number }): number =>
  Date.UTC(year, month - 1, day) / DAY_MS;

/** Numbers of the shifts, from 0, that are on at this instant. */
function turnsAt(rota: LocalRota, here: DateTime): number[] {
  const first = DateTime.fromISO(rota.start, { zone: rota.timeZone });
  const length = shiftDays(rota);
  const near = Math.floor((dayNumber(here) - dayNumber(first)) / length);
  const at = here.toMillis();
  // The day may be shown twice, before and after midnight: so the next turn is looked at as well.
  const turns = [near - 1, near, near + 1];
  const handoffs = [...turns, near + 2].map((turn) =>
    clockInstants(first.plus({ days: turn * length }).startOf('day'), rota.handoff.at),
  );
  return turns.filter(
    (turn, n) => turn >= 0 && at >= (handoffs[n]?.first ?? Infinity) && at < (handoffs[n + 1]?.last ?? -Infinity),
  );
}
