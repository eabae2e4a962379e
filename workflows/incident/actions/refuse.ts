import { isOver } from '../ending.js';
import { policyOf } from '../plan.js';
import type { Turn } from '../turn.js';
import type { Action } from '../types.js';
import { startable } from './startable.js';

export interface Refusal {
  code: string;
  answer: string;
}

const MAX_SNOOZE_MS = 30 * 86_400_000;
const refuse = (code: string, answer: string): Refusal => ({ code, answer });

function resolvedAlready({ state }: Turn): Refusal {
  return refuse(
    'ALREADY_RESOLVED',
    `it is resolved since ${new Date(state.resolvedAt ?? 0).toISOString()}; an alert that fires again reopens it, and a new fault is a new incident`,
  );
}

function escalate(turn: Turn, expectedLevel: number): Refusal | undefined {
  const { state, plan } = turn;
  const { levels } = policyOf(plan, state.policy);
  if (expectedLevel < state.level)
    return refuse(
      'ALREADY_ESCALATED',
      `it is at level ${state.level + 1} (${levels[state.level]?.name ?? ''}) already; look again, and escalate from there if that is still wanted`,
    );
  if (expectedLevel !== state.level)
    return refuse(
      'WRONG_LEVEL',
      `"expectedLevel" must be the level that you see, ${state.level} (counted from 0, -1 before the first)`,
    );
  return state.level + 1 >= levels.length
    ? refuse('LAST_LEVEL', 'it is at the last level; reassign it to a person or to another policy')
    : undefined;
}

function snooze({ state, now }: Turn, until: number | null): Refusal | undefined {
  if (until === null) return state.phase === 'snoozed' ? undefined : refuse('NOT_SNOOZED', 'it is not snoozed');
  if (until <= now) return refuse('IN_THE_PAST', '"until" lies in the past');
  if (until > now + MAX_SNOOZE_MS) return refuse('TOO_LONG', '"until" is more than 30 days away');
  if (state.snoozedUntil !== undefined && until < state.snoozedUntil)
    return refuse(
      'SHORTER',
      `it is snoozed until ${new Date(state.snoozedUntil).toISOString()}; a snooze is made longer, or ended with "until": null`,
    );
  return undefined;
}

/** Why an action does nothing now; undefined when it works. Pure and synchronous: it is the validator of the updates. */
export function refusal(turn: Turn, action: Action): Refusal | undefined {
  const { state, plan } = turn;
  if (state.phase === 'merged') return undefined;
  switch (action.type) {
    case 'note':
    case 'linkRun':
    case 'markNoise':
    case 'checkStep':
      break;
    case 'postUpdate':
      break;
    default:
      if (isOver(turn)) return resolvedAlready(turn);
  }
  switch (action.type) {
    case 'escalate':
      return escalate(turn, action.expectedLevel);
    case 'reassign':
      if (action.expectedOwner !== undefined && action.expectedOwner !== (state.owner ?? null))
        return refuse('OWNER_CHANGED', `its owner is ${state.owner ?? 'nobody'} meanwhile; look again`);
      return action.to in plan.people || action.to in plan.incidents.policies
        ? undefined
        : refuse(
            'UNKNOWN_TARGET',
            `"${action.to}" is neither a person (${Object.keys(plan.people).join(', ')}) nor a policy (${Object.keys(plan.incidents.policies).join(', ')}) of ${plan.system}`,
          );
    case 'snooze':
      return snooze(turn, action.until);
    case 'setSeverity': {
      const known = plan.incidents.severities.map(({ id }) => id);
      if (!known.includes(action.severity))
        return refuse('UNKNOWN_SEVERITY', `"${action.severity}" is no severity; there are ${known.join(', ')}`);
      return action.severity === state.severity
        ? refuse('SAME', `its severity is ${state.severity} already`)
        : undefined;
    }
    case 'advance':
      return state.clocks.some(({ phase }) => phase === action.phase)
        ? undefined
        : refuse(
            'UNKNOWN_PHASE',
            `"${action.phase}" has no target for ${state.severity}; there are ${state.clocks.map(({ phase }) => phase).join(', ') || 'none'}`,
          );
    case 'merge':
      if (action.into === state.incident) return refuse('SAME', 'an incident cannot be merged into itself');
      return action.into.startsWith('incident/')
        ? undefined
        : refuse('NO_INCIDENT', '"into" must be the id of an open incident, incident/…');
    case 'applyPolicy':
      return action.policy === undefined || action.policy in plan.incidents.policies
        ? undefined
        : refuse(
            'UNKNOWN_POLICY',
            `there is no policy "${action.policy}"; there are ${Object.keys(plan.incidents.policies).join(', ')}`,
          );
    case 'checkStep':
      return state.checklist[action.step]
        ? undefined
        : refuse(
            'UNKNOWN_STEP',
            state.checklist.length === 0
              ? 'this incident has no checklist'
              : `"step" must be 0 to ${state.checklist.length - 1}`,
          );
    case 'linkRun':
      return action.start && !startable.includes(action.runbook)
        ? refuse(
            'UNKNOWN_RUNBOOK',
            `"${action.runbook}" is no runbook that an incident can start; there are ${startable.join(', ')}`,
          )
        : undefined;
    default:
      return undefined;
  }
}
