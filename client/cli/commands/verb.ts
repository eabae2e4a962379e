import { randomUUID } from 'node:crypto';
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import type { VerbAnswer, VerbInput, VerbName } from '../../../workflows/kit/messages.js';
import type { RunStatus } from '../../../workflows/kit/types.js';
import type { Temporal } from '../../connection.js';
import { verbCommand } from '../../verbs.js';
import { confirm } from '../confirm.js';
import { CliError, messageOf, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { actor } from '../prepare.js';
import { withTemporal } from '../session.js';
import { planLines } from '../watch/format.js';

export interface VerbOptions {
  reason?: string;
  as?: string;
  planHash?: string;
  requestId?: string;
  yes?: boolean;
}

/** A run's answer comes within one workflow task; beyond this no worker is there. */
const answerMs = 15_000;

/** Shows the plan and asks, so that nobody approves what they have not seen. Returns the hash of what was shown. */
async function readPlan(io: Io, { client }: Temporal, handle: WorkflowHandle, yes: boolean): Promise<string> {
  const status = await client.withDeadline(Date.now() + answerMs, () => handle.query<RunStatus>('status'));
  const { plan } = status;
  if (!plan)
    throw new CliError(`${handle.workflowId} has no plan yet; it is ${status.phase}: ${status.headline}`, exit.refused);
  io.note(planLines(plan).join('\n'));
  if (yes) return plan.hash;
  if (!process.stdin.isTTY)
    throw new UsageError('Nobody is here to ask: read the plan above, then repeat with --yes or --plan-hash');
  if (!(await confirm(`Approve this plan of ${status.requestedBy ?? '?'}?`)))
    throw new CliError('Not approved.', exit.refused);
  return plan.hash;
}

function explain(error: unknown, command: string, workflowId: string, requestId: string): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof WorkflowUpdateFailedError) {
    return new CliError(`Refused: ${messageOf(error.cause ?? error)}`, exit.refused);
  }
  if (error instanceof WorkflowNotFoundError) {
    return new CliError(
      `There is no open run ${workflowId}; it has ended or never was. See: belay report ${workflowId}`,
    );
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || /deadline/i.test(messageOf(error))) {
    return new CliError(
      `No answer within ${answerMs / 1_000} s: no worker polls the run's queue. Whether ${command} counts is not known; repeat it with --request-id ${requestId}, which cannot count twice.`,
    );
  }
  return new CliError(`${command} ${workflowId}: ${messageOf(error)}`, exit.error, [], { cause: error });
}

/** `belay <verb> <workflowId>`: an update with an answer. Accepted: exit code 0. Refused by the run: 3. */
export async function verb(io: Io, name: VerbName, workflowId: string, options: VerbOptions): Promise<number> {
  const requestId = options.requestId ?? randomUUID();
  return withTemporal(io, async (temporal) => {
    const handle = temporal.client.workflow.getHandle(workflowId);
    try {
      const planHash =
        options.planHash ??
        (name === 'approve' ? await readPlan(io, temporal, handle, options.yes ?? false) : undefined);
      const payload: VerbInput = {
        actor: options.as ?? actor(io),
        requestId,
        ...(options.reason === undefined ? {} : { reason: options.reason }),
        ...(planHash === undefined ? {} : { planHash }),
      };
      const answer = await temporal.client.withDeadline(Date.now() + answerMs, () =>
        handle.executeUpdate<VerbAnswer, [VerbInput]>(name, { args: [payload], updateId: requestId }),
      );
      print(
        io,
        { verb: name, workflowId, requestId, ...answer },
        () => `${answer.accepted ? 'Accepted' : 'Refused'}: ${answer.answer}`,
      );
      return answer.accepted ? exit.ok : exit.refused;
    } catch (error) {
      throw explain(error, verbCommand(name), workflowId, requestId);
    }
  });
}

/** `belay cancel <workflowId>`: Temporal's own cancel, which a runbook treats as abort. */
export async function cancel(io: Io, workflowId: string): Promise<number> {
  return withTemporal(io, async ({ client }) => {
    try {
      await client.workflow.getHandle(workflowId).cancel();
    } catch (error) {
      throw explain(error, 'cancel', workflowId, '');
    }
    print(io, { workflowId, cancelRequested: true }, () =>
      [
        `Cancel requested; the run stops and undoes what it changed, as after \`belay abort\` (which also records who and why).`,
        `  belay watch ${workflowId}`,
      ].join('\n'),
    );
    return exit.ok;
  });
}
