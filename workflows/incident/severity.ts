import { rewind } from './ladder.js';
import { policyOf, rank, severityOf } from './plan.js';
import { clocksFor } from './state.js';
import { log, type Turn } from './turn.js';
import type { Actor } from './types.js';
import { planUpdates } from './updates.js';

/**
 * Another severity: the new ladder counts from the original opening, so that a level whose time has passed is paged now. A milder one cancels nothing
 * that was sent; a worse one ends a snooze.
 */
export function changeSeverity(turn: Turn, severity: string, why: string, actor?: Actor): void {
  const { state, plan } = turn;
  const before = state.severity;
  const worse = rank(plan, severity) < rank(plan, before);
  state.severity = severity;
  if (!state.policyFixed) state.policy = severityOf(plan, severity).policy;
  state.generation += 1;
  state.openings = {};
  if (worse) {
    state.exhausted = false;
    state.repeats = 0;
  }
  state.level = Math.min(state.level, policyOf(plan, state.policy).levels.length - 1);
  state.clocks = clocksFor(plan, severity, state.openedAt, state.clocks);
  if (worse && state.phase === 'snoozed') {
    delete state.snoozedUntil;
    rewind(turn, 'present');
  }
  planUpdates(turn);
  log(turn, 'action', `Severity ${before} → ${severity}: ${why}`, { ...(actor && { actor }), before, after: severity });
}
