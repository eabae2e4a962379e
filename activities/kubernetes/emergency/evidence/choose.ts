import type { Pod, ReplicaSet } from '../../model/objects.js';
import { keyOf } from '../place.js';
import type { ObjectKey, ObjectRef } from '../types.js';

/** A workload's pods, and the objects between it and them, which events are about too. */
export interface Witness {
  key: ObjectKey;
  pods: Pod[];
  /** Of the workload, its ReplicaSets and its pods. */
  uids: string[];
}

/** The pods of each workload by owner, never by label; ReplicaSets stand between a Deployment and its pods. Pure. */
export function witnesses(namespace: string, workloads: ObjectRef[], sets: ReplicaSet[], pods: Pod[]): Witness[] {
  const setsOf = byOwner(sets);
  const podsOf = byOwner(pods);
  return workloads.map((ref) => {
    const between = (setsOf.get(ref.uid) ?? []).map((set) => set.metadata.uid);
    const own = [ref.uid, ...between].flatMap((uid) => podsOf.get(uid) ?? []);
    const uids = [ref.uid, ...between, ...own.map((pod) => pod.metadata.uid)];
    return { key: keyOf({ namespace }, ref), pods: own, uids };
  });
}

function byOwner<T extends { metadata: { ownerReferences?: { uid: string }[] } }>(objects: T[]): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const object of objects) {
    for (const { uid } of object.metadata.ownerReferences ?? []) found.set(uid, [...(found.get(uid) ?? []), object]);
  }
  return found;
}

/** At most `max` pods, in turn from each workload, so that none is left without a witness. Pure. */
export function bounded(all: Witness[], max: number): { chosen: Witness[]; left: number } {
  const total = all.reduce((sum, one) => sum + one.pods.length, 0);
  if (total <= max) return { chosen: all, left: 0 };
  const room = all.map(() => 0);
  let given = 0;
  for (let turn = 0; given < max; turn++) {
    for (const [index, { pods }] of all.entries()) {
      if (given >= max || turn >= pods.length) continue;
      room[index] = turn + 1;
      given += 1;
    }
  }
  return { chosen: all.map((one, index) => ({ ...one, pods: one.pods.slice(0, room[index]) })), left: total - max };
}
