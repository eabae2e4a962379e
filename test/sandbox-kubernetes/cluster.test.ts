import { get } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AutoscalingV2Api, BatchV1Api, Metrics, PolicyV1Api, RbacAuthorizationV1Api } from '@kubernetes/client-node';
import { fixture, SANDBOX_MS, until, type Fixture } from './support.js';

let f: Fixture;

beforeAll(async () => {
  f = await fixture();
  await f.deploy({ web: '1.0', crash: '1.0-crash' });
}, SANDBOX_MS);

afterAll(() => f?.cluster.core.deleteNamespace({ name: f.namespace }));

async function logs(app: string, options: { previous?: boolean; tailLines?: number }): Promise<string> {
  const name = (await f.pod(app)).metadata?.name ?? '';
  return f.cluster.core.readNamespacedPodLog({ namespace: f.namespace, name, ...options });
}

describe('workloads', () => {
  test('a new image replaces the pods of a Deployment', async () => {
    await until('ready', async () => (await f.status('web')).ready);
    const before = (await f.pod('web')).metadata?.uid;
    await f.deploy({ web: '1.1' });
    await until('the old pod is gone', async () => {
      const { items } = await f.cluster.core.listNamespacedPod({ namespace: f.namespace, labelSelector: 'app=web' });
      return items.length === 1 && items[0]?.metadata?.uid !== before;
    });
    const { status } = await f.cluster.apps.readNamespacedDeployment({ name: 'web', namespace: f.namespace });
    expect(status).toMatchObject({ updatedReplicas: 1, availableReplicas: 1 });
  });

  test('StatefulSets and DaemonSets run', async () => {
    await f.deploy({ store: '1.0' }, { kind: 'StatefulSet', replicas: 2 });
    await f.deploy({ agent: '1.0' }, { kind: 'DaemonSet' });
    const { namespace } = f;
    await until('StatefulSet', async () => {
      const { status } = await f.cluster.apps.readNamespacedStatefulSet({ name: 'store', namespace });
      return status?.readyReplicas === 2;
    });
    const set = await until('DaemonSet', async () => {
      const { status } = await f.cluster.apps.readNamespacedDaemonSet({ name: 'agent', namespace });
      return status?.numberReady === 2 && status;
    });
    expect(set.desiredNumberScheduled).toBe(2);
  });

  test('a Job ends, its init container before it', async () => {
    const { namespace } = f;
    await f.cluster.config.makeApiClient(BatchV1Api).createNamespacedJob({
      namespace,
      body: {
        metadata: { name: 'once' },
        spec: {
          template: {
            spec: {
              restartPolicy: 'Never',
              initContainers: [{ name: 'first', image: 'team/init:1.0' }],
              containers: [{ name: 'main', image: 'team/job:1.0' }],
            },
          },
        },
      },
    });
    const pod = await until('completion', async () => {
      const { items } = await f.cluster.core.listNamespacedPod({ namespace, labelSelector: 'job-name=once' });
      return items[0]?.status?.phase === 'Succeeded' && items[0];
    });
    expect(pod.status?.initContainerStatuses?.[0]?.state?.terminated?.reason).toBe('Completed');
  });

  test('the sick container of two is told apart', async () => {
    const { namespace } = f;
    const body = {
      metadata: { name: 'two' },
      spec: {
        containers: [
          { name: 'good', image: 'team/good:1.0' },
          { name: 'bad', image: 'team/bad:1.0-missing' },
        ],
      },
    };
    await f.cluster.core.createNamespacedPod({ namespace, body });
    const pod = await until('back-off', async () => {
      const present = await f.cluster.core.readNamespacedPod({ name: 'two', namespace });
      return present.status?.containerStatuses?.[1]?.state?.waiting?.reason === 'ImagePullBackOff' && present;
    });
    expect(pod.status?.containerStatuses?.[0]).toMatchObject({ name: 'good', ready: true });
    expect(pod.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', message: 'containers with unready status: [bad]' }),
    );
  });

  test('a request larger than every node stays unschedulable', async () => {
    const { namespace } = f;
    const resources = { requests: { cpu: '1000' } };
    const body = { metadata: { name: 'huge' }, spec: { containers: [{ name: 'app', image: 'a:1', resources }] } };
    await f.cluster.core.createNamespacedPod({ namespace, body });
    const condition = await until('verdict', async () => {
      const { status } = await f.cluster.core.readNamespacedPod({ name: 'huge', namespace });
      return status?.conditions?.find(({ type }) => type === 'PodScheduled');
    });
    expect(condition).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    expect(condition.message).toContain('2 Insufficient cpu');
  });
});

