import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Watch, type V1ContainerStatus, type V1Pod } from '@kubernetes/client-node';
import { connect, type Cluster } from '../../sandbox/kubernetes/client.js';
import { applySystem, type SeedWorkload } from '../../sandbox/kubernetes/seed.js';
import { SANDBOX_MS, sandbox } from '../setup/sandbox.js';

export { SANDBOX_MS };

export interface Fixture {
  cluster: Cluster;
  namespace: string;
  kubeconfig: string;
  servicesUrl: string;
  registryHost: string;
  /** Creates Deployments (or what the entries say) by name and image tag. */
  deploy(tags: Record<string, string>, more?: Partial<SeedWorkload>): Promise<void>;
  /** The only pod of a workload, once it has one. */
  pod(app: string): Promise<V1Pod>;
  status(app: string): Promise<V1ContainerStatus>;
}

/** The shared sandbox and a namespace of this test file's own. */
export async function fixture(): Promise<Fixture> {
  const { kubernetes, services, registry } = await sandbox('kubernetes', 'services', 'registry');
  if (!kubernetes || !services || !registry) throw new Error('the sandbox lacks a component');
  const { kubeconfig } = kubernetes;
  const cluster = connect(kubeconfig);
  const namespace = `kube-${randomBytes(4).toString('hex')}`;
  const pod = (app: string): Promise<V1Pod> =>
    until(`a pod of ${app}`, async () => {
      const { items } = await cluster.core.listNamespacedPod({ namespace, labelSelector: `app=${app}` });
      return items[0];
    });
  return {
    cluster,
    namespace,
    kubeconfig,
    servicesUrl: services.url,
    registryHost: registry.host,
    deploy: (tags, more) =>
      applySystem(kubeconfig, {
        namespace,
        workloads: Object.entries(tags).map(([name, tag]) => ({
          kind: 'Deployment',
          name,
          image: `registry.example.com/team/${name}:${tag}`,
          ...more,
        })),
      }),
    pod,
    status: async (app) => {
      const status = (await pod(app)).status?.containerStatuses?.[0];
      if (!status) throw new Error(`the pod of ${app} has no container status yet`);
      return status;
    },
  };
}

/** Asks again until there is an answer; fails with the last reason after a minute. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> {
  const end = Date.now() + 60_000;
  let reason: unknown = 'no';
  while (Date.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      reason = 'not so';
    } catch (error) {
      reason = error;
    }
    await sleep(100);
  }
  throw new Error(`${what}: ${String(reason)}`);
}

/**
 * Every container status that a watch has shown, by app, in order. A test that polls could miss one on a busy machine.
 */
export async function recordStatuses(f: Fixture): Promise<{ of(app: string): V1ContainerStatus[]; stop(): void }> {
  const seen = new Map<string, V1ContainerStatus[]>();
  const controller = await new Watch(f.cluster.config).watch(
    `/api/v1/namespaces/${f.namespace}/pods`,
    {},
    (_phase, pod: V1Pod) => {
      const app = pod.metadata?.labels?.['app'] ?? '';
      seen.set(app, [...(seen.get(app) ?? []), ...(pod.status?.containerStatuses ?? [])]);
    },
    () => undefined,
  );
  return { of: (app) => seen.get(app) ?? [], stop: () => controller.abort() };
}
