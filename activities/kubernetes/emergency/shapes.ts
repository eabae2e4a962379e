import type { HorizontalPodAutoscaler } from '../inspect/neighbours.js';
import type { Condition, KubeObject, Pod, PodSpec, Workload } from '../model/objects.js';

/** The parts of API objects that an emergency reads, beside those of `model/objects.ts`. Raw JSON as the server sends it. */

export interface Namespace extends KubeObject {
  status?: { phase?: string };
}

export interface VolumedPodSpec extends PodSpec {
  volumes?: { persistentVolumeClaim?: { claimName?: string } }[];
}

export interface VolumedWorkload extends Workload {
  spec: Workload['spec'] & {
    ordinals?: { start?: number };
    volumeClaimTemplates?: { metadata?: { name?: string } }[];
  };
}

export interface Autoscaler extends HorizontalPodAutoscaler {
  status?: { conditions?: Condition[] | null };
}

export interface ScaledObject extends KubeObject {
  spec?: {
    scaleTargetRef?: { kind?: string; name?: string };
    minReplicaCount?: number;
    maxReplicaCount?: number;
  };
  status?: { conditions?: Condition[] | null };
}

export interface CronJob extends KubeObject {
  spec: { schedule: string; timeZone?: string | null };
}

export interface Job extends KubeObject {
  status?: { active?: number };
}

export interface Budget extends KubeObject {
  status?: { disruptionsAllowed?: number };
}

export interface Ingress extends KubeObject {
  spec?: { rules?: { host?: string }[] };
}

export interface HttpRoute extends KubeObject {
  spec?: { hostnames?: string[] };
}

export interface Service extends KubeObject {
  spec?: { selector?: Record<string, string> };
}

export interface EndpointSlice extends KubeObject {
  endpoints?: { addresses?: string[]; conditions?: { ready?: boolean }; targetRef?: { uid?: string } }[] | null;
}

/** An Argo CD Application, a Flux Kustomization or HelmRelease: what matters of them is in the fields. */
export type GitOpsObject = KubeObject;

/** All that a namespace holds of what an emergency touches or tells. */
export interface Holdings {
  deployments: VolumedWorkload[];
  statefulSets: VolumedWorkload[];
  daemonSets: VolumedWorkload[];
  pods: Pod[];
  autoscalers: Autoscaler[];
  scaledObjects: ScaledObject[];
  cronJobs: CronJob[];
  jobs: Job[];
  budgets: Budget[];
  ingresses: Ingress[];
  httpRoutes: HttpRoute[];
  services: Service[];
  endpointSlices: EndpointSlice[];
}
