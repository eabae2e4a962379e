import { ownersOf } from '../inspect/owners.js';
import { countsOf } from '../model/counts.js';
import type { Pod } from '../model/objects.js';
import { templateHash } from '../model/templateHash.js';
import type { WorkloadKind } from '../types.js';
import { fieldsOf } from './fields.js';
import { RESOURCES } from './resources.js';
import type { Holdings, VolumedPodSpec, VolumedWorkload } from './shapes.js';
import type { Json, SavedObject, SurveyInput } from './types.js';

export const WORKLOAD_KINDS: readonly WorkloadKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/** A workload with its kind, which list answers leave out, and the pods that it owns, terminating ones included. */
export interface Seen {
  kind: WorkloadKind;
  workload: VolumedWorkload;
  pods: Pod[];
}

/** All workloads of the namespace with their pods, and the pods that belong to none of them. Pure. */
export function withPods(holdings: Pick<Holdings, 'deployments' | 'statefulSets' | 'daemonSets' | 'pods'>): {
  seen: Seen[];
  others: Pod[];
} {
  const all: [WorkloadKind, VolumedWorkload[]][] = [
    ['Deployment', holdings.deployments],
    ['StatefulSet', holdings.statefulSets],
    ['DaemonSet', holdings.daemonSets],
  ];
  const seen = all.flatMap(([kind, found]) => found.map((workload): Seen => ({ kind, workload, pods: [] })));
  const byOwner = new Map(seen.map((one) => [ownerKey(one.kind, one.workload.metadata.name), one]));
  const others: Pod[] = [];
  for (const pod of holdings.pods) {
    const owner = ownerOf(pod);
    const one = owner === undefined ? undefined : byOwner.get(owner);
    if (one) one.pods.push(pod);
    else others.push(pod);
  }
  return { seen, others };
}

const ownerKey = (kind: string, name: string): string => `${kind}/${name}`;

/**
 * The workload of a pod. The ReplicaSets between are not read, because there are many: the Deployment controller names them after
 * the Deployment and the hash that the pod carries as a label.
 */
function ownerOf({ metadata }: Pod): string | undefined {
  const owner = metadata.ownerReferences?.find((one) => one.controller);
  if (owner?.kind !== 'ReplicaSet') return owner && ownerKey(owner.kind, owner.name);
  const suffix = `-${metadata.labels?.['pod-template-hash'] ?? ''}`;
  return suffix !== '-' && owner.name.endsWith(suffix)
    ? ownerKey('Deployment', owner.name.slice(0, -suffix.length))
    : undefined;
}

/** What is saved of a workload. Pure. */
export function savedWorkload(namespace: string, { kind, workload, pods }: Seen, input: SurveyInput): SavedObject {
  const { metadata, spec } = workload;
  const described = input.workloads.find((one) => one.kind === kind && one.name === metadata.name);
  const owner = metadata.ownerReferences?.find((one) => one.controller);
  return {
    ref: { kind, apiVersion: RESOURCES[kind].apiVersion, namespace, name: metadata.name, uid: metadata.uid },
    role: 'workload',
    ...(described ? { tier: described.tier } : {}),
    fields: fieldsOf(kind, workload),
    facts: {
      templateHash: templateHash(spec.template),
      images: imagesOf(workload),
      ready: countsOf(kind, workload).ready,
      pods: pods.length,
      ...(kind === 'Deployment' ? { paused: spec.paused ?? false } : {}),
      ...(kind === 'StatefulSet' ? { podManagementPolicy: spec.podManagementPolicy ?? 'OrderedReady' } : {}),
      claims: claimsOf(kind, workload),
      ...(owner ? { owner: `${owner.kind} ${owner.name}` } : {}),
      ...managersOf(workload),
    },
  };
}

/** By container, init containers included. */
function imagesOf({ spec: { template } }: VolumedWorkload): Record<string, Json> {
  const all = [...template.spec.containers, ...(template.spec.initContainers ?? [])];
  return Object.fromEntries(all.map(({ name, image }) => [name, image ?? '']));
}

/** Names of the volume claims that the pods use. */
function claimsOf(kind: WorkloadKind, { metadata, spec }: VolumedWorkload): string[] {
  const { volumes = [] }: VolumedPodSpec = spec.template.spec;
  const named = volumes.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  if (kind !== 'StatefulSet') return named;
  const start = spec.ordinals?.start ?? 0;
  const ordinals = Array.from({ length: spec.replicas ?? 1 }, (_, index) => start + index);
  const made = (spec.volumeClaimTemplates ?? []).flatMap((claim) =>
    ordinals.map((ordinal) => `${claim.metadata?.name}-${metadata.name}-${ordinal}`),
  );
  return [...named, ...made];
}

function managersOf(workload: VolumedWorkload): Record<string, Json> {
  const managers = ownersOf(workload).map(({ manager, detail }) => `${manager} ${detail}`);
  return managers.length > 0 ? { managers } : {};
}
