import { ApplicationFailure } from '@temporalio/common';
import type { Workload } from '../model/objects.js';
import type { WorkloadRef } from '../types.js';
import { nameOf } from '../write/writeFailures.js';

/** Throws `Unsupported` for what has no number of replicas. */
export function requireScalable(ref: WorkloadRef): void {
  if (ref.kind !== 'DaemonSet') return;
  throw ApplicationFailure.nonRetryable(
    `${nameOf(ref)} has no number of replicas: it runs one pod on every node that fits. To stop it, give its template a nodeSelector that no node has; take it off to start it again.`,
    'Unsupported',
  );
}

/** Whether scaling down deletes volume claims, and the data in them. Pure. */
export const deletesClaims = ({ spec }: Workload): boolean =>
  spec.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete';

/** Throws `Unsupported` when so many replicas would cost data; `own` is the number before this run's own write. */
export function refuseDataLoss(ref: WorkloadRef, live: Workload, replicas: number, own: number | undefined): void {
  if (!deletesClaims(live) || replicas >= (live.spec.replicas ?? 1) || replicas === own) return;
  throw ApplicationFailure.nonRetryable(
    `${nameOf(ref)} deletes the volume claims of replicas that go (persistentVolumeClaimRetentionPolicy.whenScaled: Delete), and the data with them. Set it to Retain first; nothing was changed.`,
    'Unsupported',
  );
}
