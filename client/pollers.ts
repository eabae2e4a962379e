import type { Client } from '@temporalio/client';

/** TaskQueueType on the wire. */
const taskQueueType = { workflow: 1, activity: 2 } as const;

/** A worker's long poll lasts a minute: one that was last seen earlier than this is gone. */
const aliveWithinMs = 70_000;

/** Identities of the workers that poll the queue now. Read-only. */
export async function pollers(
  client: Client,
  taskQueue: string,
  kind: keyof typeof taskQueueType = 'workflow',
): Promise<string[]> {
  const answer = await client.workflowService.describeTaskQueue({
    namespace: client.options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: taskQueueType[kind],
  });
  const since = Date.now() - aliveWithinMs;
  return (answer.pollers ?? [])
    .filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1_000 >= since)
    .map(({ identity }) => identity ?? '');
}
