import type { ControllerRevision, Pod, ReplicaSet, Workload } from '../model/objects.js';
import { corePath, revisionsPath } from '../model/paths.js';
import { selectorQuery } from '../model/selector.js';
import type { Session } from '../session.js';
import type { PodSplit, WorkloadKind } from '../types.js';
import { containersOf } from './doomedPods.js';
import { isLeaving, isReady, ownedPods, type OwnedPods, type Revisions } from './ownedPods.js';

/** The workload's pods, split by template, as they are now. */
export async function readPods(session: Session, workload: Workload, hash: string): Promise<OwnedPods> {
  const { ref } = session;
  const query = { labelSelector: selectorQuery(workload.spec.selector) };
  const [revisions, pods] = await Promise.all([
    session.list<ReplicaSet | ControllerRevision>(revisionsPath(ref), query),
    session.list<Pod>(corePath(ref.namespace, 'pods'), query),
  ]);
  return ownedPods(ref.kind, workload, asRevisions(ref.kind, revisions), pods, hash);
}

export const asRevisions = (kind: WorkloadKind, found: (ReplicaSet | ControllerRevision)[]): Revisions =>
  kind === 'Deployment'
    ? { replicaSets: found as ReplicaSet[], controllerRevisions: [] }
    : { replicaSets: [], controllerRevisions: found as ControllerRevision[] };

/** {@link KubernetesActivities.splitPods}. Pods that are being terminated serve nobody and are left out. */
export async function splitPods(session: Session, hash: string): Promise<PodSplit> {
  const { body } = await session.workload();
  const { newPods, oldPods } = await readPods(session, body, hash);
  const ours = newPods.filter((pod) => !isLeaving(pod));
  const others = oldPods.filter((pod) => !isLeaving(pod));
  return {
    newPods: ours.map((pod) => pod.metadata.name),
    newReady: ours.filter(isReady).length,
    newRestarts: ours.flatMap(containersOf).reduce((sum, status) => sum + (status.restartCount ?? 0), 0),
    oldPods: others.map((pod) => pod.metadata.name),
    oldReady: others.filter(isReady).length,
  };
}
