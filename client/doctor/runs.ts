import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { RunStatus } from '../../workflows/kit/types.js';
import { catalogue } from '../../workflows/catalogue.js';
import { verbCommand } from '../verbs.js';
import { attempt } from './check.js';
import type { Check } from './check.js';

const area = 'Runs';
const queryMs = 5_000;
/** More open runs than this are counted, not asked one by one. */
const mostAsked = 50;

const ago = (date: Date | string): string => {
  const minutes = Math.round((Date.now() - new Date(date).getTime()) / 60_000);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
};

async function list(client: Client, query: string): Promise<WorkflowExecutionInfo[]> {
  const found: WorkflowExecutionInfo[] = [];
  for await (const info of client.workflow.list({ query })) {
    found.push(info);
    if (found.length >= 500) break;
  }
  return found;
}

async function waiting(client: Client, info: WorkflowExecutionInfo): Promise<Check[]> {
  const name = info.workflowId;
  try {
    const handle = client.workflow.getHandle(info.workflowId, info.runId);
    const status = await client.withDeadline(Date.now() + queryMs, () => handle.query<RunStatus>('status'));
    if (status.hold) {
      const { name: hold, question, options, since } = status.hold;
      const cure = `belay ${Object.keys(options).map(verbCommand).join('|')} ${name} --reason …`;
      return [{ area, name, level: 'bad', detail: `held for ${ago(since)} (${hold}): ${question}`, cure }];
    }
    if (status.phase === 'awaitingApproval') {
      return [
        {
          area,
          name,
          level: 'warn',
          detail: `waits for an approval until ${status.approvalExpiresAt ?? '?'}`,
          cure: `belay approve ${name}`,
        },
      ];
    }
    if (status.phase === 'paused') {
      return [{ area, name, level: 'warn', detail: 'is paused', cure: `belay resume ${name} --reason …` }];
    }
    return [];
  } catch {
    return [
      {
        area,
        name,
        level: 'warn',
        detail: `open for ${ago(info.startTime)}, but no worker answers for it`,
        cure: 'belay worker',
      },
    ];
  }
}

/** Open runs that wait for somebody: held, awaiting an approval, paused. Read-only. */
export async function checkOpenRuns(client: Client): Promise<Check[]> {
  return attempt(area, 'open runs', async () => {
    const types = Object.keys(catalogue).map((id) => `'${id}'`);
    const open = await list(client, `WorkflowType IN (${types.join(',')}) AND ExecutionStatus = 'Running'`);
    const findings = (await Promise.all(open.slice(0, mostAsked).map((info) => waiting(client, info)))).flat();
    return [
      { area, name: 'open runs', level: 'ok', detail: `${open.length}, ${findings.length} of them need somebody` },
      ...findings,
    ];
  });
}

/** Locks that are held, by whom and since when. A lock ends with its holder, so each of them is somebody's at work. Read-only. */
export async function checkLocks(client: Client): Promise<Check[]> {
  return attempt(area, 'locks', async () => {
    const locks = await list(client, "WorkflowType = 'targetLock' AND ExecutionStatus = 'Running'");
    const held = locks.map((lock): Check => {
      const { holder, reason, requestedBy } = lock.memo ?? {};
      const detail = `held for ${ago(lock.startTime)} by ${String(holder)} (${String(requestedBy)}: ${String(reason)})`;
      return { area: 'Locks', name: lock.workflowId, level: 'ok', detail };
    });
    return held.length > 0 ? held : { area: 'Locks', name: 'locks', level: 'ok', detail: 'none held' };
  });
}
