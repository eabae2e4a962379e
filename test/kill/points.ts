import type { HistoryEvent } from './follow.js';

/** When the worker is killed. */
export type KillPoint =
  /** Right after the event with this number has appeared. */
  | { at: 'event'; number: number; type: string }
  /** At a boundary of the n-th run of an activity (from 1). */
  | { at: 'scheduled' | 'started' | 'completed'; activity: string; nth: number }
  /** Right after the outside world shows the n-th effect (from 1), most often before Temporal knows of it. */
  | { at: 'effect'; nth: number; effect: string };

export function pointName(point: KillPoint): string {
  switch (point.at) {
    case 'event':
      return `event ${point.number} ${point.type}`;
    case 'effect':
      return `effect ${point.nth}: ${point.effect}`;
    default:
      return `${point.activity} ${point.nth} ${point.at}`;
  }
}

/** Type of an event in short, e.g. `activityTaskScheduled runHttpCheck`. */
export function eventName(event: HistoryEvent): string {
  const attributes = Object.keys(event).find(
    (key) => key.endsWith('EventAttributes') && event[key as keyof HistoryEvent],
  );
  const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
  return `${attributes?.replace('EventAttributes', '') ?? 'unknown'}${activity ? ` ${activity}` : ''}`;
}

/**
 * Activities that change the outside world. `watched`: each effect is seen from outside, and killing at that moment is
 * sharper than killing at the activity's start.
 */
export type Mutations = Record<string, 'watched' | 'unwatched'>;

export interface Sampling {
  /** Every boundary of each of their runs is a kill point. */
  mutations: Mutations;
  /** Every n-th of the other events; 1 for all. */
  every: number;
}

/** The kill points of a run, learned from its undisturbed course. */
export function pointsOf(events: HistoryEvent[], effects: string[], sampling: Sampling): KillPoint[] {
  const counts = new Map<string, number>();
  const boundaries: KillPoint[] = [];
  const covered = new Set<number>();
  for (const event of events) {
    const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
    const mutation = activity && sampling.mutations[activity];
    if (!mutation) continue;
    const nth = (counts.get(activity) ?? 0) + 1;
    counts.set(activity, nth);
    boundaries.push({ at: 'scheduled', activity, nth });
    if (mutation === 'unwatched' || sampling.every === 1) boundaries.push({ at: 'started', activity, nth });
    boundaries.push({ at: 'completed', activity, nth });
    covered.add(Number(event.eventId));
  }
  // After the last event there is nothing left to disturb.
  const others = events
    .slice(0, -1)
    .filter((event, index) => !covered.has(Number(event.eventId)) && index % sampling.every === 0);
  const must = [
    ...boundaries,
    ...effects.map((effect, index): KillPoint => ({ at: 'effect', nth: index + 1, effect })),
  ];
  const may = others.map((event): KillPoint => ({
    at: 'event',
    number: Number(event.eventId),
    type: eventName(event),
  }));
  return spread(must, may);
}

/** Spreads the second list evenly over the first, so that a run that is cut short has done some of both. */
function spread<T>(many: T[], few: T[]): T[] {
  const at = (list: T[]) => list.map((item, index) => ({ item, place: (index + 0.5) / list.length }));
  return [...at(many), ...at(few)].toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}
