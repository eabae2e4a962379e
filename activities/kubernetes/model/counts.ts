import type { RolloutCounts, WorkloadKind } from '../types.js';
import type { Condition, Workload } from './objects.js';

export const desiredOf = (kind: WorkloadKind, workload: Workload): number =>
  kind === 'DaemonSet' ? (workload.status?.desiredNumberScheduled ?? 0) : (workload.spec.replicas ?? 1);

/** The status' counts. `terminating` is the number seen among the pods where the cluster's version does not report it. */
export function countsOf(kind: WorkloadKind, workload: Workload, terminatingPods = 0): RolloutCounts {
  const status = workload.status ?? {};
  const desired = desiredOf(kind, workload);
  if (kind === 'DaemonSet') {
    return {
      desired,
      updated: status.updatedNumberScheduled ?? 0,
      ready: status.numberReady ?? 0,
      available: status.numberAvailable ?? 0,
      total: status.currentNumberScheduled ?? 0,
      terminating: terminatingPods,
    };
  }
  return {
    desired,
    updated: status.updatedReplicas ?? 0,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    total: status.replicas ?? 0,
    terminating: status.terminatingReplicas ?? terminatingPods,
  };
}

export const conditionOf = (conditions: Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type);
