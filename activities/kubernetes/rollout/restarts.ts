import type { Pod, Terminated } from '../model/objects.js';
import { containersOf } from './doomedPods.js';

export interface Restarts {
  pod: string;
  container: string;
  count: number;
  last?: Terminated;
}

/**
 * Restart counts by `<pod uid>/<container>` from which we count. Only pods that are older than the write need one: those of a ReplicaSet
 * that a rollback brings back. Carried from attempt to attempt in the heartbeat.
 */
export type RestartBaseline = Record<string, number>;

/** Restarts of a pod's containers since the write at `writtenAt`. Adds what it sees first of older pods to `baseline`. */
export function restartsSince(pod: Pod, writtenAt: string, baseline: RestartBaseline): Restarts[] {
  const since = Date.parse(writtenAt);
  const isNew = Date.parse(pod.metadata.creationTimestamp ?? '') >= since;
  return containersOf(pod).flatMap((status) => {
    const total = status.restartCount ?? 0;
    const last = status.lastState?.terminated;
    if (!isNew) {
      const key = `${pod.metadata.uid}/${status.name}`;
      // The last death, if it came after the write, is the one restart of ours that can be told from the status alone.
      const ours = total > 0 && Date.parse(last?.finishedAt ?? '') > since ? 1 : 0;
      baseline[key] ??= total - ours;
    }
    const count = total - (isNew ? 0 : (baseline[`${pod.metadata.uid}/${status.name}`] ?? total));
    if (count <= 0) return [];
    return [{ pod: pod.metadata.name, container: status.name, count, ...(last ? { last } : {}) }];
  });
}
