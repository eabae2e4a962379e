import { CancellationScope, condition, getExternalWorkflowHandle, patched, workflowInfo } from '@temporalio/workflow';
import { eventSignal } from '../incident/messages.js';
import type { IncidentEvent } from '../incident/types.js';
import type { CommonInput } from './run.js';

/** Longest time that the end of a run waits until the server has taken its last word to the incident. */
const LAST_WORD_MS = 5_000;

/** Longest summary that goes into an incident's timeline. */
const SUMMARY_CHARS = 500;

/** What became of a run. */
export interface RunOutcome {
  outcome: string;
  summary: string;
}

/** The incident that a run belongs to: the field `incident` of its input, where it is a workflow id and not just a ticket's number. */
function incidentOf(input: CommonInput): string | undefined {
  const incident: unknown = 'incident' in input ? input.incident : undefined;
  return !input.dryRun && typeof incident === 'string' && incident.startsWith('incident/') ? incident : undefined;
}

/** Tells the incident that a run belongs to of the run's start and end, beside the procedure: nothing waits for it, and an incident that is gone is no error. */
export class IncidentLink {
  private pending = 0;

  /** The start, or with `end` what became of the run. */
  tell(runbook: string, input: CommonInput, end?: RunOutcome): void {
    const incident = incidentOf(input);
    if (incident === undefined || !patched('attach-incident')) return;
    const { workflowId, runId } = workflowInfo();
    const event: IncidentEvent = {
      type: 'linkRun',
      actor: { id: input.requestedBy, via: 'runbook' },
      requestId: `${runId}/${end ? 'end' : 'start'}`,
      workflowId,
      runbook,
      ...(end && { outcome: end.outcome, summary: end.summary.slice(0, SUMMARY_CHARS) }),
    };
    this.pending += 1;
    void CancellationScope.nonCancellable(() => getExternalWorkflowHandle(incident).signal(eventSignal, event))
      .catch(() => undefined)
      .finally(() => {
        this.pending -= 1;
      });
  }

  /** Gives the last word a moment before the run closes. */
  async drain(): Promise<void> {
    if (this.pending > 0)
      await condition(() => this.pending === 0, LAST_WORD_MS, { summary: 'The incident learns of the end' });
  }
}
