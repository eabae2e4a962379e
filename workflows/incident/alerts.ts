import { firing, isOver, planClosing, reopen, repage, resolve } from './ending.js';
import { changeSeverity } from './severity.js';
import { policyOf, rank } from './plan.js';
import { log, type Turn } from './turn.js';
import type { AlertFact, AlertsEvent } from './types.js';

/** Alerts beyond this many are counted in the timeline, not kept. */
const ALERTS_KEPT = 1_000;
const CHANGES_KEPT = 50;
const NAMED = 5;
/**
 * A firing may be overtaken by its own end for so long. Later it is true: an Alertmanager that has not heard of its Prometheus ends an alert, which then goes on
 * with the start that it had.
 */
const OVERTAKEN_MS = 10 * 60_000;

type Change = 'new' | 'again' | 'resolved' | 'stale' | 'unknown' | 'same';

/** Folds one alert into what is known (the table of out-of-order and repeated signals). State moves only forward inside an episode. */
function fold(turn: Turn, fact: AlertFact): Change {
  const { state, now } = turn;
  const known = state.alerts[fact.fingerprint];
  if (!known) {
    if (fact.status === 'resolved') return 'unknown';
    if (Object.keys(state.alerts).length >= ALERTS_KEPT) return 'same';
    state.alerts[fact.fingerprint] = {
      name: fact.name,
      severity: fact.severity,
      status: 'firing',
      startsAt: fact.startsAt,
      changes: [now],
      firings: 1,
      ...(fact.summary !== undefined && { summary: fact.summary }),
      ...(fact.links && { links: fact.links.slice(0, 3) }),
    };
    return 'new';
  }
  if (fact.status === 'resolved') {
    if (fact.startsAt < known.startsAt) return 'stale';
    if (known.status === 'resolved') return 'same';
    known.status = 'resolved';
    known.startsAt = fact.startsAt;
    known.endsAt = fact.endsAt ?? now;
    known.changes = [...known.changes, now].slice(-CHANGES_KEPT);
    return 'resolved';
  }
  if (fact.startsAt <= known.startsAt) {
    if (known.status === 'firing') return 'same';
    if (fact.startsAt < known.startsAt || now - (known.endsAt ?? now) < OVERTAKEN_MS) return 'stale';
  }
  const was = known.status;
  known.status = 'firing';
  known.startsAt = fact.startsAt;
  known.severity = fact.severity;
  known.firings += 1;
  delete known.endsAt;
  if (was === 'resolved') known.changes = [...known.changes, now].slice(-CHANGES_KEPT);
  return 'again';
}

/** An alert that changes too often to mean anything: nobody is paged for it until it is quiet. */
function judgeFlapping(turn: Turn): void {
  const { state, plan, now } = turn;
  const { changes, withinSeconds } = plan.incidents.flapping;
  for (const alert of Object.values(state.alerts))
    alert.flapping = alert.changes.filter((at) => at > now - withinSeconds * 1_000).length >= changes;
  const flapping = Object.values(state.alerts).some((alert) => alert.flapping);
  if (flapping && !state.flapping && !isOver(turn)) {
    state.flapping = true;
    log(
      turn,
      'alert',
      `Flapping: ${changes} changes or more within ${withinSeconds / 60} min. Nobody is paged until it is stable`,
    );
  }
}

/** When a flapping incident counts as stable. */
export function stableAt({ state, plan }: Turn): number | undefined {
  if (!state.flapping) return undefined;
  const last = Math.max(...Object.values(state.alerts).flatMap(({ changes }) => changes), state.openedAt);
  return last + plan.incidents.flapping.stableSeconds * 1_000;
}

/** Ends the flapping once nothing has changed for long enough. */
export function tickFlapping(turn: Turn): void {
  const at = stableAt(turn);
  if (at === undefined || at > turn.now) return;
  turn.state.flapping = false;
  for (const alert of Object.values(turn.state.alerts)) alert.flapping = false;
  log(turn, 'alert', 'Stable again');
  settleBySource(turn);
}

function settleBySource(turn: Turn): void {
  const { state } = turn;
  const all = Object.keys(state.alerts).length;
  if (all === 0 || firing(turn).length > 0 || state.flapping) return;
  if (state.phase === 'resolved') planClosing(turn);
  if (isOver(turn)) return;
  log(turn, 'alert', 'The source reports all alerts as resolved');
  resolve(turn, 'source', 'the source');
}

/** Whether alerts that joined an answered incident page again. */
function joined(turn: Turn, fresh: AlertFact[], kindsBefore: Set<string>): void {
  const { state, plan, now } = turn;
  const worst = fresh.toSorted((a, b) => rank(plan, a.severity) - rank(plan, b.severity))[0];
  if (!worst) return;
  const worse = rank(plan, worst.severity) < rank(plan, state.severity);
  if (worse) changeSeverity(turn, worst.severity, `${worst.name} is ${worst.severity}`);
  if (state.phase !== 'acknowledged') return;
  const { repageOnNewAlert, repageCooldownSeconds } = policyOf(plan, state.policy);
  const kind = fresh.find(({ name }) => !kindsBefore.has(name));
  const wanted = repageOnNewAlert === 'always' ? kind !== undefined : repageOnNewAlert === 'higher' && worse;
  if (!wanted || now < (state.repagedAt ?? 0) + repageCooldownSeconds * 1_000) return;
  state.repagedAt = now;
  repage(turn, `a new alert has joined: ${(kind ?? worst).name}`);
}

/**
 * Takes one delivery of alerts. A repeat changes nothing, because each alert is judged by what is known of it; the delivery's id alone would not do, since an alert that
 * fires anew with its old start looks the same. A firing list is a set, so what is missing from it is not resolved.
 */
export function takeAlerts(turn: Turn, event: AlertsEvent): void {
  const { state, now } = turn;
  if (state.mergedInto !== undefined) {
    state.lastAlertAt = now;
    turn.effects.push({ type: 'send', incident: state.mergedInto, event });
  }
  const kinds = new Set(Object.values(state.alerts).map(({ name }) => name));
  const byHand = state.phase === 'resolved' && state.resolvedBy === 'person';
  const results = event.alerts.map((fact) => ({ fact, change: fold(turn, fact) }));
  const of = (...changes: Change[]) => results.filter(({ change }) => changes.includes(change)).map(({ fact }) => fact);
  const fresh = of('new', 'again');
  const oldest = Math.min(...fresh.map(({ startsAt }) => startsAt));
  // The source's clock may not make us faster or slower than we were, so both times are kept.
  if (fresh.length > 0 && state.lastAlertAt === undefined) state.triggeredAt = Math.min(state.triggeredAt, oldest);
  state.lastAlertAt = now;
  const say = (facts: AlertFact[], word: string) => {
    if (facts.length === 0) return;
    const names = [...new Set(facts.map(({ name }) => name))];
    const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
    log(turn, 'alert', `${facts.length} ${word}: ${names.slice(0, NAMED).join(', ')}${more}`);
  };
  say(fresh, 'firing');
  say(of('resolved'), 'resolved');
  say(of('stale'), 'out of date, left aside');
  say(of('unknown'), 'resolved that were never seen firing');
  if (state.phase === 'merged') planClosing(turn);
  judgeFlapping(turn);
  // An alert of the same episode that still fires after a person has resolved the incident is no new fault.
  if (state.phase === 'resolved' && fresh.length > 0 && !state.flapping)
    reopen(turn, `${fresh[0]?.name ?? 'an alert'} fires again${byHand ? ' after it was resolved by hand' : ''}`);
  else if (!isOver(turn)) joined(turn, fresh, kinds);
  settleBySource(turn);
}
