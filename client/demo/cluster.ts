import { BatchV1Api, NetworkingV1Api, PatchStrategy } from '@kubernetes/client-node';
import { connect } from '../../sandbox/kubernetes/client.js';
import { applySystem } from '../../sandbox/kubernetes/seed.js';
import type { SandboxState } from '../../sandbox/kit/types.js';

const IDLE = 'batch-importer';
const FIELD_MANAGER = 'belay-demo';

const cronJob = (namespace: string, name: string, suspend: boolean): object => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name, namespace },
  spec: {
    ...{ schedule: '0 4 1 1 *', suspend },
    jobTemplate: {
      spec: {
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'ghcr.io/intendly/jobs:1' }] } },
      },
    },
  },
});

const backend = { service: { name: 'backend-relayer', port: { number: 80 } } };

/** What makes a shutdown hard to undo by hand: an autoscaler, CronJobs of which one sleeps, a route, a workload at 0. */
const neighboursIn = (namespace: string): object[] => [
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'backend-relayer', namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'backend-relayer' },
      ...{ minReplicas: 2, maxReplicas: 6 },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ],
    },
  },
  cronJob(namespace, 'settlement', false),
  cronJob(namespace, 'yearly-report', true),
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'api', namespace },
    spec: {
      ingressClassName: 'nginx',
      rules: [{ host: 'api.intendly.test', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  },
];

/** Creates what stands beside the demo's services. Safe to repeat. */
export async function prepareNeighbours(kubeconfig: string, namespace: string): Promise<void> {
  const image = 'ghcr.io/intendly/intendly-backend:1.4.1';
  await applySystem(kubeconfig, {
    namespace,
    workloads: [{ kind: 'Deployment', name: IDLE, container: IDLE, image, replicas: 0 }],
  });
  const { objects } = connect(kubeconfig);
  for (const neighbour of neighboursIn(namespace)) {
    await objects.patch(neighbour, undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply);
  }
}

/** What a person would look at: replicas, CronJobs, the Ingress' class, pods that exist. One line. */
export async function standing(state: SandboxState, namespace: string): Promise<string> {
  const { apps, core, config } = connect(state.kubernetes?.kubeconfig ?? '');
  const [batch, networking] = [config.makeApiClient(BatchV1Api), config.makeApiClient(NetworkingV1Api)];
  const [deployments, jobs, ingresses, pods] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    batch.listNamespacedCronJob({ namespace }),
    networking.listNamespacedIngress({ namespace }),
    core.listNamespacedPod({ namespace }),
  ]);
  return [
    ...deployments.items.map(({ metadata, spec }) => `${metadata?.name} ${spec?.replicas}`),
    ...jobs.items.map(({ metadata, spec }) => `${metadata?.name} ${spec?.suspend ? 'suspended' : 'active'}`),
    ...ingresses.items.map(({ metadata, spec }) => `Ingress ${metadata?.name} (${spec?.ingressClassName})`),
    `${pods.items.length} pods`,
  ].join(', ');
}
