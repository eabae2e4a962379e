import { DateTime, IANAZone } from 'luxon';

/** A change of clocks in a zone. Local times as milliseconds of a clock without zone, i.e. as if they were UTC. */
export interface ClockChange {
  kind: 'skipped' | 'repeated';
  /** First clock time that does not exist, or comes twice. */
  from: number;
  /** First clock time behind that span. */
  to: number;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

const known = new Map<string, ClockChange[]>();

/**
 * Changes of clocks in the `years` after `from` (ms since the epoch), from the time zone data of this Node. Rules that governments have not
 * made yet cannot be in it. Pure; remembers what it has computed.
 */
export function clockChanges(zone: string, from: number, years: number): ClockChange[] {
  const start = Math.floor(from / DAY) * DAY;
  const key = `${zone} ${start} ${years}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = IANAZone.create(zone);
  const offset = (at: number): number => found.offset(at);
  const changes: ClockChange[] = [];
  const end = DateTime.fromMillis(start, { zone: 'utc' }).plus({ years }).toMillis();
  for (let day = start; day < end; day += DAY) {
    if (offset(day) === offset(day + DAY)) continue;
    const at = changeBetween(offset, day, day + DAY);
    const [earlier, later] = [offset(at - MINUTE) * MINUTE, offset(at) * MINUTE];
    if (later > earlier) changes.push({ kind: 'skipped', from: at + earlier, to: at + later });
    else changes.push({ kind: 'repeated', from: at + later, to: at + earlier });
  }
  known.set(key, changes);
  return changes;
}

/** The instant of the change, by bisection to the minute. */
function changeBetween(offset: (at: number) => number, low: number, high: number): number {
  const before = offset(low);
  let [from, to] = [low, high];
  while (to - from > MINUTE) {
    const middle = Math.floor((from + to) / 2 / MINUTE) * MINUTE;
    if (offset(middle) === before) from = middle;
    else to = middle;
  }
  return to;
}
