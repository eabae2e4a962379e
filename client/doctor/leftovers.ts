import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { runEnd } from '../outcome.js';

/** Ends after which the cluster may be neither old nor new. */
const unfinished = new Set(['Terminated', 'TimedOut', 'Cancelled', 'CompensationFailed']);

/**
 * What is wrong with a workload that carries the mark `<workflowId>/<runId>` of the run that wrote it last: `undefined` when that run
 * ended in order, goes on, or is past Temporal's retention. Read-only.
 */
export async function leftHalfWay(client: Client, mark: string): Promise<string | undefined> {
  const cut = mark.lastIndexOf('/');
  const [workflowId, runId] = [mark.slice(0, cut), mark.slice(cut + 1)];
  // Somebody else's mark, or a damaged one, tells nothing.
  if (!/^[0-9a-f-]{36}$/i.test(runId)) return undefined;
  const handle = client.workflow.getHandle(workflowId, runId, { followRuns: false });
  try {
    const { status } = await handle.describe();
    if (status.name === 'RUNNING' || status.name === 'PAUSED' || status.name === 'COMPLETED') return undefined;
    const { outcome } = await runEnd(handle);
    return unfinished.has(outcome) ? `was last written by ${workflowId}, which ended as ${outcome}` : undefined;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
