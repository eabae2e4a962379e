import type { Pod, Workload } from '../model/objects.js';
import type { ObjectRef } from './types.js';

/** stopped: no pod is left, and none will come. stopping: pods are left. wanted: it is to have pods, so waiting does not help. */
export type StopState = 'stopped' | 'stopping' | 'wanted';

/** How far a workload is on its way down. Without `workload` (gone, or not to be read) its pods alone tell. Pure. */
export function stopState(kind: ObjectRef['kind'], workload: Workload | undefined, pods: readonly Pod[]): StopState {
  if (workload && wantsPods(kind, workload)) return 'wanted';
  if (pods.length > 0) return 'stopping';
  // Until its controller has seen the change it may still make pods.
  return workload && !isObserved(workload) ? 'stopping' : 'stopped';
}

const isObserved = ({ metadata, status }: Workload): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);

function wantsPods(kind: ObjectRef['kind'], workload: Workload): boolean {
  if (kind !== 'DaemonSet') return (workload.spec.replicas ?? 1) > 0;
  return isObserved(workload) && (workload.status?.desiredNumberScheduled ?? 0) > 0;
}
