import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { follow, type HistoryEvent, isStarted, type RunId } from './follow.js';
import type { KillPoint } from './points.js';

/** Effects that the outside world has shown so far, in order; `onEffect` is called after each. */
export interface EffectLog {
  seen: string[];
  onEffect: (() => void) | undefined;
}

/** What stood there when the point was reached. */
export interface Reached {
  /** Number of the last event that was seen. */
  event: number;
  /** False: the run ended without passing the point. */
  passed: boolean;
}

/** Resolves at the kill point, or when the run has ended without it. */
export async function reach(client: Client, execution: RunId, point: KillPoint, effects: EffectLog): Promise<Reached> {
  const done = new AbortController();
  try {
    if (point.at !== 'effect') return await inHistory(client, execution, point, done);
    const effect = new Promise<true>((resolve) => {
      const look = (): void => {
        if (effects.seen.length >= point.nth) resolve(true);
      };
      effects.onEffect = look;
      look();
    });
    const last = { event: 0 };
    const ended = (async () => {
      for await (const batch of follow(client, execution, done.signal)) last.event = lastId(batch);
      return false as const;
    })();
    const passed = await Promise.race([effect, ended]);
    return { event: last.event, passed };
  } finally {
    done.abort();
  }
}

const lastId = (events: HistoryEvent[]): number => Number(events.at(-1)?.eventId ?? 0);

async function inHistory(
  client: Client,
  execution: RunId,
  point: Exclude<KillPoint, { at: 'effect' }>,
  done: AbortController,
): Promise<Reached> {
  const events: HistoryEvent[] = [];
  let starting: Promise<boolean> | undefined;
  const history = follow(client, execution, done.signal);
  let next = history.next();
  for (;;) {
    // While an activity is being waited for, the start is looked for beside the history.
    const first = await Promise.race([next, ...(starting ? [starting] : [])]);
    if (first === true) return { event: lastId(events), passed: true };
    if (typeof first === 'boolean') {
      starting = undefined;
      continue;
    }
    if (first.done) return { event: lastId(events), passed: false };
    events.push(...first.value);
    if (isPassed(events, point)) return { event: lastId(events), passed: true };
    const scheduled = point.at === 'started' ? scheduledId(events, point) : undefined;
    if (scheduled !== undefined) starting ??= started(client, execution, scheduled, done.signal);
    next = history.next();
  }
}

function isPassed(events: HistoryEvent[], point: Exclude<KillPoint, { at: 'effect' }>): boolean {
  if (point.at === 'event') return lastId(events) >= point.number;
  const id = scheduledEvent(events, point)?.eventId;
  if (id === undefined || id === null) return false;
  if (point.at === 'scheduled') return true;
  // A start that was too short to be seen is passed at the latest with the end.
  return events.some((event) => String(event.activityTaskCompletedEventAttributes?.scheduledEventId) === String(id));
}

const scheduledEvent = (events: HistoryEvent[], point: { activity: string; nth: number }) =>
  events.filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === point.activity)[
    point.nth - 1
  ];

const scheduledId = (events: HistoryEvent[], point: { activity: string; nth: number }) =>
  scheduledEvent(events, point)?.activityTaskScheduledEventAttributes?.activityId ?? undefined;

async function started(client: Client, execution: RunId, activityId: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await isStarted(client, execution, activityId)) return true;
    await sleep(3);
  }
  return false;
}
