import type { IncidentState } from './state.js';

/** The figures that a service level is judged by, in ms. Definitions: docs/incidents.md. */
export interface Figures {
  /** From the fault, as its source dates it, to the opening. */
  detectionMs: number;
  /** To the first answer of a person; absent when nobody has answered. */
  acknowledgedMs?: number;
  /** To the last resolution. */
  resolvedMs?: number;
  /** To the first page. */
  pagedMs?: number;
  reopened: number;
  pages: number;
  highestLevel: number;
  missed: string[];
}

/** Figures of an incident as it stands. Pure. */
export function figuresOf(state: IncidentState): Figures {
  const since = (at: number | undefined) => (at === undefined ? undefined : Math.max(0, at - state.openedAt));
  const acknowledgedMs = since(state.firstHumanAckAt);
  const resolvedMs = since(state.resolvedAt);
  const pagedMs = since(state.firstPageAt);
  return {
    detectionMs: Math.max(0, state.openedAt - state.triggeredAt),
    ...(acknowledgedMs !== undefined && { acknowledgedMs }),
    ...(resolvedMs !== undefined && { resolvedMs }),
    ...(pagedMs !== undefined && { pagedMs }),
    reopened: state.reopened,
    pages: state.pages.reduce((sum, { people }) => sum + people.length, 0),
    highestLevel: Math.max(-1, ...state.pages.map(({ level }) => level)),
    missed: state.clocks.filter(({ breachedAt }) => breachedAt !== undefined).map(({ phase }) => phase),
  };
}
