import { endSnooze } from './actions/perform.js';
import { perform } from './actions/perform.js';
import { refusal } from './actions/refuse.js';
import { parseAction } from './actions/parse.js';
import { stableAt, takeAlerts, tickFlapping } from './alerts.js';
import { nextMark, tickClocks } from './clocks.js';
import { isOver, reopen, unacknowledge } from './ending.js';
import { climb, nextStep } from './ladder.js';
import { policyOf } from './plan.js';
import { earlier, log, remember, type Turn } from './turn.js';
import type { Action, ActionAnswer, AlertsEvent, ChildEvent, PagedEvent } from './types.js';
import { customersAt, tickCustomers, tickUpdates } from './updates.js';

/** When the owner is asked whether they are still on it, and when silence is taken for a no. */
function ackDeadline({ state, plan }: Turn): number | undefined {
  const { ackTimeoutSeconds, ackConfirmSeconds, ackCapSeconds } = policyOf(plan, state.policy);
  if (state.phase !== 'acknowledged' || ackTimeoutSeconds === undefined) return undefined;
  if (state.askedAt !== undefined) return state.askedAt + ackConfirmSeconds * 1_000;
  const at = state.lastActivityAt + ackTimeoutSeconds * 1_000;
  return at > state.openedAt + ackCapSeconds * 1_000 ? undefined : at;
}

function tickAck(turn: Turn): void {
  const { state, now } = turn;
  const at = ackDeadline(turn);
  if (at === undefined || at > now) return;
  if (state.askedAt !== undefined) {
    unacknowledge(turn, 'no answer to the question whether they are');
    return;
  }
  state.askedAt = now;
  const { owner } = state;
  log(turn, 'ladder', `${owner ?? 'The owner'} is asked: still on it?`);
  // A generation of its own: the question is a page like another, and rings once.
  state.generation += 1;
  if (owner !== undefined && owner in turn.plan.people)
    turn.effects.push({
      type: 'page',
      level: state.level,
      generation: state.generation,
      targets: [{ person: owner }],
      why: 'are you still on it? Acknowledge to confirm, or the ladder goes on',
    });
}

/** All times at which something happens by itself. */
function deadlines(turn: Turn): (number | undefined)[] {
  const { state } = turn;
  return [
    nextStep(turn)?.at,
    ackDeadline(turn),
    state.phase === 'snoozed' ? state.snoozedUntil : undefined,
    nextMark(turn),
    isOver(turn) ? undefined : state.nextUpdateAt,
    customersAt(turn),
    stableAt(turn),
    state.closesAt,
  ];
}

/** The next instant at which the incident acts if nothing happens; undefined when it only listens. */
export function nextDeadline(turn: Turn): number | undefined {
  const times = deadlines(turn).filter((at) => at !== undefined && at < Number.MAX_SAFE_INTEGER);
  return times.length > 0 ? Math.min(...times.map(Number)) : undefined;
}

/** Does all that is due. What depends on the ladder comes before what only tells of it. */
export function tick(turn: Turn): void {
  const { state, now } = turn;
  tickFlapping(turn);
  if (state.phase === 'snoozed' && state.snoozedUntil !== undefined && state.snoozedUntil <= now)
    endSnooze(turn, 'its time has come');
  tickAck(turn);
  climb(turn);
  tickClocks(turn);
  tickCustomers(turn);
  tickUpdates(turn);
}

/** Takes an action of a person or a bot: refused, done, or answered as before when it is a repeat. */
export function act(turn: Turn, action: Action): ActionAnswer {
  const before = earlier(turn.state, action.requestId);
  if (before?.answer) return before.answer;
  const refused = refusal(turn, action);
  const answer: ActionAnswer = refused
    ? { accepted: false, answer: refused.answer, code: refused.code }
    : { accepted: true, answer: perform(turn, action) };
  remember(turn.state, action.requestId, answer);
  return answer;
}

function takePaged(turn: Turn, event: PagedEvent): void {
  const { person, channel, outcome, detail } = event;
  const more = detail === undefined ? '' : `: ${detail}`;
  const words = {
    sent: 'told by',
    failed: 'could not be told by',
    delayed: 'is told later by',
    unreachable: 'cannot be reached at all',
  };
  log(turn, 'page', `${person} ${words[outcome]}${outcome === 'unreachable' ? '' : ` ${channel}`}${more}`);
  const { state, plan } = turn;
  // Nobody rings any more, so there is nothing to wait for.
  if (outcome !== 'unreachable' || state.phase !== 'triggered') return;
  state.paged = state.paged.filter((one) => one !== person);
  const { levels } = policyOf(plan, state.policy);
  if (
    state.paged.length === 0 &&
    state.level + 1 < levels.length &&
    state.pages.at(-1)?.generation === state.generation
  ) {
    state.ladderAt = turn.now - (levels[state.level + 1]?.afterSeconds ?? 0) * 1_000;
    log(turn, 'ladder', 'Nobody of this level can be reached, so the next one at once');
  }
}

function takeChild(turn: Turn, event: ChildEvent): void {
  const { state, now } = turn;
  if (!state.children.includes(event.incident)) state.children.push(event.incident);
  state.lastAlertAt = now;
  log(turn, 'alert', `Joined by ${event.title} (${event.incident})`);
  if (state.phase === 'acknowledged' && state.owner !== undefined)
    turn.effects.push({
      type: 'send',
      incident: event.incident,
      event: {
        type: 'acknowledge',
        actor: { id: state.owner, via: 'storm' },
        requestId: `storm/${state.incident}/${event.deliveryId}`,
      },
    });
  if (state.phase === 'resolved') reopen(turn, 'the storm goes on');
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Takes whatever came by the signal. A sender is told of nothing; what cannot be read stands in the timeline. */
export function take(turn: Turn, event: unknown): void {
  const type = isObject(event) && typeof event['type'] === 'string' ? event['type'] : '';
  const id = isObject(event) && typeof event['deliveryId'] === 'string' ? event['deliveryId'] : undefined;
  if (type === 'alerts' && id !== undefined && Array.isArray((event as AlertsEvent).alerts)) {
    takeAlerts(turn, event as AlertsEvent);
    return;
  }
  if ((type === 'paged' || type === 'child') && id !== undefined) {
    if (earlier(turn.state, id)) return;
    remember(turn.state, id);
    if (type === 'paged') takePaged(turn, event as PagedEvent);
    else takeChild(turn, event as ChildEvent);
    return;
  }
  const action = parseAction(type, event);
  if ('problem' in action) {
    log(turn, 'system', `An event could not be read: ${action.problem}`);
    return;
  }
  const answer = act(turn, action);
  if (!answer.accepted) log(turn, 'system', `${action.type} by ${action.actor.id} was refused: ${answer.answer}`);
}
