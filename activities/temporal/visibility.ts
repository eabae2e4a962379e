import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { OverdueRun, OverdueRuns } from '../types.js';
import { CALL_MS, unavailable } from './call.js';

/** Quotes in a visibility query are doubled, as in SQL. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const OPEN = "ExecutionStatus = 'Running'";

/** Ids that one query names at most; its text is bounded by the server. */
const IDS_PER_QUERY = 50;

async function listed(client: Client, query: string, limit: number): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const info of client.workflow.list({ query, pageSize: limit })) {
    if (found.push(info) >= limit) break;
  }
  return found;
}

/** A search attribute comes as a list of one. */
function attribute(info: WorkflowExecutionInfo, name: string): unknown {
  const value = (info.searchAttributes as Record<string, unknown> | undefined)?.[name];
  return Array.isArray(value) ? value[0] : value;
}

function overdueRun(info: WorkflowExecutionInfo): OverdueRun {
  const deadline = attribute(info, 'BelayNextDeadline');
  const [state, severity] = [attribute(info, 'BelayState'), attribute(info, 'BelaySeverity')];
  return {
    workflowId: info.workflowId,
    type: info.type,
    deadline: deadline instanceof Date ? deadline.getTime() : Date.parse(String(deadline)),
    ...(typeof state === 'string' ? { state } : {}),
    ...(typeof severity === 'string' ? { severity } : {}),
  };
}

async function asked<T>(client: Client, work: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + CALL_MS, work);
  } catch (error) {
    throw unavailable(error);
  }
}

/** See `TemporalActivities.listOpenRuns`. */
export function listOpenRuns(
  client: Client,
  { type, idPrefix, limit }: { type: string; idPrefix: string; limit: number },
): Promise<string[]> {
  const query = `WorkflowType = ${quoted(type)} AND ${OPEN} AND WorkflowId STARTS_WITH ${quoted(idPrefix)}`;
  return asked(client, async () => (await listed(client, query, limit)).map(({ workflowId }) => workflowId));
}

/** See `TemporalActivities.findOverdue`. One count in the usual case. */
export async function findOverdue(
  client: Client,
  { system, before, limit, watched }: { system?: string; before: number; limit: number; watched: string[] },
): Promise<OverdueRuns> {
  const late = `${OPEN} AND BelayNextDeadline < ${quoted(new Date(before).toISOString())}`;
  const query = system === undefined ? late : `${late} AND BelaySystem = ${quoted(system)}`;
  return asked(client, async () => {
    const { count } = await client.workflow.count(query);
    const first = count === 0 ? [] : await listed(client, query, limit);
    const still: string[] = [];
    for (let from = 0; from < watched.length; from += IDS_PER_QUERY) {
      const some = watched.slice(from, from + IDS_PER_QUERY).map(quoted);
      const found = await listed(client, `${late} AND WorkflowId IN (${some.join(', ')})`, IDS_PER_QUERY);
      still.push(...found.map(({ workflowId }) => workflowId));
    }
    return { count, first: first.map(overdueRun), watched: still };
  });
}
