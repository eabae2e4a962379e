import type { OwnerReference, Pod, ReplicaSet } from '../model/objects.js';
import type { ObjectRef } from './types.js';

/**
 * The pods of each workload by its UID, terminating ones included, those that have ended (`Succeeded`, `Failed`) left out: they run
 * nothing. A pod belongs to a workload by its owners, and those of another workload with the same labels or name do not. Only where a
 * ReplicaSet is unknown (gone, or not to be read) its name tells: the controller makes it of the Deployment's name and the pod's hash.
 * Pure.
 */
export function podsOfWorkloads(
  workloads: readonly Pick<ObjectRef, 'kind' | 'name' | 'uid'>[],
  replicaSets: readonly ReplicaSet[],
  pods: readonly Pod[],
): Map<string, Pod[]> {
  const found = new Map(workloads.map(({ uid }): [string, Pod[]] => [uid, []]));
  const deployments = new Map(
    workloads.flatMap(({ kind, name, uid }): [string, string][] => (kind === 'Deployment' ? [[name, uid]] : [])),
  );
  const owners = new Map(replicaSets.map((set) => [set.metadata.uid, controllerOf(set)?.uid]));
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (!owner || hasEnded(pod)) continue;
    const workload = owners.has(owner.uid) ? owners.get(owner.uid) : (byName(pod, owner, deployments) ?? owner.uid);
    if (workload !== undefined) found.get(workload)?.push(pod);
  }
  return found;
}

const controllerOf = ({ metadata }: Pod | ReplicaSet): OwnerReference | undefined =>
  metadata.ownerReferences?.find((owner) => owner.controller);

const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

function byName(pod: Pod, owner: OwnerReference, deployments: Map<string, string>): string | undefined {
  const suffix = `-${pod.metadata.labels?.['pod-template-hash'] ?? ''}`;
  if (owner.kind !== 'ReplicaSet' || suffix === '-' || !owner.name.endsWith(suffix)) return undefined;
  return deployments.get(owner.name.slice(0, -suffix.length));
}
