import type { Calendar } from '../systems/cron.js';
import { type ClockChange, clockChanges } from './clockChanges.js';

/** Ten years hold every weekday for every date of a change. */
const YEARS = 10;
const SHOWN = 2;
const MINUTE = 60_000;

interface Hit {
  kind: ClockChange['kind'];
  /** `02:30` */
  clock: string;
  /** `2027-03-28` */
  date: string;
}

/**
 * Why a calendar is not safe in a zone whose clocks change, with dates and a safe alternative; undefined when it is. Temporal repairs nothing: it
 * does not start what a skipped hour holds, and starts twice what a repeated hour holds. A calendar that goes on evenly through a change (every
 * hour at the same minutes) is safe: it neither misses nor doubles anything. Pure.
 */
export function unsafeTime(calendar: Calendar, zone: string, now: number): string | undefined {
  const changes = clockChanges(zone, now, YEARS);
  const hits = changes.filter((change) => !isEven(calendar, change)).flatMap((change) => hitsOf(calendar, change));
  const [first] = hits;
  if (first === undefined) return undefined;
  const said = (['skipped', 'repeated'] as const).flatMap((kind) => sentence(kind, hits));
  return `is not safe in ${zone}: ${said.join('; ')}. ${cure(calendar, zone, changes)}`;
}

/** Whether the same minutes of every hour are meant, so that moving the clocks by whole steps leaves the distances alone. */
function isEven({ hour, minute }: Calendar, { from, to }: ClockChange): boolean {
  const shift = (to - from) / MINUTE;
  return hour.length === 24 && minute.every((value) => minute.includes((value + shift) % 60));
}

function matches({ minute, hour, dayOfMonth, month, dayOfWeek }: Calendar, local: Date): boolean {
  return (
    minute.includes(local.getUTCMinutes()) &&
    hour.includes(local.getUTCHours()) &&
    dayOfMonth.includes(local.getUTCDate()) &&
    month.includes(local.getUTCMonth() + 1) &&
    dayOfWeek.includes(local.getUTCDay())
  );
}

function hitsOf(calendar: Calendar, { kind, from, to }: ClockChange): Hit[] {
  for (let at = from; at < to; at += MINUTE) {
    const local = new Date(at);
    if (!matches(calendar, local)) continue;
    const [date = '', time = ''] = local.toISOString().split('T');
    // One time of a change tells enough.
    return [{ kind, date, clock: time.slice(0, 5) }];
  }
  return [];
}

function sentence(kind: Hit['kind'], hits: Hit[]): string[] {
  const some = hits.filter((hit) => hit.kind === kind);
  const [first] = some;
  if (first === undefined) return [];
  const dates = some.slice(0, SHOWN).map(({ date }) => date);
  const when = `${dates.join(' and ')}${some.length > SHOWN ? ' and later' : ''}`;
  return kind === 'skipped'
    ? [`${first.clock} does not exist on ${when} (clocks go forward), so there would be no run`]
    : [`${first.clock} comes twice on ${when} (clocks go back), so there would be two runs`];
}

/** Hours of the day that a change touches, and the next one for each of ours that none does. */
function cure(calendar: Calendar, zone: string, changes: ClockChange[]): string {
  const touched = new Set<number>();
  for (const { from, to } of changes)
    for (let at = from; at < to; at += MINUTE) touched.add(new Date(at).getUTCHours());
  const bad = calendar.hour.filter((hour) => touched.has(hour));
  const safe = (hour: number) => {
    const later = Array.from({ length: 23 }, (_, ahead) => (hour + 1 + ahead) % 24);
    return later.find((candidate) => !touched.has(candidate) && !calendar.hour.includes(candidate));
  };
  const [hour] = bad;
  const other = hour === undefined || bad.length > 1 || calendar.hour.length === 24 ? undefined : safe(hour);
  const hours = [...touched].toSorted((a, b) => a - b).map((value) => String(value).padStart(2, '0'));
  const move =
    other === undefined ? `Keep away from the hours ${hours.join(', ')}` : `Use hour ${other} instead of ${hour}`;
  return `${move}, or write timeZone: UTC (the time then moves by the clock of ${zone})`;
}
