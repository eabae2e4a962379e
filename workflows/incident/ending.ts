import { policyOf, severityOf } from './plan.js';
import { planUpdates, tellStakeholders } from './updates.js';
import { page, rewind } from './ladder.js';
import { log, recall, type Turn } from './turn.js';

export const firing = ({ state }: Turn): string[] =>
  Object.entries(state.alerts)
    .filter(([, alert]) => alert.status === 'firing')
    .map(([fingerprint]) => fingerprint);

/** Whether the incident is over, or part of another one. */
export const isOver = ({ state }: Turn): boolean => state.phase === 'resolved' || state.phase === 'merged';

/**
 * How long an incident that is over listens. A merged one listens for what it has to pass on: as long as its alerts fire, for one repeat interval of the
 * source after the last delivery. A resolved one reopens for alerts within `reopenSeconds`; one that a person resolved while its alerts still fire stays for one repeat
 * interval of the source, since else the next repeat would open a new incident.
 */
export function planClosing(turn: Turn): void {
  const { state, plan, now } = turn;
  const merged = state.phase === 'merged';
  const from = merged ? now : state.resolvedAt;
  if (from === undefined) return;
  const { reopenSeconds, repeatSeconds } = plan.incidents;
  const repeats = (merged || state.resolvedBy === 'person') && firing(turn).length > 0;
  state.closesAt = from + (repeats ? Math.max(reopenSeconds, repeatSeconds) : reopenSeconds) * 1_000;
}

/** Ends the incident: nobody is paged any more, everybody who was told of it hears so. */
export function resolve(turn: Turn, by: 'source' | 'person', who: string): void {
  const { state, plan, now } = turn;
  state.phase = 'resolved';
  state.resolvedAt = now;
  state.resolvedBy = by;
  state.generation += 1;
  state.unanswered = [];
  delete state.snoozedUntil;
  delete state.askedAt;
  delete state.nextUpdateAt;
  for (const clock of state.clocks) clock.doneAt ??= now;
  recall(turn, `resolved by ${who}`);
  planClosing(turn);
  turn.effects.push({ type: 'settle', action: 'resolve' });
  const text = `Resolved by ${who} after ${Math.max(1, Math.round((now - state.openedAt) / 60_000))} min.`;
  tellStakeholders(turn, 'end', `Resolved: ${state.title}`, text);
  const { customers } = severityOf(plan, state.severity);
  if (customers && state.customersTold)
    turn.effects.push({
      type: 'tell',
      channels: [customers.channel],
      kind: 'end',
      title: `Resolved: ${state.title}`,
      text,
    });
}

/** The same fault again within the window: one incident, one timeline. */
export function reopen(turn: Turn, why: string): void {
  const { state, plan } = turn;
  state.reopened += 1;
  delete state.resolvedAt;
  delete state.resolvedBy;
  delete state.closesAt;
  state.customersTold = false;
  state.level = Math.min(state.level, policyOf(plan, state.policy).levels.length - 1);
  rewind(turn, 'first');
  planUpdates(turn);
  log(turn, 'system', `Reopened (${state.reopened}): ${why}`);
}

/** Nobody is on it any more: the ladder goes on, where the policy says. */
export function unacknowledge(turn: Turn, why: string): void {
  const { onUnack } = policyOf(turn.plan, turn.state.policy);
  log(turn, 'ladder', `${turn.state.owner ?? 'Nobody'} is not on it any more: ${why}`);
  rewind(turn, onUnack === 'restart' ? 'first' : 'present');
}

/** Pages the present level again, in a new window. */
export function repage(turn: Turn, why: string): void {
  rewind(turn, 'present');
  page(turn, turn.state.level + 1, why);
}
