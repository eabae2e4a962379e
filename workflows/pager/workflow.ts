import {
  CancellationScope,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { PagingActivities } from '../../activities/incident/types.js';
import { eventSignal } from '../incident/messages.js';
import type { PagedEvent } from '../incident/types.js';
import { causeOf } from '../kit/failure.js';
import { decide, type Sending } from './decide.js';
import { isPageRequest, isRecall, takePage, takeRecall } from './intake.js';
import { endsAt, land, type Landing, needless } from './landing.js';
import { type PagerInput, pagerQuery, pageSignal, recallSignal } from './messages.js';
import type { Telling } from './outcomes.js';
import { emptyPager, pack, type PackedPager, type PagerState, unpack } from './state.js';
import { details, statusOf } from './view.js';

/** Far below Temporal's 51,200 events: from here on no message is begun before the next run. */
const MOST_EVENTS = 20_000;

/** Input of a run that continues another. */
export interface PagerRun extends PagerInput {
  state?: PackedPager;
  /** Continue as new after so many events instead of when Temporal suggests it. */
  continueAfterEvents?: number;
  /** End after so long without anything to do; an hour when left out. */
  idleMs?: number;
}

/** Messages, and pages that shared one with others. */
export interface PagerEnd {
  outcome: 'idle';
  sent: number;
  bundled: number;
}

/**
 * Three quick tries, with the vendor's own delay between them. The time in all bounds the wait for a worker, not the tries: a page must survive an outage of the
 * workers. Cancelled (all of its pages recalled), a try under way ends, and no further one begins.
 */
const paging = (summary: string) =>
  proxyActivities<Pick<PagingActivities, 'sendPage'>>({
    summary: summary.slice(0, 190),
    startToCloseTimeout: '12s',
    scheduleToCloseTimeout: '1h',
    retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '5s', maximumAttempts: 3 },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    priority: { priorityKey: 1 },
  });

/** Everything that a run holds besides its state. */
class Desk {
  /** Messages under way by channel. */
  readonly scopes = new Map<string, CancellationScope>();
  /** Outcomes on their way to incidents. */
  telling = 0;
  /** Messages that have ended since the last decision. */
  private readonly landed: { channel: string; landing: Landing }[] = [];
  /** Something has happened since the last decision. */
  changed = false;

  constructor(
    readonly input: PagerInput,
    readonly state: PagerState,
  ) {}

  get idle(): boolean {
    return this.scopes.size === 0 && this.telling === 0;
  }

  send({ contact, bundle }: Sending): void {
    const { system, person: id } = this.input;
    const { channel } = contact;
    const { person } = this.state;
    if (person === undefined) return;
    const summary = `Page ${person.name} through ${channel}: ${bundle.pages[0]?.title ?? ''}`;
    const scope = new CancellationScope();
    this.scopes.set(channel, scope);
    void scope
      .run(() => paging(summary).sendPage({ system, person: { id, person }, contact, bundle }))
      .then((): Landing => ({ outcome: 'sent' }), outcomeOf)
      .then((landing) => {
        this.landed.push({ channel, landing });
        this.changed = true;
      });
  }

  /** Takes the ends of messages. */
  collect(): void {
    for (const { channel, landing } of this.landed.splice(0)) {
      this.scopes.delete(channel);
      this.tell(land(this.state, this.input.person, channel, landing, Date.now()));
    }
  }

  /** Tells incidents, each in order; one that is gone needs to know nothing. */
  tell(tellings: Telling[]): void {
    for (const incident of new Set(tellings.map((telling) => telling.incident))) {
      const events = tellings.filter((telling) => telling.incident === incident).map(({ event }) => event);
      this.telling += 1;
      void CancellationScope.nonCancellable(() => signalAll(incident, events)).finally(() => {
        this.telling -= 1;
        this.changed = true;
      });
    }
  }

  /** Begins no further try of messages that nobody needs any more. */
  giveUp(): void {
    for (const channel of needless(this.state)) this.scopes.get(channel)?.cancel();
  }
}

async function signalAll(incident: string, events: PagedEvent[]): Promise<void> {
  const handle = getExternalWorkflowHandle(incident);
  for (const event of events) await handle.signal(eventSignal, event).catch(() => undefined);
}

function outcomeOf(error: unknown): Landing {
  if (isCancellation(error)) return { outcome: 'cancelled' };
  return { outcome: 'failed', detail: causeOf(error).message.slice(0, 300) };
}

function listen(desk: Desk): void {
  const { state, input } = desk;
  setHandler(
    pageSignal,
    (request) => {
      if (!isPageRequest(request)) return;
      desk.tell(takePage(state, request, Date.now()));
      desk.changed = true;
    },
    { description: 'A page for this person. Sent by an incident.' },
  );
  setHandler(
    recallSignal,
    (recall) => {
      if (!isRecall(recall)) return;
      takeRecall(state, recall, Date.now());
      desk.giveUp();
      desk.changed = true;
    },
    { description: 'Pages of an incident are not needed any more. Sent by the incident.' },
  );
  setHandler(pagerQuery, () => statusOf(input.person, state), { description: 'Where the pages stand.' });
}

/**
 * The pages of one person: each key once, bundled, within the limits of each contact, through the contacts in order until the incident recalls them. Tells
 * the incidents what became of them. Ends when it has had nothing to do for an hour.
 */
export async function pager(input: PagerRun): Promise<PagerEnd> {
  const { system, person, continueAfterEvents } = input;
  const state = input.state ? unpack(input.state) : emptyPager(Date.now());
  const desk = new Desk({ system, person }, state);
  listen(desk);
  for (;;) {
    await settled();
    desk.changed = false;
    desk.collect();
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    const full = continueAfterEvents === undefined ? continueAsNewSuggested : historyLength >= continueAfterEvents;
    // Not in the middle of a message: its outcome would be lost.
    if (full && desk.idle) await continueAsNew<typeof pager>({ ...input, state: pack(state) });
    const now = Date.now();
    const wakeAt = historyLength < MOST_EVENTS ? act(desk, now) : undefined;
    setCurrentDetails(details(person, state));
    const finished = state.pending.length === 0 && desk.idle;
    const end = endsAt(state, input.idleMs);
    if (finished && now >= end) return { outcome: 'idle', sent: state.sent, bundled: state.bundled };
    const until = finished ? end : wakeAt;
    await waitFor(desk, until === undefined ? undefined : Math.max(1, until - now), finished);
  }
}

/** Promises that an activation resolves may take so many turns until their end is seen. */
const TURNS = 25;

/**
 * Lets everything that came with one activation arrive before it is decided on: several events then make one decision, in an order that does not depend on how many
 * steps the SDK or an interceptor takes for each.
 */
async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
}

function act(desk: Desk, now: number): number | undefined {
  const { send, tell, wakeAt } = decide(desk.state, desk.input.person, now);
  desk.tell(tell);
  for (const one of send) desk.send(one);
  return wakeAt;
}

async function waitFor(desk: Desk, ms: number | undefined, finished: boolean): Promise<void> {
  const something = () => desk.changed;
  if (ms === undefined) await condition(something);
  else await condition(something, ms, { summary: finished ? 'Ends when nothing comes' : 'Next way or next message' });
}
