import { DateTime } from 'luxon';
import { clockInstants } from '../catalogue/blackouts.js';
import { type LocalRota, type OnCall, onCallAt, type Override } from './rota.js';

/** A span in which the same people are on call, or nobody. ms since the epoch. */
export interface Shift extends OnCall {
  from: number;
  to: number;
}

const sameAs = (a: OnCall, b: OnCall): boolean =>
  a.nobody === b.nobody && JSON.stringify(a.people) === JSON.stringify(b.people);

/** Who is on call from `from` to `to` (ms since the epoch), without gaps: spans with nobody are shifts as well. Pure. */
export function shiftsBetween(rota: LocalRota, from: number, to: number, overrides: readonly Override[] = []): Shift[] {
  const shifts: Shift[] = [];
  const starts = [from, ...changes(rota, from, to, overrides)];
  for (const [n, start] of starts.entries()) {
    const end = starts[n + 1] ?? to;
    const now = onCallAt(rota, start, overrides);
    const last = shifts.at(-1);
    if (last && sameAs(last, now)) last.to = end;
    else shifts.push({ ...now, from: start, to: end });
  }
  return shifts;
}

/** Every instant within the span at which it may be another's turn, in order. */
function changes(rota: LocalRota, from: number, to: number, overrides: readonly Override[]): number[] {
  const instants = [...rota.overrides, ...overrides].flatMap((one) => [Date.parse(one.from), Date.parse(one.to)]);
  const clocks = [rota.handoff.at, ...(rota.hours ? [rota.hours.from, rota.hours.to] : [])];
  const zone = rota.timeZone;
  let day = DateTime.fromMillis(from, { zone }).startOf('day').minus({ days: 1 });
  while (day.isValid && day.toMillis() < to) {
    instants.push(day.toMillis());
    for (const clock of clocks) instants.push(...Object.values(clockInstants(day, clock)));
    day = day.plus({ days: 1 }).startOf('day');
  }
  return [...new Set(instants)].filter((instant) => from < instant && instant < to).toSorted((a, b) => a - b);
}
