import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { getExternalWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { type AlarmFacts, clearedSignal, stillSignal } from '../alarm/messages.js';
import type { alarm } from '../alarm/workflow.js';
import { probe } from '../kit/activities.js';
import type { Run } from '../kit/run.js';

/** Workflow id of an alarm: one per system, subject and kind of breach. */
export const alarmId = (system: string, subject: string, kind: string): string => `alarm/${system}/${subject}/${kind}`;

/** Opens the alarm, or tells the open one that it is still so. It outlives this run. */
export async function openAlarm(
  run: Run,
  subject: string,
  kind: string,
  facts: AlarmFacts,
): Promise<'opened' | 'open'> {
  const workflowId = alarmId(run.system.name, subject, kind);
  try {
    await startChild<typeof alarm>('alarm', {
      workflowId,
      args: [{ ...facts, system: run.system }],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: facts.title.slice(0, 190),
    });
    return 'opened';
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // It may end this very moment; the next look will open a new one.
    await getExternalWorkflowHandle(workflowId)
      .signal(stillSignal, facts)
      .catch(() => undefined);
    return 'open';
  }
}

/** Ends the alarm if there is one. */
export async function clearAlarm(run: Run, subject: string, kind: string, why: string): Promise<boolean> {
  const workflowId = alarmId(run.system.name, subject, kind);
  const open = await probe(`Is there an alarm about ${subject}?`.slice(0, 190)).describeRun({ workflowId });
  if (!open) return false;
  await getExternalWorkflowHandle(workflowId)
    .signal(clearedSignal, why)
    .catch(() => undefined);
  return true;
}
