import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { Runbook } from '../workflows/kit/runbook.js';

/** A run that has been started. */
export interface Started {
  workflowId: string;
  runId: string;
}

/** A run of that id is open; starting is refused rather than attached to it. */
export class AlreadyRunning extends Error {
  override readonly name = 'AlreadyRunning';

  constructor(readonly workflowId: string) {
    super(`A run with the id ${workflowId} goes on. Watch it (belay watch ${workflowId}) or choose another --id.`);
  }
}

/** Temporal shows at most 200 bytes of it, in lists. */
const summaryBytes = 190;

/** As much of a summary as Temporal shows. */
export function clipBytes(text: string): string {
  let out = text;
  while (Buffer.byteLength(out) > summaryBytes) out = out.slice(0, -1);
  return out;
}

/**
 * Starts a run. Temporal lets an id run once at a time, so a repeat with the same id starts nothing twice. Throws `AlreadyRunning`.
 */
export async function startRun(
  client: Client,
  runbook: Runbook,
  input: { system?: unknown; reason?: unknown },
  options: { taskQueue: string; workflowId: string },
): Promise<Started> {
  try {
    const handle = await client.workflow.start(runbook.id, {
      ...options,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      staticSummary: clipBytes(`${runbook.title}: ${String(input.system)} (${String(input.reason)})`),
    });
    return { workflowId: handle.workflowId, runId: handle.firstExecutionRunId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw new AlreadyRunning(options.workflowId);
    throw error;
  }
}
