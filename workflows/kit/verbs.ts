import type { VerbInput, VerbName } from './messages.js';
import type { Decision, RunStatus } from './types.js';

/** What the verbs depend on beside the run's status. Plain data. */
export interface VerbState {
  /** Set while the run waits for an approval. */
  approval?: { planHash: string; requestedBy: string; approvers: string[]; minApprovals: number; expiresAt: number };
  approvals: Decision[];
  rejected?: Decision;
  paused?: Decision;
  aborted?: Decision;
  /** The purpose is achieved and verified: too late for `abort`. */
  committed?: boolean;
  /** True while there is a bake or a gate that `promote` could end. */
  promotable: boolean;
  promoted?: Decision;
  /** Tier that a recovery waits for now. */
  tier?: string;
  /** Tiers that nobody waits for any more. */
  skippedTiers?: string[];
  stayDown?: Decision;
  /** Verb that ended the present hold. */
  chosen?: Decision;
}

const by = (decision: Decision) => `${decision.actor} at ${decision.at}`;

function badPayload(input: VerbInput | undefined): string | undefined {
  if (typeof input !== 'object' || input === null)
    return 'the payload must be an object like {"actor":"alice","reason":"…"}';
  if (typeof input.actor !== 'string' || input.actor.trim() === '' || input.actor.length > 200) {
    return '"actor" is missing: say who you are (1 to 200 characters)';
  }
  if (input.reason !== undefined && (typeof input.reason !== 'string' || input.reason.length > 500)) {
    return '"reason" must be text of at most 500 characters';
  }
  if (input.requestId !== undefined && (typeof input.requestId !== 'string' || input.requestId.length > 200)) {
    return '"requestId" must be text of at most 200 characters';
  }
  return undefined;
}

function approveRefusal(state: VerbState, input: VerbInput, now: number): string | undefined {
  const { approval } = state;
  if (!approval) return 'the run is not waiting for an approval';
  if (state.rejected) return `already rejected by ${by(state.rejected)}`;
  if (now >= approval.expiresAt) return 'the time for an approval is over; start a new run';
  if (input.actor === approval.requestedBy)
    return `${input.actor} asked for this run and cannot approve it; another person must`;
  if (approval.approvers.length > 0 && !approval.approvers.includes(input.actor)) {
    return `${input.actor} may not approve this; ${approval.approvers.join(', ')} may`;
  }
  if (state.approvals.some((decision) => decision.actor === input.actor)) {
    return `${input.actor} has approved already; another person must`;
  }
  if (input.planHash !== approval.planHash) {
    return `"planHash" must be the hash of the plan as it stands, ${approval.planHash}; read the plan and approve that`;
  }
  return undefined;
}

/** Why a verb does nothing now, or undefined when it works. Pure and synchronous: it is the update validator. */
export function refusal(
  verb: VerbName,
  payload: VerbInput | undefined,
  status: RunStatus,
  state: VerbState,
  now: number,
): string | undefined {
  const bad = badPayload(payload);
  if (bad !== undefined || payload === undefined) return bad;
  const input = payload;
  if (status.phase === 'done') return 'the run has ended';
  const holdOption = status.hold && !state.chosen && Object.hasOwn(status.hold.options, verb);
  switch (verb) {
    case 'approve':
      return approveRefusal(state, input, now);
    case 'reject':
      if (!state.approval) return 'the run is not waiting for an approval';
      return state.rejected ? `already rejected by ${by(state.rejected)}` : undefined;
    case 'pause':
      if (state.paused) return `already paused by ${by(state.paused)}`;
      if (status.phase === 'rollingBack') return 'a rollback is not paused half-way';
      return status.hold ? 'the run is held and waits for a person already' : undefined;
    case 'resume':
      if (holdOption) return undefined;
      return state.paused ? undefined : 'the run is not paused';
    case 'abort':
      if (holdOption) return undefined;
      if (state.committed) return 'the change is made and verified; to undo it start the rollback runbook';
      if (state.aborted) return `already aborted by ${by(state.aborted)}`;
      return status.phase === 'rollingBack' ? 'the run is rolling back already' : undefined;
    case 'promote':
      if (state.promoted) return `already promoted by ${by(state.promoted)}`;
      return state.promotable ? undefined : 'there is no bake or metric gate running that could be skipped';
    case 'skipTier':
      if (holdOption) return undefined;
      return state.tier === undefined ? 'no tier is being waited for' : undefined;
    case 'stayDown':
      if (state.committed) return 'the system is back and proved; to take it down start emergencyShutdown';
      if (state.stayDown) return `already decided by ${by(state.stayDown)}`;
      return state.aborted ? `already aborted by ${by(state.aborted)}` : undefined;
    case 'accept':
    case 'retryRollback':
      if (holdOption) return undefined;
      return state.chosen
        ? `already decided: ${state.chosen.verb} by ${by(state.chosen)}`
        : `the run is not held in a state where "${verb}" means something`;
  }
}
