import type { WorkloadKind } from '../types.js';
import type { ControllerRevision, Pod, ReplicaSet, Workload } from '../model/objects.js';
import { templateHash } from '../model/templateHash.js';

/** Revisions of one workload: ReplicaSets of a Deployment, ControllerRevisions of the others. */
export interface Revisions {
  replicaSets: ReplicaSet[];
  controllerRevisions: ControllerRevision[];
}

export interface OwnedPods {
  /** The revision that holds the template; missing until the controller has made it. */
  revision?: ReplicaSet | ControllerRevision;
  newPods: Pod[];
  oldPods: Pod[];
}

const owns = (uid: string) => (object: { metadata: { ownerReferences?: { uid: string }[] } }) =>
  object.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;

/**
 * Splits a workload's pods by template. They are found by owner and never by label alone, and the revision by its template: the
 * `pod-template-hash` is not comparable from one version of the API to another.
 */
export function ownedPods(
  kind: WorkloadKind,
  workload: Workload,
  revisions: Revisions,
  pods: Pod[],
  hash: string,
): OwnedPods {
  const { uid } = workload.metadata;
  if (kind === 'Deployment') {
    const sets = revisions.replicaSets.filter(owns(uid));
    const ours = newest(sets.filter((set) => templateHash(set.spec.template) === hash));
    const rest = new Set(sets.map((set) => set.metadata.uid));
    const all = pods.filter((pod) => pod.metadata.ownerReferences?.some((owner) => rest.has(owner.uid)));
    return split(all, ours, (pod) => ours !== undefined && owns(ours.metadata.uid)(pod));
  }
  const ours = newest(
    revisions.controllerRevisions.filter(owns(uid)).filter((one) => {
      const template = one.data?.spec?.template;
      return template !== undefined && templateHash(template) === hash;
    }),
  );
  const label = ours && podLabelOf(kind, ours);
  return split(
    pods.filter(owns(uid)),
    ours,
    (pod) => label !== undefined && pod.metadata.labels?.['controller-revision-hash'] === label,
  );
}

/** A StatefulSet's pods are labelled with the revision's name, a DaemonSet's with its hash. */
const podLabelOf = (kind: WorkloadKind, revision: ControllerRevision): string | undefined =>
  kind === 'StatefulSet' ? revision.metadata.name : revision.metadata.labels?.['controller-revision-hash'];

/** Two revisions with equal templates exist after a hash collision; the controllers use the one with the higher number or age. */
function newest<T extends ReplicaSet | ControllerRevision>(found: T[]): T | undefined {
  return found.toSorted((a, b) => revisionNumber(b) - revisionNumber(a))[0];
}

export const revisionNumber = (one: ReplicaSet | ControllerRevision): number =>
  'revision' in one ? one.revision : Number(one.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);

function split(pods: Pod[], revision: OwnedPods['revision'], isNew: (pod: Pod) => boolean): OwnedPods {
  return {
    ...(revision ? { revision } : {}),
    newPods: pods.filter(isNew),
    oldPods: pods.filter((pod) => !isNew(pod)),
  };
}

export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;

export const isLeaving = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;
