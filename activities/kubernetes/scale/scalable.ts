import { ApplicationFailure } from '@temporalio/common';
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
