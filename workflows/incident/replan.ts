import { policyOf, severityOf } from './plan.js';
import { clocksFor } from './state.js';
import { log, type Turn } from './turn.js';
import { planUpdates } from './updates.js';

/** The rest of the ladder by another description or policy: what was paged stays paged, what is to come follows the new one, from the same opening. */
export function replan(turn: Turn, policy: string | undefined, by: string): void {
  const { state, plan } = turn;
  const before = state.policy;
  if (policy !== undefined) {
    state.policy = policy;
    state.policyFixed = true;
  } else if (!state.policyFixed || !(state.policy in plan.incidents.policies)) {
    state.policy = severityOf(plan, state.severity).policy;
  }
  state.generation += 1;
  state.openings = {};
  state.exhausted = false;
  state.level = Math.min(state.level, policyOf(plan, state.policy).levels.length - 1);
  state.clocks = clocksFor(plan, state.severity, state.openedAt, state.clocks);
  planUpdates(turn);
  log(
    turn,
    'ladder',
    `The ladder follows ${state.policy} (${plan.systemHash.slice(0, 12)}) from now on, as ${by} asked`,
    {
      before,
      after: state.policy,
    },
  );
}
