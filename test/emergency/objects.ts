import type { SystemInput } from '../../systems/schema.js';

/** An object as it is sent to the API server. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: object;
}

/** Where the estate stands, and what its pods run. */
export interface Ground12 {
  namespace: string;
  image: (app: string, tag: string) => string;
}

/** Twelve workloads; `described: false` is in no system description, `replicas` none of a DaemonSet. */
export const workloads = [
  { kind: 'StatefulSet', name: 'database', tier: 'data', replicas: 3 },
  { kind: 'StatefulSet', name: 'queue', tier: 'data', replicas: 2 },
  { kind: 'StatefulSet', name: 'archive', tier: 'data', replicas: 0 },
  { kind: 'Deployment', name: 'api', tier: 'application', replicas: 3 },
  { kind: 'Deployment', name: 'search', tier: 'application', replicas: 2 },
  { kind: 'Deployment', name: 'importer', tier: 'application', replicas: 0 },
  { kind: 'Deployment', name: 'billing', tier: 'application', replicas: 2 },
  { kind: 'Deployment', name: 'reports', tier: 'application', replicas: 2 },
  { kind: 'DaemonSet', name: 'agent', tier: 'application' },
  { kind: 'Deployment', name: 'web', tier: 'edge', replicas: 2 },
  { kind: 'Deployment', name: 'gateway', tier: 'edge', replicas: 1 },
  { kind: 'Deployment', name: 'sidekick', replicas: 1 },
] as const satisfies { kind: string; name: string; tier?: string; replicas?: number }[];

export const tiers = ['data', 'application', 'edge'];

/** The workloads as the system's description names them; `sidekick` is not among them. */
export const describedWorkloads: NonNullable<SystemInput['workloads']> = workloads.flatMap((one) =>
  'tier' in one ? [{ kind: one.kind, name: one.name, tier: one.tier }] : [],
);

const PORT = 8080;

/** Every object of the estate, in the order in which it is created. Pure. */
export function manifests(ground: Ground12): Manifest[] {
  return [
    ...volumes(ground),
    ...workloads.map((one) => workload(ground, one)),
    ...workloads.filter(({ name }) => name !== 'sidekick').map(({ kind, name }) => service(kind, name)),
    ...autoscalers(),
    budget(),
    ...jobs(ground),
    ...ingresses(),
  ].map((object) => inNamespace(object, ground.namespace));
}

function inNamespace(object: Manifest, namespace: string): Manifest {
  if (object.kind === 'PersistentVolume') return object;
  return { ...object, metadata: { ...object.metadata, namespace } };
}

function podTemplate({ image }: Ground12, name: string, more: object = {}): object {
  const container = {
    name: 'app',
    image: image(name, '1.0'),
    ports: [{ name: 'http', containerPort: PORT }],
    readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 2 },
    resources: { requests: { cpu: '20m', memory: '32Mi' } },
  };
  return { metadata: { labels: { app: name } }, spec: { containers: [container], ...more } };
}

function workload(ground: Ground12, one: (typeof workloads)[number]): Manifest {
  const { kind, name } = one;
  // A selector of its own must come back beside whatever stopped the pods.
  const more = kind === 'DaemonSet' ? { nodeSelector: { 'kubernetes.io/os': 'linux' } } : {};
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, labels: { app: name } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: podTemplate(ground, name, more),
      ...('replicas' in one ? { replicas: one.replicas } : {}),
      ...(kind === 'StatefulSet' ? stateful(ground, name) : {}),
    },
  };
}

/** `queue` loses its claims when it is scaled down; an emergency must not take its data. */
function stateful({ namespace }: Ground12, name: string): object {
  const spec = {
    accessModes: ['ReadWriteOnce'],
    storageClassName: namespace,
    resources: { requests: { storage: '1Gi' } },
  };
  return {
    serviceName: name,
    podManagementPolicy: name === 'queue' ? 'Parallel' : 'OrderedReady',
    volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }],
    ...(name === 'queue'
      ? { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' } }
      : {}),
  };
}

/** One volume for each claim: nothing in the sandbox provisions them. */
function volumes({ namespace }: Ground12): Manifest[] {
  const claims = workloads.reduce((sum, one) => sum + (one.kind === 'StatefulSet' ? one.replicas : 0), 0);
  return Array.from({ length: claims }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `${namespace}-${index}`, labels: { estate: namespace } },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      storageClassName: namespace,
      persistentVolumeReclaimPolicy: 'Retain',
      hostPath: { path: `/volumes/${namespace}-${index}` },
    },
  }));
}

function service(kind: string, name: string): Manifest {
  const headless = kind === 'StatefulSet' ? { clusterIP: 'None' } : {};
  const ports = [{ name: 'http', port: 80, targetPort: 'http' }];
  const metadata = { name, labels: { app: name } };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: { app: name }, ports, ...headless } };
}

/** Both would hold their number of pods: these use two fifths of their request in the sandbox. One has a behaviour, one none. */
function autoscalers(): Manifest[] {
  const metrics = [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 40 } } },
  ];
  const make = (name: string, more: object): Manifest => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, metrics, ...more },
  });
  const behavior = {
    scaleUp: { selectPolicy: 'Min', policies: [{ type: 'Pods', value: 2, periodSeconds: 30 }] },
    scaleDown: { stabilizationWindowSeconds: 60 },
  };
  return [
    make('api', { minReplicas: 2, maxReplicas: 6, behavior }),
    make('search', { minReplicas: 1, maxReplicas: 4 }),
  ];
}

/** No pod of `reports` may be evicted. */
function budget(): Manifest {
  const spec = { maxUnavailable: 0, selector: { matchLabels: { app: 'reports' } } };
  return { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'reports' }, spec };
}

function jobs(ground: Ground12): Manifest[] {
  const template = podTemplate(ground, 'batch', { restartPolicy: 'Never' });
  const cron = (name: string, suspend: boolean): Manifest => ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name },
    spec: { schedule: '0 3 1 1 *', suspend, jobTemplate: { spec: { template } } },
  });
  // Jobs of the sandbox end after a second; one whose image is never pulled stays active.
  const pulling = {
    containers: [{ name: 'app', image: ground.image('batch', '1.0-missing') }],
    restartPolicy: 'Never',
  };
  const job: Manifest = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'migration' },
    spec: { template: { spec: pulling } },
  };
  return [cron('nightly', false), cron('quarterly', true), job];
}

/** By class, by the older annotation, and by neither: the last belongs to the cluster's default controller. */
function ingresses(): Manifest[] {
  const make = (name: string, spec: object, annotations?: Record<string, string>): Manifest => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, ...(annotations ? { annotations } : {}) },
    spec: { ...spec },
  });
  const backend = (name: string) => ({ service: { name, port: { name: 'http' } } });
  const rules = (name: string) => [
    { host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend: backend(name) }] } },
  ];
  return [
    make('web', { ingressClassName: 'nginx', rules: rules('web') }),
    make('gateway', { ingressClassName: 'nginx', defaultBackend: backend('gateway') }),
    make('api', { rules: rules('api') }, { 'kubernetes.io/ingress.class': 'nginx', 'example.com/owner': 'ada' }),
    make('reports', { rules: rules('reports') }),
  ];
}
