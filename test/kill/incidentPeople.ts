import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import type { ActionName, AlertFact, IncidentEvent, TimelineEntry } from '../../workflows/incident/types.js';

/** How long people wait for a worker that is being replaced, on a machine that does ten other things. */
const PATIENCE_MS = 10 * 60_000;
/** One try of a question or an action; another follows, since the worker that had it may be gone. */
const TRY_MS = 10_000;

/** Repeats what a dead worker, or a server that is away, cannot answer. Throws what the last try threw. */
async function insist<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) throw error;
      if (signal?.aborted || Date.now() > end) throw new Error(`never: ${what}`, { cause: error });
      await sleep(200);
    }
  }
}

/** One alert of the source `am`. */
export const alertEvent = (status: AlertFact['status'], startsAt: number): IncidentEvent => ({
  type: 'alerts',
  deliveryId: `${status}-${startsAt}`,
  source: 'am',
  receivedAt: startsAt,
  alerts: [{ fingerprint: 'checkout', status, startsAt, name: 'HighErrors', severity: 'P1', labels: {} }],
});

/** Opens an incident as the gateway does: start and first alert in one call. Gives the id of the run. */
export async function openIncident(
  client: Client,
  system: string,
  options: { workflowId: string; taskQueue: string; workflowTaskTimeout?: '2s' },
): Promise<string> {
  const { signaledRunId } = await client.workflow.signalWithStart('incident', {
    ...options,
    args: [
      {
        system,
        title: 'Checkout fails',
        severity: 'P1',
        reason: 'alert HighErrors',
        requestedBy: 'am',
        kind: 'operational',
      },
    ],
    signal: 'event',
    signalArgs: [alertEvent('firing', Date.now())],
  });
  return signaledRunId;
}

/** What has happened in an incident, oldest first. */
const timelineOf = (client: Client, handle: WorkflowHandle, signal?: AbortSignal): Promise<string[]> =>
  insist('the timeline is answered', signal, async () => {
    const { entries } = await client.withDeadline(Date.now() + TRY_MS, () =>
      handle.query<{ entries: TimelineEntry[] }>('timeline'),
    );
    return entries.map(({ text }) => text);
  });

/** Waits until the timeline holds an entry with all of these words. */
export async function said(
  client: Client,
  handle: WorkflowHandle,
  words: string[],
  signal?: AbortSignal,
): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    if (signal?.aborted) throw new Error(`given up waiting for: ${words.join(' … ')}`);
    const timeline = await timelineOf(client, handle, signal);
    if (timeline.some((text) => words.every((word) => text.includes(word)))) return;
    if (Date.now() > end) throw new Error(`never said: ${words.join(' … ')}; the timeline: ${timeline.join(' | ')}`);
    await sleep(300);
  }
}

/** An action of a person, repeated under one request id until it is answered. */
export function personDoes(
  client: Client,
  handle: WorkflowHandle,
  person: string,
  name: ActionName,
  more: object = {},
): Promise<unknown> {
  const requestId = randomUUID();
  const payload = { actor: { id: person, via: 'cli', person, proved: true }, requestId, ...more };
  return insist(`${person} can ${name}`, undefined, () =>
    client.withDeadline(Date.now() + TRY_MS, () =>
      handle.executeUpdate<unknown, [object]>(name, { args: [payload], updateId: requestId }),
    ),
  );
}

/** Ends the pagers of a system, which would wait for an hour for more. */
export async function endPagers(client: Client, system: string, people: readonly string[]): Promise<void> {
  await Promise.all(
    people.map((person) =>
      client.workflow
        .getHandle(`pager/${system}/${person}`)
        .terminate('test is over')
        .catch(() => undefined),
    ),
  );
}
