import { ApiError } from '../../api/apiError.js';
import type { Pod } from '../../model/objects.js';
import { inParallel } from '../../objects/api.js';
import { plural } from '../../rollout/rolloutStatus.js';
import type { Cluster } from '../place.js';
import type { EvidenceFolder } from './folder.js';
import { logsOf, readLog, type LogRef } from './logs.js';
import type { Problems } from './problems.js';

const AT_ONCE = 8;
const MAX_BYTES = 64 * 1024 * 1024;
/** A node that has not answered so often is not asked again: each try would cost seconds. */
const MAX_SILENT = 2;

/**
 * Keeps the logs of the pods, those of restarted containers first, because they tell most. One that cannot be read is a sentence in
 * `problems`. Stops at `until` (ms since the epoch) and at 64 MB, and says so.
 */
export async function keepLogs(
  cluster: Cluster,
  pods: Pod[],
  hide: (text: string) => string,
  folder: EvidenceFolder,
  { until, problems }: { until: number; problems: Problems },
): Promise<void> {
  const all = pods.flatMap(logsOf).filter((log) => !folder.has(log.file));
  const crashed = new Set(all.filter((log) => log.previous).map((log) => log.pod));
  const first = all.filter((log) => crashed.has(log.pod));
  const logs = [...first, ...all.filter((log) => !crashed.has(log.pod))];
  const silent = new Map<string, number>();
  const left = { time: 0, bytes: 0, node: new Map<string, number>() };
  let bytes = folder.bytes;
  await inParallel(logs, AT_ONCE, async (log) => {
    cluster.signal.throwIfAborted();
    if (Date.now() >= until) {
      left.time += 1;
      return;
    }
    if (bytes >= MAX_BYTES) {
      left.bytes += 1;
      return;
    }
    if ((silent.get(log.node) ?? 0) >= MAX_SILENT) {
      count(left.node, log.node);
      return;
    }
    const text = await readOrTell(cluster, log, hide, problems, silent);
    if (text === undefined) return;
    bytes += Buffer.byteLength(text);
    await folder.keep(log.file, text);
  });
  if (left.time > 0) problems.add(`Not collected in time: ${plural(left.time, 'log')}.`);
  if (left.bytes > 0)
    problems.add(`Left out, as ${MAX_BYTES / 1024 ** 2} MB are kept at most: ${plural(left.bytes, 'log')}.`);
  for (const [node, logsLeft] of left.node)
    problems.add(`Not asked for, since node ${node} does not answer: ${plural(logsLeft, 'log')}.`);
}

const count = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1);
};

async function readOrTell(
  cluster: Cluster,
  log: LogRef,
  hide: (text: string) => string,
  problems: Problems,
  silent: Map<string, number>,
): Promise<string | undefined> {
  try {
    return await readLog(cluster, log, hide);
  } catch (error) {
    cluster.signal.throwIfAborted();
    if (error instanceof ApiError && (error.status === 0 || error.status >= 500)) count(silent, log.node);
    const which = log.previous ? 'previous log' : 'log';
    problems.failed(`The ${which} of container ${log.container} of pod ${log.pod} could not be read`, error);
    return undefined;
  }
}
