import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { SandboxState } from '../../sandbox/kit/types.js';
import type { IncidentReport } from '../../workflows/incident/report.js';
import { slackMessages } from '../scenarios/slack.js';
import { follow, type HistoryEvent } from './follow.js';
import type { KillTest } from './harness.js';
import { endPagers, openIncident, personDoes, said } from './incidentPeople.js';
import { incidentPlace, type IncidentPlace, type IncidentStage, incidentStage, PEOPLE } from './incidentPlace.js';

/** The second level is due when even a call that died with its worker has been repeated (20 s): the course is the same each time. */
const SECOND_LEVEL = 40;

/** The whole life of an incident: opened by an alert, two levels of silence, an answer, an update, the end. */
export function incidentCourse(state: SandboxState, client: Client): KillTest<IncidentStage, IncidentPlace> {
  return {
    runbook: 'incident',
    mutations: { pageTargets: 'unwatched', recallPages: 'unwatched', saveReport: 'unwatched' },
    stage: () => incidentStage(state),
    async prepare(stage) {
      const place = await incidentPlace(stage, state, [0, SECOND_LEVEL, 3_600]);
      const dispose = place.dispose.bind(place);
      return Object.assign(place, {
        dispose: async () => {
          await endPagers(client, place.name, PEOPLE);
          await dispose();
        },
      });
    },
    input: (place) => ({ system: place.name }),
    begin: (place, options) => openIncident(client, place.name, options),
    people: (_place, handle, signal) => live(client, handle, signal),
    endState: async (_place, handle) => endState((await handle.result()) as IncidentReport),
    effects: async ({ deliveries }, workflowId) => ({
      ...counted(deliveries),
      slack: await inSlack(state, workflowId),
    }),
    watchEffects: (place, seen) => watch(client, place, seen),
  };
}

/** What people do, each when the one before is seen. */
async function live(client: Client, handle: WorkflowHandle, signal: AbortSignal): Promise<void> {
  for (const person of ['ada', 'bob']) {
    await said(client, handle, [person, 'told by'], signal);
    // A pager may tell of its message before the call that handed it the page has ended.
    await said(client, handle, [`Paged: ${person}`], signal);
  }
  await personDoes(client, handle, 'bob', 'acknowledge');
  await personDoes(client, handle, 'bob', 'postUpdate', {
    text: 'The disk is full; we make room',
    audience: 'stakeholders',
  });
  await personDoes(client, handle, 'bob', 'resolve', { reason: 'room was made' });
}

/** The account without its times. That somebody was told comes beside the decisions, so of these only the set counts. */
function endState({ outcome, timeline, figures, incident }: IncidentReport): unknown {
  const texts = timeline.map(({ kind, text }) => `${kind} ${text}`);
  return {
    outcome,
    decisions: texts.filter((text) => !text.includes(' told by ')),
    told: texts.filter((text) => text.includes(' told by ')).toSorted(),
    figures: { pages: figures.pages, highestLevel: figures.highestLevel, reopened: figures.reopened },
    phase: incident.phase,
    owner: incident.owner,
  };
}

/** Messages as a receiver that heeds the idempotency key counts them. */
function counted(deliveries: IncidentPlace['deliveries']): object {
  const keys = new Map(deliveries.map(({ key, kind, to, level, title }) => [key, { kind, to, level, title }]));
  const of = (kind: string) => [...keys.values()].filter((one) => one.kind === kind);
  return {
    // One for each person and level, however often it was delivered.
    pages: of('page').map(({ to, level }) => `${to}, level ${level}`),
    notifications: of('notification')
      .map(({ to, title }) => `${to}: ${title}`)
      .toSorted(),
    // A key whose repeats differ is no key.
    differing: [...keys.keys()].filter(
      (key) => new Set(deliveries.filter((one) => one.key === key).map(({ body }) => body)).size > 1,
    ),
  };
}

/** How many messages the incident has in its channel, and which replies stand there twice. */
async function inSlack(state: SandboxState, workflowId: string): Promise<object> {
  const marks = (await slackMessages(state)).flatMap(({ metadata }) => {
    const { event_type: type, event_payload: payload } = (metadata ?? {}) as {
      event_type?: string;
      event_payload?: { key?: string };
    };
    return payload?.key?.startsWith(workflowId) ? [`${type} ${payload.key}`] : [];
  });
  return {
    messages: marks.filter((mark) => mark.startsWith('belay_incident')).length,
    twice: marks.filter((mark, index) => marks.indexOf(mark) !== index).length,
  };
}

/** Each message at the moment it arrives, and what happens in the pagers of those who are paged. */
async function watch(client: Client, place: IncidentPlace, seen: (effect: string) => void): Promise<() => void> {
  const stop = new AbortController();
  const known = new Set<string>();
  place.onDelivery = ({ key, kind, to, title }) => {
    // A repeat after a kill is not another effect.
    if (known.has(key)) return;
    known.add(key);
    seen(`${kind} to ${to}: ${title}`);
  };
  for (const person of PEOPLE.slice(0, 2))
    void watchPager(client, `pager/${place.name}/${person}`, stop.signal, (what) =>
      seen(`pager of ${person}: ${what}`),
    );
  return () => {
    stop.abort();
    place.onDelivery = undefined;
  };
}

async function watchPager(
  client: Client,
  workflowId: string,
  signal: AbortSignal,
  seen: (what: string) => void,
): Promise<void> {
  const runId = await begun(client, workflowId, signal);
  if (runId === undefined) return;
  const once = new Set<string>();
  for await (const events of follow(client, { workflowId, runId }, signal))
    for (const event of events) {
      const what = pagerEffect(event);
      if (what === undefined || once.has(what)) continue;
      once.add(what);
      seen(what);
    }
}

async function begun(client: Client, workflowId: string, signal: AbortSignal): Promise<string | undefined> {
  while (!signal.aborted) {
    const found = await client.workflow
      .getHandle(workflowId)
      .describe()
      .catch(() => undefined);
    if (found) return found.runId;
    await sleep(100);
  }
  return undefined;
}

/** The boundaries of a pager's work. */
function pagerEffect(event: HistoryEvent): string | undefined {
  const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
  if (signal) return `told to ${signal}`;
  if (event.activityTaskScheduledEventAttributes) return 'a message is begun';
  if (event.activityTaskCompletedEventAttributes) return 'a message is out';
  if (event.signalExternalWorkflowExecutionInitiatedEventAttributes) return 'the incident is being told';
  return undefined;
}
