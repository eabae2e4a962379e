import { workflowInfo } from '@temporalio/workflow';
import type { RunStatus } from '../kit/types.js';
import type { Live } from './live.js';
import { decisionsOf, stepsOf, summaryOf } from './report.js';
import type { IncidentView } from './types.js';

const STEPS_SHOWN = 60;

/** Where the incident stands, in the shape that every run has. */
export function statusOf(live: Live): RunStatus & { incident: IncidentView } {
  const { state, plan } = live;
  const view = live.view();
  return {
    runbook: 'incident',
    workflowId: state.incident,
    system: plan.system,
    requestedBy: state.requestedBy,
    reason: state.reason,
    dryRun: false,
    phase: state.phase === 'resolved' ? 'done' : 'running',
    headline:
      state.phase === 'resolved'
        ? summaryOf(state)
        : `${state.severity} ${state.title}: ${state.phase}${state.owner === undefined ? '' : ` by ${state.owner}`}`,
    steps: stepsOf(state.timeline.slice(-STEPS_SHOWN)),
    decisions: decisionsOf(state.timeline).slice(-STEPS_SHOWN),
    locks: [],
    incident: view,
  };
}

/** Before there is an incident. */
export function opening(): RunStatus {
  return {
    runbook: 'incident',
    workflowId: workflowInfo().workflowId,
    dryRun: false,
    phase: 'resolving',
    headline: 'Reads the input',
    steps: [],
    decisions: [],
    locks: [],
  };
}
