import type { Decision, Report, StepRecord } from '../kit/types.js';
import { figuresOf, type Figures } from './figures.js';
import type { IncidentPlan } from './plan.js';
import type { IncidentState } from './state.js';
import type { IncidentView, TimelineEntry } from './types.js';

/** The account of an incident: the report that every run gives, and what the postmortem is made of. */
export interface IncidentReport extends Report {
  incident: IncidentView;
  figures: Figures;
  /** The newest entries; older ones are in `stored`, in order. */
  timeline: TimelineEntry[];
  stored: string[];
}

const iso = (at: number): string => new Date(at).toISOString();

/** Entries of the timeline as steps, for what shows steps. */
export function stepsOf(timeline: TimelineEntry[]): StepRecord[] {
  return timeline.map(({ n, at, text }) => ({
    id: n + 1,
    name: text,
    outcome: 'done',
    startedAt: iso(at),
    endedAt: iso(at),
  }));
}

export function decisionsOf(timeline: TimelineEntry[]): Decision[] {
  return timeline
    .filter(({ actor }) => actor !== undefined)
    .map(({ at, text, actor }) => ({
      verb: 'action',
      actor: actor?.person ?? actor?.id ?? '',
      reason: '',
      at: iso(at),
      accepted: true,
      answer: text,
    }));
}

const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} min`;

/** One line for lists. */
export function summaryOf(state: IncidentState): string {
  const { acknowledgedMs, resolvedMs, pages, missed } = figuresOf(state);
  if (state.mergedInto !== undefined) return `${state.severity} ${state.title}: part of ${state.mergedInto}`;
  const answered = acknowledgedMs === undefined ? 'nobody answered' : `answered after ${minutes(acknowledgedMs)}`;
  const over = resolvedMs === undefined ? 'not resolved' : `resolved after ${minutes(resolvedMs)}`;
  const late = missed.length > 0 ? `, missed: ${missed.join(', ')}` : '';
  return `${state.severity} ${state.title}: ${answered}, ${over}, ${pages} pages${late}`;
}

/** Pure. `outcome` is `succeeded` or a failure type. */
export function reportOf(
  state: IncidentState,
  plan: IncidentPlan,
  view: IncidentView,
  run: { workflowId: string; runId: string; outcome: string; now: number },
): IncidentReport {
  return {
    runbook: 'incident',
    workflowId: run.workflowId,
    runId: run.runId,
    system: plan.system,
    systemHash: plan.systemHash,
    requestedBy: state.requestedBy,
    reason: state.reason,
    dryRun: false,
    startedAt: iso(state.openedAt),
    endedAt: iso(run.now),
    outcome: run.outcome,
    summary: summaryOf(state),
    steps: stepsOf(state.timeline),
    decisions: decisionsOf(state.timeline),
    incident: view,
    figures: figuresOf(state),
    timeline: state.timeline,
    stored: state.stored,
  };
}
