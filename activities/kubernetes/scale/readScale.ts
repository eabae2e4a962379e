import { isStatus } from '../api/apiError.js';
import type { HorizontalPodAutoscaler } from '../inspect/neighbours.js';
import type { Session } from '../session.js';
import type { Scale, WorkloadRef } from '../types.js';
import { deletesClaims, requireScalable } from './scalable.js';

/** {@link KubernetesActivities.readScale} */
export async function readScale(session: Session): Promise<Scale> {
  const { ref } = session;
  requireScalable(ref);
  const [{ body: workload }, autoscalers] = await Promise.all([session.workload(), listAutoscalers(session)]);
  return {
    uid: workload.metadata.uid,
    replicas: workload.spec.replicas ?? 1,
    ...(ref.kind === 'Deployment' ? { paused: workload.spec.paused ?? false } : {}),
    ...(deletesClaims(workload) && { deletesClaims: true as const }),
    autoscalers: scalersOf(ref, autoscalers),
  };
}

async function listAutoscalers(session: Session): Promise<HorizontalPodAutoscaler[]> {
  const path = `/apis/autoscaling/v2/namespaces/${encodeURIComponent(session.ref.namespace)}/horizontalpodautoscalers`;
  try {
    return await session.list<HorizontalPodAutoscaler>(path);
  } catch (error) {
    if (isStatus(error, 404)) return [];
    throw error;
  }
}

/** Autoscalers of the workload, with what controls them: KEDA starts pods from 0, a bare autoscaler does not. Pure. */
export function scalersOf(ref: WorkloadRef, all: HorizontalPodAutoscaler[]): Scale['autoscalers'] {
  return all
    .filter(({ spec }) => spec.scaleTargetRef.kind === ref.kind && spec.scaleTargetRef.name === ref.name)
    .map(({ metadata, spec }) => {
      const owner = metadata.ownerReferences?.find((one) => one.controller);
      return {
        name: metadata.name,
        min: spec.minReplicas ?? 1,
        max: spec.maxReplicas,
        ...(owner ? { owner: `${owner.kind} ${owner.name}` } : {}),
      };
    });
}
