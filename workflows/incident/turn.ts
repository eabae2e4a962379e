import type { Target } from '../../systems/incidentSchema.js';
import type { IncidentPlan } from './plan.js';
import type { IncidentState } from './state.js';
import type { Action, ActionAnswer, Actor, ChildEvent, AlertsEvent, TimelineEntry } from './types.js';

/** What the workflow does in the outside world because of a decision. */
export type Effect =
  /** Page whoever the targets lead to now. */
  | { type: 'page'; level: number; generation: number; targets: Target[]; why: string }
  /** Pages to these people are not needed any more. */
  | { type: 'recall'; people: string[]; why: string }
  /** Find out when business hours begin, for a level that waits for them. */
  | { type: 'opening'; level: number; at: number }
  | { type: 'tell'; channels: string[]; kind: 'page' | 'start' | 'end'; title: string; text: string; ongoing?: boolean }
  | { type: 'send'; incident: string; event: Action | AlertsEvent | ChildEvent }
  | { type: 'settle'; action: 'acknowledge' | 'resolve' }
  | { type: 'start'; runbook: string; workflowId: string; input: Record<string, unknown>; by: string }
  | { type: 'replan'; policy?: string; by: string };

/** One instant in which an incident decides: its state, changed in place, and what follows outside. */
export interface Turn {
  state: IncidentState;
  plan: IncidentPlan;
  now: number;
  effects: Effect[];
}

/** An action later than this after its deadline is told as late. */
export const LATE_MS = 60_000;
const TEXT_MAX = 1_000;

/** Adds to the timeline. */
export function log(
  turn: Turn,
  kind: TimelineEntry['kind'],
  text: string,
  more: { actor?: Actor; before?: string; after?: string } = {},
): void {
  turn.state.timeline.push({ n: turn.state.entries, at: turn.now, kind, text: text.slice(0, TEXT_MAX), ...more });
  turn.state.entries += 1;
}

const SEEN_MAX = 1_000;

/** The answer to an event that was taken before; an empty object for one that has none. */
export function earlier(state: IncidentState, id: string | undefined): { answer?: ActionAnswer } | undefined {
  return id === undefined ? undefined : state.seen.find((one) => one.id === id);
}

/** Remembers an event, so that its repeat changes nothing. */
export function remember(state: IncidentState, id: string | undefined, answer?: ActionAnswer): void {
  if (id === undefined) return;
  state.seen.push({ id, ...(answer && { answer }) });
  if (state.seen.length > SEEN_MAX) state.seen.shift();
}

/** Stops all pages that may still ring, but for those of some people. */
export function recall(turn: Turn, why: string, keep: readonly string[] = []): void {
  const people = turn.state.paged.filter((one) => !keep.includes(one));
  turn.state.paged = turn.state.paged.filter((one) => keep.includes(one));
  if (people.length > 0) turn.effects.push({ type: 'recall', people, why });
}
