import {
  PatchStrategy,
  type KubernetesObject,
  type V1DaemonSet,
  type V1Deployment,
  type V1PodTemplateSpec,
  type V1Service,
  type V1StatefulSet,
} from '@kubernetes/client-node';
import { connect } from './client.js';

const FIELD_MANAGER = 'belay-sandbox-seed';
const PORT = 8080;

/** A workload to be created, with what the demo and the tests vary. */
export interface SeedWorkload {
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  name: string;
  image: string;
  /** Default 1; a DaemonSet has none. */
  replicas?: number;
  /** Name of the container; default `app`. */
  container?: string;
  env?: Record<string, string>;
  /** Becomes the label `belay.dev/tier`. */
  tier?: string;
  /** Whether it gets a Service of its name on port 80; default true. */
  service?: boolean;
  /** Requests a second that the sandbox's traffic generator sends to the Service. */
  trafficRps?: number;
  annotations?: Record<string, string>;
}

/**
 * Creates or updates a namespace with workloads and their Services by server-side apply; returns when the API server has
 * taken them, not when they are ready. Safe to repeat. Changes of images that others have made since are overwritten.
 */
export async function applySystem(
  kubeconfigPath: string,
  system: { namespace: string; workloads: readonly SeedWorkload[] },
): Promise<void> {
  const { objects } = connect(kubeconfigPath);
  const apply = (object: KubernetesObject): Promise<unknown> =>
    objects.patch(object, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
  const { namespace, workloads } = system;
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const workload of workloads) {
    await apply(workloadObject(namespace, workload));
    if (workload.service ?? true) await apply(serviceObject(namespace, workload));
  }
}

function workloadObject(namespace: string, workload: SeedWorkload): V1Deployment | V1StatefulSet | V1DaemonSet {
  const { kind, name, annotations, tier } = workload;
  const labels = { app: name, ...(tier === undefined ? {} : { 'belay.dev/tier': tier }) };
  const metadata = { name, namespace, labels, ...(annotations ? { annotations } : {}) };
  const spec = { selector: { matchLabels: { app: name } }, template: template(workload, labels) };
  const replicas = workload.replicas ?? 1;
  if (kind === 'DaemonSet') return { apiVersion: 'apps/v1', kind, metadata, spec };
  if (kind === 'StatefulSet')
    return { apiVersion: 'apps/v1', kind, metadata, spec: { ...spec, replicas, serviceName: name } };
  return { apiVersion: 'apps/v1', kind, metadata, spec: { ...spec, replicas } };
}

function template(workload: SeedWorkload, labels: Record<string, string>): V1PodTemplateSpec {
  return {
    metadata: { labels },
    spec: {
      containers: [
        {
          name: workload.container ?? 'app',
          image: workload.image,
          env: Object.entries(workload.env ?? {}).map(([name, value]) => ({ name, value })),
          ports: [{ name: 'http', containerPort: PORT }],
          readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 2 },
          resources: { requests: { cpu: '20m', memory: '32Mi' } },
        },
      ],
    },
  };
}

function serviceObject(namespace: string, { name, trafficRps }: SeedWorkload): V1Service {
  const labels = { app: name, ...(trafficRps === undefined ? {} : { 'belay.dev/traffic': String(trafficRps) }) };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
