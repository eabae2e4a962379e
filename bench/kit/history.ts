import { defaultPayloadConverter } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';

type Event = NonNullable<History['events']>[number];

/** One activity of a run, by the server's clock. Times in milliseconds since the epoch. */
export interface ActivityRecord {
  name: string;
  scheduledAt: number;
  /** Start of the attempt that ended it. Absent while none has. */
  startedAt?: number;
  endedAt?: number;
  attempt?: number;
  /** Result of a completed one. */
  result?: unknown;
}

/** A whole run, by the server's clock. */
export interface RunRecord {
  startedAt: number;
  closedAt: number;
  activities: ActivityRecord[];
}

/** Time of an event in milliseconds, with the fraction that the server's nanoseconds give. */
export const eventMs = ({ eventTime }: Pick<Event, 'eventTime'>): number =>
  Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;

/** Reads a closed run's history. Activities are in the order in which they were scheduled. */
export function readRun(history: History): RunRecord {
  const events = history.events ?? [];
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) throw new Error('the history is empty');
  const records = new Map<string, ActivityRecord>();
  for (const event of events) record(records, event);
  return { startedAt: eventMs(first), closedAt: eventMs(last), activities: [...records.values()] };
}

function record(records: Map<string, ActivityRecord>, event: Event): void {
  const scheduled = event.activityTaskScheduledEventAttributes;
  if (scheduled) {
    records.set(String(event.eventId), { name: scheduled.activityType?.name ?? '', scheduledAt: eventMs(event) });
  }
  const started = event.activityTaskStartedEventAttributes;
  const begun = records.get(String(started?.scheduledEventId));
  if (started && begun) Object.assign(begun, { startedAt: eventMs(event), attempt: started.attempt ?? 1 });

  const completed = event.activityTaskCompletedEventAttributes;
  const ended =
    completed ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  const found = records.get(String(ended?.scheduledEventId));
  if (!found) return;
  found.endedAt = eventMs(event);
  const payload = completed?.result?.payloads?.[0];
  if (payload) found.result = defaultPayloadConverter.fromPayload(payload);
}
