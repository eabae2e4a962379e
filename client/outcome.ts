import { WorkflowFailedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { Report } from '../workflows/kit/types.js';

/** How a run ended. `outcome` is `succeeded`, `planned`, a failure type, `Terminated`, `TimedOut` or `Cancelled`. */
export interface RunEnd {
  outcome: string;
  summary: string;
  /** Absent when Temporal ended the run, or when it is not a runbook's. */
  report?: Report;
}

/** Results and failure details come off the wire: a run of another version or of a stranger may hold anything. */
export function asReport(value: unknown): Report | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const report = value as Partial<Report>;
  const isReport =
    typeof report.outcome === 'string' && typeof report.runbook === 'string' && Array.isArray(report.steps);
  return isReport ? (value as Report) : undefined;
}

function failed(cause: unknown): RunEnd {
  if (cause instanceof ApplicationFailure) {
    const report = cause.details?.map(asReport).find((found) => found !== undefined);
    return { outcome: cause.type ?? 'Failed', summary: cause.message, ...(report ? { report } : {}) };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof TerminatedFailure) return { outcome: 'Terminated', summary: `Terminated: ${message}` };
  if (cause instanceof TimeoutFailure) return { outcome: 'TimedOut', summary: message };
  if (cause instanceof CancelledFailure) return { outcome: 'Cancelled', summary: message };
  return { outcome: 'Failed', summary: message };
}

/** Waits for the end of a run and says how it ended. Throws only when Temporal cannot be asked. */
export async function runEnd(handle: WorkflowHandle): Promise<RunEnd> {
  try {
    const report = asReport(await handle.result());
    return report
      ? { outcome: report.outcome, summary: report.summary, report }
      : { outcome: 'succeeded', summary: 'The workflow completed without a report; it is no runbook of Belay.' };
  } catch (error) {
    if (error instanceof WorkflowFailedError) return failed(error.cause);
    throw error;
  }
}
