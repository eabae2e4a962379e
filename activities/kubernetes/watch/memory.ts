import { countsOf } from '../model/counts.js';
import type { Pod } from '../model/objects.js';
import { rememberPullMessages, type PullMessages } from '../rollout/doomedPods.js';
import { creationFailure } from '../rollout/controllerVerdict.js';
import type { OwnedPods } from '../rollout/ownedPods.js';
import type { RestartBaseline } from '../rollout/restarts.js';
import type { WorkloadKind, WriteIdentity } from '../types.js';
import type { View } from './observation.js';

/** What one look cannot tell. Times are the worker's own, in ms, so that clocks are never compared. */
export interface Memory {
  pulls: PullMessages;
  /** Survives the worker in the heartbeat. */
  baseline: RestartBaseline;
  /** By pod UID. */
  unschedulableSince: Map<string, number>;
  /** Pods for which an autoscaler brings a node. */
  scalingUp: Set<string>;
  /** The controller cannot create pods. */
  createFailure?: { message: string; since: number };
  counts: string;
  countsSince: number;
}

export const newMemory = (baseline: RestartBaseline = {}): Memory => ({
  pulls: new Map(),
  baseline,
  unschedulableSince: new Map(),
  scalingUp: new Set(),
  counts: '',
  countsSince: 0,
});

/** Takes one look into the memory. */
export function remember(
  memory: Memory,
  kind: WorkloadKind,
  identity: WriteIdentity,
  view: View,
  owned: OwnedPods,
  now: number,
): void {
  if (!view.workload) return;
  const counts = JSON.stringify(countsOf(kind, view.workload));
  if (counts !== memory.counts) Object.assign(memory, { counts, countsSince: now });
  const waiting = new Map<string, number>();
  for (const pod of owned.newPods) {
    rememberPullMessages(pod, memory.pulls);
    if (!isUnschedulable(pod)) continue;
    waiting.set(pod.metadata.uid, memory.unschedulableSince.get(pod.metadata.uid) ?? now);
  }
  memory.unschedulableSince = waiting;
  if (kind !== 'Deployment') return;
  const replicaSet = owned.revision && 'spec' in owned.revision ? owned.revision : undefined;
  noteCreateFailure(memory, creationFailure(view.workload, identity.at, replicaSet), now);
}

/** StatefulSets and DaemonSets have no condition for it; for them the message comes from events. */
export function noteCreateFailure(memory: Memory, message: string | undefined, now: number): void {
  if (message === undefined) delete memory.createFailure;
  else memory.createFailure = { message, since: memory.createFailure?.since ?? now };
}

/** No node takes it, and nothing is being cleared away for it. */
export function isUnschedulable(pod: Pod): boolean {
  const scheduled = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled');
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable' && !pod.status?.nominatedNodeName;
}
