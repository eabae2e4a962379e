import { randomUUID } from 'node:crypto';
import { runEnd, type RunEnd } from '../../client/outcome.js';
import { startRun } from '../../client/start.js';
import { runbookNamed } from '../../client/runbooks.js';
import { readRun, type RunRecord } from './history.js';
import type { Place } from './place.js';

/** A run that has ended. */
export interface Ended {
  end: RunEnd;
  /** When its end was seen here, by `performance.now()`. */
  endedAt: number;
  record: RunRecord;
}

/** Longer than any run of the benchmark can take; one that reaches it counts as lost. */
const LOST_MS = 600_000;

/** Starts a runbook on a system; the second function waits for its end and reads its history. */
export async function startRunbook(
  { temporal }: Pick<Place, 'temporal'>,
  runbook: string,
  input: { system: string } & Record<string, unknown>,
): Promise<{ workflowId: string; ended: () => Promise<Ended> }> {
  const whole = { reason: 'Benchmark', requestedBy: 'bench', ...input };
  const workflowId = `${runbook}/${input.system}/${randomUUID()}`;
  await startRun(temporal.client, runbookNamed(runbook), whole, { taskQueue: 'belay', workflowId });
  const handle = temporal.client.workflow.getHandle(workflowId);
  const ended = async (): Promise<Ended> => {
    let timer: NodeJS.Timeout | undefined;
    const lost = new Promise<RunEnd>((resolve) => {
      const end = { outcome: 'Lost', summary: `did not end within ${LOST_MS / 1_000} s` };
      timer = setTimeout(() => resolve(end), LOST_MS);
    });
    const end = await Promise.race([runEnd(handle), lost]);
    const endedAt = performance.now();
    clearTimeout(timer);
    return { end, endedAt, record: readRun(await handle.fetchHistory()) };
  };
  return { workflowId, ended };
}

/** Starts a rolling update of one workload. */
export function startUpdate(
  place: Pick<Place, 'temporal'>,
  { system, ...change }: { system: string; workload: string; image: string },
): ReturnType<typeof startRunbook> {
  return startRunbook(place, 'rollingUpdate', { system, changes: [change] });
}
