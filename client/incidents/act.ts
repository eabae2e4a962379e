import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import type { ActionPayload } from '../../workflows/incident/messages.js';
import type { Action, ActionAnswer } from '../../workflows/incident/types.js';
import { call, callIfOpen } from './calls.js';
import { TemporalAway } from './port.js';
import type { IdentifiedAction } from './port.js';

/** Slack wants an answer within three seconds. */
const ANSWER_MS = 2_500;
/** The action handed over, but no answer came in time. */
export const PENDING = 'ACCEPTED_PENDING';

const notFound = (workflowId: string): ActionAnswer => ({
  accepted: false,
  code: 'NOT_FOUND',
  answer: `There is no open incident ${workflowId}: it has ended, or never was.`,
});

/** A validator of the incident said no: its own words. */
function refusal(error: WorkflowUpdateFailedError): ActionAnswer {
  const { cause } = error;
  const code = cause instanceof ApplicationFailure && cause.type ? cause.type : 'REFUSED';
  return { accepted: false, code, answer: cause?.message ?? error.message };
}

/**
 * Nobody answered in time: no worker runs, or all are busy. An update that no worker has accepted is not durable, a signal is; the request id makes the
 * two one.
 */
async function handOver(client: Client, workflowId: string, action: IdentifiedAction): Promise<ActionAnswer> {
  const sent = await callIfOpen(client, async () => {
    await client.workflow.getHandle(workflowId).signal<[Action]>('event', action);
    return true;
  });
  if (!sent) return notFound(workflowId);
  return {
    accepted: true,
    code: PENDING,
    answer: 'Accepted, still under way: the incident has it and has not answered yet. Look at its message in a moment.',
  };
}

/**
 * Does to an incident what a person or bot asks, and says what came of it. The request id is the update's id, so that a repeat gets the first
 * answer. Bounded to `answerMs`; then the action is handed over durably and the code is `ACCEPTED_PENDING`. Refusals are answers with the incident's own words;
 * `NOT_FOUND` when no such incident is open. Throws `TemporalAway`.
 */
export async function actOn(
  client: Client,
  workflowId: string,
  action: IdentifiedAction,
  answerMs: number = ANSWER_MS,
): Promise<ActionAnswer> {
  const { type, ...payload } = action;
  try {
    return await call(
      client,
      () =>
        client.workflow
          .getHandle(workflowId)
          .executeUpdate<ActionAnswer, [ActionPayload]>(type, { args: [payload], updateId: action.requestId }),
      answerMs,
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return notFound(workflowId);
    if (error instanceof WorkflowUpdateFailedError) return refusal(error);
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof TemporalAway)
      return handOver(client, workflowId, action);
    throw error;
  }
}
