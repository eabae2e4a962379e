import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { WorkflowIdConflictPolicy, WorkflowNotFoundError } from '@temporalio/common';
import { overridesId } from '../../activities/oncall/overrides.js';
import type { CancelOverrideInput, OverrideAnswer, OverrideInput } from '../../workflows/rotaOverrides/messages.js';
import type { rotaOverrides } from '../../workflows/rotaOverrides/workflow.js';
import { CliError, messageOf } from '../cli/errors.js';
import { exit } from '../cli/exitCodes.js';

/** An answer comes within one workflow task; beyond this no worker is there. */
const ANSWER_MS = 15_000;

export interface RotaPlace {
  system: string;
  rota: string;
}

type WithRequestId<T> = T & { requestId: string };

/** Adds an override, and starts the keeper of the rota's overrides if it does not run. A refusal, or no answer, is a `CliError`. */
export async function addOverride(
  client: Client,
  place: RotaPlace,
  taskQueue: string,
  input: WithRequestId<OverrideInput>,
): Promise<OverrideAnswer> {
  const startWorkflowOperation = new WithStartWorkflowOperation<typeof rotaOverrides>('rotaOverrides', {
    workflowId: overridesId(place.system, place.rota),
    taskQueue,
    args: [place],
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    staticSummary: `Overrides of ${place.rota} of ${place.system}`,
  });
  return answered(input.requestId, () =>
    client.withDeadline(Date.now() + ANSWER_MS, () =>
      client.workflow.executeUpdateWithStart<typeof rotaOverrides, OverrideAnswer, [OverrideInput]>('override', {
        args: [input],
        updateId: input.requestId,
        startWorkflowOperation,
      }),
    ),
  );
}

/** Takes an override back. A refusal, or no answer, is a `CliError`. */
export async function cancelOverride(
  client: Client,
  { system, rota }: RotaPlace,
  input: WithRequestId<CancelOverrideInput>,
): Promise<OverrideAnswer> {
  const handle = client.workflow.getHandle(overridesId(system, rota));
  return answered(input.requestId, () =>
    client.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.executeUpdate<OverrideAnswer, [CancelOverrideInput]>('cancelOverride', {
        args: [input],
        updateId: input.requestId,
      }),
    ),
  );
}

async function answered(requestId: string, ask: () => Promise<OverrideAnswer>): Promise<OverrideAnswer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError)
      throw new CliError(`Refused: ${messageOf(error.cause ?? error)}`, exit.refused);
    if (error instanceof WorkflowNotFoundError)
      throw new CliError('Refused: the rota has no overrides that were made at run time', exit.refused);
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || /deadline/i.test(messageOf(error)))
      throw new CliError(
        `No answer within ${ANSWER_MS / 1_000} s: no worker polls the queue. Whether it counts is not known; repeat it with --request-id ${requestId}, which cannot count twice.`,
      );
    throw error;
  }
}
