import { randomUUID } from 'node:crypto';
import { runEnd, type RunEnd } from '../../client/outcome.js';
import { startRun } from '../../client/start.js';
import { runbookNamed } from '../../client/runbooks.js';
import { readRun, type RunRecord } from './history.js';
import type { Place } from './place.js';

/** A rolling update that has ended. */
export interface Ended {
  end: RunEnd;
  record: RunRecord;
}

/** Longer than any run of the benchmark can take; one that reaches it counts as lost. */
const LOST_MS = 600_000;

/** Starts a rolling update of one workload; the second function waits for its end and reads its history. */
export async function startUpdate(
  { temporal }: Pick<Place, 'temporal'>,
  change: { system: string; workload: string; image: string },
): Promise<{ workflowId: string; ended: () => Promise<Ended> }> {
  const { system, ...rest } = change;
  const input = { system, changes: [rest], reason: 'Benchmark', requestedBy: 'bench' };
  const workflowId = `rollingUpdate/${system}/${randomUUID()}`;
  await startRun(temporal.client, runbookNamed('rollingUpdate'), input, { taskQueue: 'belay', workflowId });
  const handle = temporal.client.workflow.getHandle(workflowId);
  const ended = async (): Promise<Ended> => {
    let timer: NodeJS.Timeout | undefined;
    const lost = new Promise<RunEnd>((resolve) => {
      const end = { outcome: 'Lost', summary: `did not end within ${LOST_MS / 1_000} s` };
      timer = setTimeout(() => resolve(end), LOST_MS);
    });
    const end = await Promise.race([runEnd(handle), lost]);
    clearTimeout(timer);
    return { end, record: readRun(await handle.fetchHistory()) };
  };
  return { workflowId, ended };
}
