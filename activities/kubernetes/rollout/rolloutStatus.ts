import type { WorkloadKind } from '../types.js';
import { conditionOf, countsOf } from '../model/counts.js';
import type { Workload } from '../model/objects.js';

/** What stands for "no deadline" in a Deployment: then there is no Progressing condition either. */
const NO_DEADLINE = 2_147_483_647;

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

export const updateStrategyOf = (kind: WorkloadKind, workload: Workload) =>
  kind === 'Deployment' ? workload.spec.strategy : workload.spec.updateStrategy;

/**
 * What still keeps the present generation from being rolled out; empty when it is complete. Stricter than `kubectl rollout status`: the
 * Deployment controller's own formula and kstatus' conditions together, and for StatefulSets availability and revisions.
 * Says nothing about whose template it is. Zero replicas: complete when nothing is left.
 */
export function unfinished(kind: WorkloadKind, workload: Workload): string[] {
  const observed = workload.status?.observedGeneration ?? 0;
  if (observed < (workload.metadata.generation ?? 0)) return ['the controller has not seen the change yet'];
  const { desired, updated, ready, available, total } = countsOf(kind, workload);
  const missing: string[] = [];
  const partition = kind === 'StatefulSet' ? (workload.spec.updateStrategy?.rollingUpdate?.partition ?? 0) : 0;
  const toUpdate = Math.max(0, desired - partition);
  if (updated < toUpdate) missing.push(`${updated} of ${toUpdate} updated`);
  if (ready < desired) missing.push(`${ready} of ${desired} ready`);
  if (available < desired) missing.push(`${available} of ${desired} available`);
  if (total < desired) missing.push(`${total} of ${desired} created`);
  if (total > desired && kind !== 'DaemonSet') missing.push(`${plural(total - desired, 'old pod')} still there`);
  if (missing.length > 0) return missing;
  if (kind === 'Deployment') return desired === 0 ? [] : unfinishedDeployment(workload, updated, desired);
  if (kind === 'StatefulSet') return unfinishedStatefulSet(workload, partition);
  return [];
}

function unfinishedDeployment(workload: Workload, updated: number, desired: number): string[] {
  if (updated > desired) return [`${plural(updated - desired, 'surplus pod')} still there`];
  const conditions = workload.status?.conditions;
  if (conditionOf(conditions, 'Available')?.status !== 'True') return ['the Available condition is not True'];
  const deadline = workload.spec.progressDeadlineSeconds ?? NO_DEADLINE;
  const progressing = conditionOf(conditions, 'Progressing');
  if (deadline === NO_DEADLINE || progressing?.reason === 'NewReplicaSetAvailable') return [];
  return [`the Progressing condition says ${progressing?.reason ?? 'nothing'} yet`];
}

function unfinishedStatefulSet(workload: Workload, partition: number): string[] {
  const { currentRevision, updateRevision } = workload.status ?? {};
  // With a partition two revisions stay side by side; with OnDelete the controller never converges by itself.
  if (partition > 0 || workload.spec.updateStrategy?.type === 'OnDelete') return [];
  return currentRevision === updateRevision ? [] : ['the current revision is not the update revision yet'];
}
