import { desiredOf } from '../model/counts.js';
import type { Pod } from '../model/objects.js';
import { doomOf } from '../rollout/doomedPods.js';
import type { OwnedPods } from '../rollout/ownedPods.js';
import type { WorkloadKind } from '../types.js';
import { asCulpritOnly, type Explained, type Finding } from './finding.js';
import type { Memory } from './memory.js';
import type { View } from './observation.js';

/** A scheduler may need a moment, e.g. until an old pod has left its node. */
const UNSCHEDULABLE_MS = 15_000;
/** Quota comes free as old pods go; a webhook may be restarting. */
const CREATE_FAILURE_MS = 10_000;

/**
 * New pods that waiting will not help: early failure, long before any deadline. A Deployment needs all of its new pods to be so
 * (one may sit on a sick node), a StatefulSet or DaemonSet any. Pure.
 */
export function hopeless(
  kind: WorkloadKind,
  view: View,
  live: Pod[],
  owned: OwnedPods,
  memory: Memory,
  now: number,
): Finding | undefined {
  const stuck = live.flatMap((pod) => stuckPod(pod, memory, now) ?? []);
  const enough = kind === 'Deployment' ? stuck.length === live.length && seesAllPods(owned, live) : true;
  const [first] = stuck;
  if (first && enough) {
    const where =
      first.container === undefined ? `pod ${first.pod}` : `container ${first.container} of pod ${first.pod}`;
    const others = live.length > 1 ? ` (${stuck.length} of ${live.length} new pods cannot start)` : '';
    return {
      outcome: 'failed',
      summary: `${where} ${first.words.replace(/\.$/, '')}${others}.`,
      culprits: stuck.map(asCulpritOnly),
    };
  }
  const failure = memory.createFailure;
  if (!failure || now - failure.since < CREATE_FAILURE_MS) return undefined;
  const short = kind === 'Deployment' ? live.length === 0 : isShort(kind, view);
  if (!short) return undefined;
  return {
    outcome: 'failed',
    summary: `No new pod can be created: ${failure.message}.`,
    culprits: [{ pod: owned.revision?.metadata.name ?? '', reason: 'FailedCreate', message: failure.message }],
  };
}

/** The ReplicaSet's status is fresh, and no pod of it is missing from our list. */
function seesAllPods({ revision }: OwnedPods, live: Pod[]): boolean {
  if (!revision || !('spec' in revision)) return false;
  const { observedGeneration = 0, replicas = 0 } = revision.status ?? {};
  return observedGeneration >= (revision.metadata.generation ?? 0) && live.length >= replicas;
}

const isShort = (kind: WorkloadKind, { workload }: View): boolean => {
  if (!workload) return false;
  const created = kind === 'DaemonSet' ? workload.status?.currentNumberScheduled : workload.status?.replicas;
  return (created ?? 0) < desiredOf(kind, workload);
};

function stuckPod(pod: Pod, memory: Memory, now: number): Explained | undefined {
  const doom = doomOf(pod, memory.pulls);
  if (doom) return doom;
  const since = memory.unschedulableSince.get(pod.metadata.uid);
  if (since === undefined || now - since < UNSCHEDULABLE_MS || memory.scalingUp.has(pod.metadata.uid)) return undefined;
  const message = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled')?.message ?? '';
  return {
    pod: pod.metadata.name,
    reason: 'Unschedulable',
    message,
    words: `fits on no node: ${message.replace(/\.$/, '')}`,
  };
}
