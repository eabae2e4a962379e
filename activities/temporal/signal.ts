import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { CALL_MS, unavailable } from './call.js';
import { throwIfCancelled } from './heartbeat.js';

/** Signals that are under way at the same time. */
const AT_ONCE = 25;

async function signalled(client: Client, workflowId: string, signal: string, payload: unknown): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + CALL_MS, () =>
      client.workflow.getHandle(workflowId).signal(signal, payload),
    );
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw unavailable(error);
  }
}

/** See `TemporalActivities.signalRuns`. */
export async function signalRuns(
  client: Client,
  { workflowIds, signal, payload }: { workflowIds: string[]; signal: string; payload: unknown },
): Promise<{ gone: string[] }> {
  const gone: string[] = [];
  for (let from = 0; from < workflowIds.length; from += AT_ONCE) {
    await throwIfCancelled();
    const some = workflowIds.slice(from, from + AT_ONCE);
    const reached = await Promise.all(some.map((workflowId) => signalled(client, workflowId, signal, payload)));
    gone.push(...some.filter((_, at) => reached[at] === false));
  }
  return { gone };
}
