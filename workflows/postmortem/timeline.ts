import type { TimelineEntry } from '../incident/types.js';

const isEntry = (value: unknown): value is TimelineEntry => {
  if (typeof value !== 'object' || value === null) return false;
  const { n, at, kind, text } = value as Record<string, unknown>;
  return typeof n === 'number' && typeof at === 'number' && typeof kind === 'string' && typeof text === 'string';
};

/** The entries in a list of anything. */
export const entriesOf = (list: unknown): TimelineEntry[] => (Array.isArray(list) ? list.filter(isEntry) : []);

/** The entries in a kept part of a timeline: a list as JSON, or an object with one. Undefined when there are none to be read. */
export function entriesIn(body: string): TimelineEntry[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  // A list has a method of that name.
  const wrapped = typeof json === 'object' && json !== null && Object.hasOwn(json, 'entries');
  const list: unknown = wrapped ? (json as { entries: unknown }).entries : json;
  return Array.isArray(list) ? entriesOf(list) : undefined;
}

/** In order, each once: a part may hold entries that the incident still knows. */
export function merged(parts: TimelineEntry[][]): TimelineEntry[] {
  const byNumber = new Map(parts.flat().map((entry) => [entry.n, entry]));
  return [...byNumber.values()].toSorted((a, b) => a.n - b.n);
}

/** Kinds of which there can be thousands. */
const MANY = new Set<TimelineEntry['kind']>(['alert', 'page']);

const ends = <T>(list: readonly T[], max: number): T[] =>
  list.length <= max ? [...list] : [...list.slice(0, Math.ceil(max / 2)), ...list.slice(-Math.floor(max / 2))];

/** At most `max` entries: what people and the ladder did first, then alerts and pages from the beginning and the end. */
export function selected(entries: readonly TimelineEntry[], max: number): { shown: TimelineEntry[]; omitted: number } {
  if (entries.length <= max) return { shown: [...entries], omitted: 0 };
  const few = ends(
    entries.filter(({ kind }) => !MANY.has(kind)),
    max,
  );
  const room = max - few.length;
  const many =
    room < 2
      ? []
      : ends(
          entries.filter(({ kind }) => MANY.has(kind)),
          room,
        );
  return { shown: [...few, ...many].toSorted((a, b) => a.n - b.n), omitted: entries.length - few.length - many.length };
}