describe('what kubelets and metrics-server answer', () => {
  test('the log of a crashed container ends with its last words', async () => {
    await until('restart', async () => (await f.status('crash')).restartCount > 0);
    expect(await logs('crash', {})).toContain('panic: cannot connect to database at startup');
    expect(await logs('crash', { previous: true, tailLines: 2 })).toBe('main.main()\n\t/src/main.go:42 +0x1d\n');
    await expect(logs('web', { previous: true })).rejects.toThrow(/previous terminated container/);
  });

  test('metrics of nodes and pods', async () => {
    const metrics = new Metrics(f.cluster.config);
    expect((await metrics.getNodeMetrics()).items.map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(['node-a', 'node-b']),
    );
    const pods = await until('pod metrics', async () => {
      const { items } = await metrics.getPodMetrics(f.namespace);
      return items.length > 0 && items;
    });
    expect(pods.find(({ metadata }) => metadata.name.startsWith('web'))?.containers).toEqual([
      { name: 'app', usage: { cpu: '8000000n', memory: '13107Ki' } },
    ]);
  });

  test('a HorizontalPodAutoscaler scales by them', async () => {
    const { namespace } = f;
    await f.deploy({ busy: '1.0' });
    await f.cluster.config.makeApiClient(AutoscalingV2Api).createNamespacedHorizontalPodAutoscaler({
      namespace,
      body: {
        metadata: { name: 'busy' },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'busy' },
          maxReplicas: 3,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 10 } } },
          ],
        },
      },
    });
    // 40 % of the request are used and 10 % are wanted: four times as many, three at most.
    const deployment = await until('three replicas', async () => {
      const { status } = await f.cluster.apps.readNamespacedDeployment({ name: 'busy', namespace });
      return status?.readyReplicas === 3 && status;
    });
    expect(deployment.replicas).toBe(3);
  });
});

describe('rights and protection', () => {
  test('a service account may do only what it was given', async () => {
    const { namespace } = f;
    await f.cluster.core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'reader' } } });
    const rbac = f.cluster.config.makeApiClient(RbacAuthorizationV1Api);
    await rbac.createNamespacedRoleBinding({
      namespace,
      body: {
        metadata: { name: 'reader' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'ServiceAccount', name: 'reader', namespace }],
      },
    });
    const { status } = await f.cluster.core.createNamespacedServiceAccountToken({
      namespace,
      name: 'reader',
      body: { spec: { audiences: [], expirationSeconds: 600 } },
    });
    const ask = async (path: string): Promise<number> => {
      const { config } = f.cluster;
      const user = { name: 'reader', token: status?.token ?? '' };
      const reader = new (config.constructor as new () => typeof config)();
      const cluster = config.getCurrentCluster();
      if (!cluster) throw new Error('no cluster');
      reader.loadFromClusterAndUser(cluster, user);
      const { default: fetch } = await import('node-fetch');
      return (await fetch(`${cluster.server}${path}`, await reader.applyToFetchOptions({}))).status;
    };
    expect(await ask(`/api/v1/namespaces/${namespace}/pods`)).toBe(200);
    expect(await ask(`/api/v1/namespaces/${namespace}/secrets`)).toBe(403);
  });

  test('a PodDisruptionBudget refuses evictions', async () => {
    const { namespace } = f;
    await f.cluster.config.makeApiClient(PolicyV1Api).createNamespacedPodDisruptionBudget({
      namespace,
      body: { metadata: { name: 'web' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } },
    });
    await until('budget', async () => {
      const budget = await f.cluster.config
        .makeApiClient(PolicyV1Api)
        .readNamespacedPodDisruptionBudget({ namespace, name: 'web' });
      return budget.status?.currentHealthy === 1;
    });
    const name = (await f.pod('web')).metadata?.name ?? '';
    const eviction = { namespace, name, body: { metadata: { name, namespace } } };
    await expect(f.cluster.core.createNamespacedPodEviction(eviction)).rejects.toMatchObject({ code: 429 });
  });
});

test('nobody but the API server may ask a kubelet or the metrics server', async () => {
  const node = await f.cluster.core.readNode({ name: 'node-a' });
  const service = await f.cluster.core.readNamespacedService({ namespace: 'kube-system', name: 'metrics-server' });
  const ports = [node.status?.daemonEndpoints?.kubeletEndpoint?.Port, service.spec?.ports?.[0]?.port];
  for (const port of ports) {
    const refused = new Promise((resolve, reject) => {
      get({ port, host: '127.0.0.1', path: '/healthz', rejectUnauthorized: false }, resolve).once('error', reject);
    });
    await expect(refused).rejects.toThrow(/certificate required/);
  }
});
