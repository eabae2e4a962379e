import { inspectSearchAttributes } from '../../worker/searchAttributes.js';
import type { Temporal } from '../connection.js';
import { pollers } from '../pollers.js';
import { attempt } from './check.js';
import type { Check } from './check.js';

const area = 'Temporal';
const daySeconds = 86_400;
/** Reports live in the evidence store, but histories are what an auditor can replay. */
const retentionDays = 30;

/** Namespace, search attributes and workers. Read-only. */
export async function checkTemporal({ client, namespace, address }: Temporal, taskQueue: string): Promise<Check[]> {
  const { connection } = client;
  const checks = [
    attempt(area, 'namespace', async () => {
      const { config } = await connection.workflowService.describeNamespace({ namespace });
      const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / daySeconds;
      const detail = `${namespace} at ${address}, histories are kept ${days} day(s)`;
      return days >= retentionDays
        ? { area, name: 'namespace', level: 'ok', detail }
        : {
            ...{ area, name: 'namespace', level: 'warn', detail },
            cure: `temporal operator namespace update ${namespace} --retention ${retentionDays}d`,
          };
    }),
    attempt(area, 'search attributes', async () => {
      const { missing, wrong } = await inspectSearchAttributes(connection, namespace);
      const found = { area, name: 'search attributes' };
      if (missing.length + wrong.length === 0) return { ...found, level: 'ok', detail: 'registered' };
      return {
        ...found,
        level: 'bad',
        detail: [...missing.map((m) => `${m} is missing`), ...wrong].join(', '),
        cure: 'belay setup',
      };
    }),
    attempt(area, 'workers', async () => {
      const [workflow, activity] = await Promise.all([
        pollers(client, taskQueue),
        pollers(client, taskQueue, 'activity'),
      ]);
      const found = { area, name: 'workers' };
      const all = [...new Set([...workflow, ...activity])];
      if (workflow.length > 0 && activity.length > 0) {
        return { ...found, level: 'ok', detail: `${all.length} on queue ${taskQueue}: ${all.join(', ')}` };
      }
      return { ...found, level: 'bad', detail: `nobody polls queue ${taskQueue}`, cure: 'belay worker' };
    }),
  ];
  return (await Promise.all(checks)).flat();
}
