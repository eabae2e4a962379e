import { desiredOf } from '../model/counts.js';
import type { Workload } from '../model/objects.js';
import { isLeaving, isReady, type OwnedPods } from '../rollout/ownedPods.js';
import { unfinished } from '../rollout/rolloutStatus.js';
import type { WorkloadKind } from '../types.js';

/** Why the workload is not complete and healthy right now; undefined when it is. Zero replicas prove nothing, so they are no health. Pure. */
export function unhealthyBecause(kind: WorkloadKind, workload: Workload, owned: OwnedPods): string | undefined {
  if (workload.metadata.deletionTimestamp !== undefined) return 'it is being deleted';
  if (desiredOf(kind, workload) === 0) return kind === 'DaemonSet' ? 'no node takes its pods' : 'it is scaled to zero';
  const open = unfinished(kind, workload);
  if (open.length > 0) return open.join(', ');
  const unready = [...owned.newPods, ...owned.oldPods].filter((pod) => !isLeaving(pod) && !isReady(pod));
  // Evicted and completed pods stay listed and say nothing about those that serve.
  const active = unready.filter((pod) => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');
  return active.length > 0 ? `not ready: ${active.map((pod) => pod.metadata.name).join(', ')}` : undefined;
}
