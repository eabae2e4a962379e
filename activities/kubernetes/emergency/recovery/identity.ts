import { isLeaving } from '../../rollout/ownedPods.js';
import { commandFor } from '../kubectl.js';
import { keyOf } from '../place.js';
import type { ObjectKey, Place, SavedObject } from '../types.js';
import type { Seen } from '../workloads.js';

/** A workload that stands there as it was saved, and the pods that it gets back. */
export interface Returning extends Seen {
  key: ObjectKey;
  replicas: number;
  /** Pods of it that a node has already; terminating ones do not count. */
  running: number;
}

/** Pods that a saved workload is to have. A DaemonSet's number is that of its pods when it was saved. Pure. */
export function savedReplicas({ ref, fields, facts }: SavedObject): number {
  const number = ref.kind === 'DaemonSet' ? facts['pods'] : (fields['/spec/replicas'] ?? 1);
  return typeof number === 'number' ? number : 0;
}

/** Those of the saved workloads that stand there with their UID and get pods back. Pure. */
export function returning(place: Place, saved: SavedObject[], seen: Seen[]): Returning[] {
  const live = new Map(seen.map((one) => [one.workload.metadata.uid, one]));
  return saved.flatMap((object) => {
    const one = object.role === 'workload' ? live.get(object.ref.uid) : undefined;
    const replicas = savedReplicas(object);
    if (!one || replicas === 0) return [];
    const running = one.pods.filter(
      (pod) =>
        pod.spec.nodeName !== undefined &&
        !isLeaving(pod) &&
        !['Succeeded', 'Failed'].includes(pod.status?.phase ?? ''),
    ).length;
    return [{ ...one, key: keyOf(place, object.ref), replicas, running }];
  });
}

/**
 * Saved objects that are gone, or stand there with another UID: Belay writes to none of them. Without a workload its pods do not come back,
 * which is a problem; a waker or a route only is as somebody made it meanwhile. `unread` are kinds that could not be listed. Pure.
 */
export function identityProblems(
  place: Place,
  saved: SavedObject[],
  present: SavedObject[],
  unread: ReadonlySet<string>,
): { problems: string[]; warnings: string[] } {
  const now = new Map(present.map((one) => [keyOf(place, one.ref), one.ref.uid]));
  const problems: string[] = [];
  const warnings: string[] = [];
  for (const object of saved) {
    const { ref, role } = object;
    const key = keyOf(place, ref);
    const uid = now.get(key);
    if (uid === ref.uid || unread.has(ref.kind)) continue;
    const start = `start it with ${commandFor(place, object)}`;
    if (role === 'workload')
      problems.push(
        uid === undefined
          ? `${key} is gone: it was deleted since the snapshot. Create it again from its manifest or a backup; then ${start}.`
          : `${key} was created anew since the snapshot (UID ${uid}, it was ${ref.uid}), so Belay leaves it as it is. If it is the right one, ${start}.`,
      );
    else
      warnings.push(
        uid === undefined
          ? `${key} is gone: it was deleted since the snapshot, and nothing brings it back. Create it again if it is needed.`
          : `${key} was created anew since the snapshot, so Belay leaves it as it is. See that it is as it should be.`,
      );
  }
  return { problems, warnings };
}
