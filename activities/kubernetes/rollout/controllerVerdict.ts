import { conditionOf } from '../model/counts.js';
import type { Condition, ReplicaSet, Workload } from '../model/objects.js';

/**
 * The Deployment controller's verdict `ProgressDeadlineExceeded`, if it is about the write at `writtenAt` (ISO, server time). The
 * condition is sticky and outlives a rollback to an existing ReplicaSet, a scaling or a pause, so an older one is believed only
 * after the counts have stood still for the whole progress deadline again (`stillMs`).
 */
export function progressDeadlineExceeded(
  workload: Workload,
  generation: number,
  writtenAt: string,
  stillMs: number,
): string | undefined {
  const condition = conditionOf(workload.status?.conditions, 'Progressing');
  if (condition?.reason !== 'ProgressDeadlineExceeded' || workload.spec.paused) return undefined;
  const observed = workload.status?.observedGeneration ?? 0;
  if (observed < Math.max(generation, workload.metadata.generation ?? 0)) return undefined;
  const stoodStill = stillMs > (workload.spec.progressDeadlineSeconds ?? 600) * 1_000;
  if (!isAfter(condition.lastUpdateTime, writtenAt) && !stoodStill) return undefined;
  return condition.message ?? 'progress deadline exceeded';
}

/**
 * Why the controller cannot create a single pod of the new ReplicaSet (quota, admission), or the ReplicaSet itself. The ReplicaSet's own
 * condition cannot be about another revision; the Deployment's counts only when it is newer than our write.
 */
export function creationFailure(
  workload: Workload,
  writtenAt: string,
  replicaSet: ReplicaSet | undefined,
): string | undefined {
  if (replicaSet) {
    const failure = conditionOf(replicaSet.status?.conditions, 'ReplicaFailure');
    if (failure?.status !== 'True' || (replicaSet.status?.replicas ?? 0) > 0) return undefined;
    return failure.message ?? failure.reason;
  }
  const conditions: Condition[] = workload.status?.conditions ?? [];
  const progressing = conditionOf(conditions, 'Progressing');
  if (progressing?.reason !== 'ReplicaSetCreateError' || !isAfter(progressing.lastUpdateTime, writtenAt))
    return undefined;
  return progressing.message ?? progressing.reason;
}

/** Strictly later; both from the server, whole seconds. */
export const isAfter = (time: string | null | undefined, writtenAt: string): boolean =>
  typeof time === 'string' && Date.parse(time) > Date.parse(writtenAt);
