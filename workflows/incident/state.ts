import type { IncidentInput } from './input.js';
import { type IncidentPlan, mildest, severityOf } from './plan.js';
import type {
  ActionAnswer,
  AlertState,
  ClockState,
  IncidentPhase,
  LinkedRun,
  PageRecord,
  RootMessage,
  TimelineEntry,
} from './types.js';

/** All that an incident is: plain JSON, carried over continue-as-new. Times are ms since the epoch. */
export interface IncidentState {
  incident: string;
  title: string;
  service?: string;
  kind: 'operational' | 'security';
  rule?: string;
  severity: string;
  policy: string;
  /** The policy was named for this incident: a new severity does not change it. */
  policyFixed: boolean;
  storm?: string;
  isStorm: boolean;
  children: string[];
  openedAt: number;
  triggeredAt: number;
  reason: string;
  requestedBy: string;
  phase: IncidentPhase;
  /** What `afterSeconds` of the levels counts from: the opening, until an un-ack or a reassignment begins a new window. */
  ladderAt: number;
  /** Level reached; -1 before the first. */
  level: number;
  /** How often the last level was paged again. */
  repeats: number;
  /** Counts every change after which pages under way are stale. */
  generation: number;
  exhausted: boolean;
  /** When levels that wait for business hours may be paged, by level. */
  openings: Record<string, number>;
  pages: PageRecord[];
  /** People with pages that may still ring. */
  paged: string[];
  /** With `multiAck`: those who have not answered yet. */
  unanswered: string[];
  owner?: string;
  ackedAt?: number;
  firstHumanAckAt?: number;
  /** Somebody or something has acknowledged it once: a page after that is a page again. */
  answered: boolean;
  firstPageAt?: number;
  lastActivityAt: number;
  /** When the owner was asked whether they are still on it. */
  askedAt?: number;
  repagedAt?: number;
  snoozedUntil?: number;
  resolvedAt?: number;
  resolvedBy?: 'source' | 'person';
  /** No event after this: the run ends. */
  closesAt?: number;
  reopened: number;
  alerts: Record<string, AlertState>;
  lastAlertAt?: number;
  flapping: boolean;
  clocks: ClockState[];
  nextUpdateAt?: number;
  lastUpdate?: { text: string; by: string; at: number };
  customersTold: boolean;
  checklist: { step: string; doneBy?: string; doneAt?: number; runbook?: string }[];
  runs: LinkedRun[];
  noise?: string;
  mergedInto?: string;
  timeline: TimelineEntry[];
  entries: number;
  stored: string[];
  seen: { id: string; answer?: ActionAnswer }[];
  root?: RootMessage;
  /** Entries of the timeline below this number stand in the thread. */
  threaded: number;
}

/** Time targets of a severity, counted from the opening. Those that were met or missed before stay as they were. */
export function clocksFor(plan: IncidentPlan, severity: string, openedAt: number, before: ClockState[]): ClockState[] {
  return severityOf(plan, severity).phases.map(({ name, withinSeconds }) => {
    const old = before.find((one) => one.phase === name);
    const dueAt = openedAt + withinSeconds * 1_000;
    return old?.doneAt !== undefined || old?.breachedAt !== undefined
      ? old
      : { phase: name, dueAt, emitted: [...(old?.emitted ?? [])] };
  });
}

/** An incident at the instant of its opening. */
export function openState(incident: string, input: IncidentInput, plan: IncidentPlan, now: number): IncidentState {
  const severity = severityOf(plan, input.severity ?? mildest(plan).id);
  const checklist = input.kind === 'security' ? plan.incidents.checklist : [];
  return {
    incident,
    title: input.title,
    ...(input.service !== undefined && { service: input.service }),
    kind: input.kind,
    ...(input.rule !== undefined && { rule: input.rule }),
    severity: severity.id,
    policy: input.policy ?? severity.policy,
    policyFixed: input.policy !== undefined,
    ...(input.storm !== undefined && { storm: input.storm }),
    isStorm: input.isStorm,
    children: [],
    openedAt: now,
    triggeredAt: now,
    reason: input.reason,
    requestedBy: input.requestedBy,
    phase: 'triggered',
    ladderAt: now,
    level: -1,
    repeats: 0,
    generation: 0,
    exhausted: false,
    openings: {},
    pages: [],
    paged: [],
    unanswered: [],
    answered: false,
    lastActivityAt: now,
    reopened: 0,
    alerts: {},
    flapping: false,
    clocks: clocksFor(plan, severity.id, now, []),
    ...(severity.updateSeconds !== undefined && { nextUpdateAt: now + severity.updateSeconds * 1_000 }),
    customersTold: false,
    checklist: checklist.map(({ step, start }) => ({ step, ...(start && { runbook: start.runbook }) })),
    runs: [],
    timeline: [],
    entries: 0,
    stored: [],
    seen: [],
    threaded: 0,
  };
}
