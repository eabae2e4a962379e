import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  createKubernetesActivities,
  connectByContext,
  type KubeClients,
} from '../../../activities/kubernetes/index.js';
import type { Pod, Workload } from '../../../activities/kubernetes/model/objects.js';
import { workloadPath, workloadsPath } from '../../../activities/kubernetes/model/paths.js';
import type {
  KubernetesActivities,
  RunRef,
  WorkloadFacts,
  WorkloadKind,
  WorkloadRef,
} from '../../../activities/kubernetes/types.js';
import { sandbox, SANDBOX_MS } from '../../setup/sandbox.js';

export { sandbox, SANDBOX_MS };

export const REPOSITORY = 'registry.example.com/team/web';

/** Failures are asserted, not printed. */
const quiet = new DefaultLogger('ERROR', () => undefined);

/** Runs an activity as a worker would, with heartbeats. */
export function runner(info: Partial<Info> = {}) {
  const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 10_000, ...info }, { logger: quiet });
  const beats: { text: string; counts: unknown; baseline: Record<string, number> }[] = [];
  environment.on('heartbeat', (beat: (typeof beats)[number]) => beats.push(structuredClone(beat)));
  return {
    beats,
    cancel: () => environment.cancel(),
    run: <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> => environment.run(activity, input),
  };
}

export const run = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> => runner().run(activity, input);

export const runRef = (id: string = randomBytes(3).toString('hex')): RunRef => ({
  workflowId: `update-${id}`,
  runId: `run-${id}`,
  actor: 'ada',
  reason: 'test',
});

export interface Cluster {
  kubeconfig: string;
  namespace: string;
  clients: KubeClients;
  activities: KubernetesActivities;
}

/** The shared sandbox's cluster and a new namespace in it. */
export async function cluster(kubeconfig?: string): Promise<Cluster> {
  const file = kubeconfig ?? (await sandbox('kubernetes')).kubernetes?.kubeconfig ?? '';
  const clients = connectByContext((config) => config.loadFromFile(file))();
  const namespace = `act-${randomBytes(4).toString('hex')}`;
  await create(clients, '/api/v1/namespaces', { metadata: { name: namespace } });
  await until('the default service account', async () => {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/default`;
    return (await clients.call({ path })).body !== undefined;
  });
  return { kubeconfig: file, namespace, clients, activities: createKubernetesActivities({ connect: () => clients }) };
}

/** Activities with the rights of a service account that has only `rules`. */
export async function withRights(where: Cluster, name: string, rules: object[]) {
  const clients = await clientsWithRights(where, name, rules);
  return createKubernetesActivities({ connect: () => clients });
}

/** The cluster as a service account that has only `rules` in the namespace. */
export async function clientsWithRights(
  { kubeconfig, namespace, clients }: Pick<Cluster, 'kubeconfig' | 'namespace' | 'clients'>,
  name: string,
  rules: object[],
): Promise<KubeClients> {
  const base = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await create(clients, base, { metadata: { name } });
  await create(clients, `${rbac}/roles`, { metadata: { name }, rules });
  await create(clients, `${rbac}/rolebindings`, {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace }],
  });
  const { body } = await clients.call<{ status: { token: string } }>({
    method: 'POST',
    path: `${base}/${name}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  const connect = connectByContext((config: KubeConfig) => {
    config.loadFromFile(kubeconfig);
    const server = config.getCurrentCluster();
    if (!server) throw new Error('no cluster');
    config.loadFromClusterAndUser(server, { name, token: body.status.token });
  });
  return connect();
}

export const create = (clients: KubeClients, path: string, body: object) =>
  clients.call({ method: 'POST', path, body });

export const merge = (clients: KubeClients, path: string, body: object) =>
  clients.call<Workload>({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });

export interface Deployed {
  kind?: WorkloadKind;
  name: string;
  tag?: string;
  replicas?: number;
  env?: Record<string, string>;
  spec?: object;
  container?: object;
  metadata?: object;
}

/** Creates a workload whose pods behave as the image's tag says; returns its ref. */
export async function deploy({ clients, namespace }: Cluster, what: Deployed): Promise<WorkloadRef> {
  const ref: WorkloadRef = { namespace, kind: what.kind ?? 'Deployment', name: what.name };
  const env = Object.entries(what.env ?? {}).map(([name, value]) => ({ name, value }));
  const container = { name: 'app', image: `${REPOSITORY}:${what.tag ?? '1.0'}`, env, ...what.container };
  await create(clients, workloadsPath(ref), {
    metadata: { name: what.name, ...what.metadata },
    spec: {
      selector: { matchLabels: { app: what.name } },
      ...(ref.kind === 'DaemonSet' ? {} : { replicas: what.replicas ?? 2 }),
      ...(ref.kind === 'StatefulSet' ? { serviceName: what.name } : {}),
      template: { metadata: { labels: { app: what.name } }, spec: { containers: [container] } },
      ...what.spec,
    },
  });
  return ref;
}

/** The facts once the workload is healthy. */
export function healthy({ activities }: Cluster, ref: WorkloadRef): Promise<WorkloadFacts> {
  return until(`${ref.name} is healthy`, async () => {
    const found = await run(activities.inspectWorkload, { ref, verbs: 'update' as const });
    if (!found.found) throw new Error(found.problem);
    if (!found.facts.healthy) throw new Error(found.facts.unhealthyBecause);
    return found.facts;
  });
}

/** Deploys, waits until it is healthy, writes an image tag. */
export async function updated(where: Cluster, what: Deployed, tag: string) {
  const ref = await deploy(where, what);
  const before = await healthy(where, ref);
  const runOf = runRef();
  const guarded = { ref, uid: before.uid, templateHash: before.templateHash, run: runOf };
  const identity = await run(where.activities.setImage, {
    ...guarded,
    container: 'app',
    image: `${REPOSITORY}:${tag}`,
  });
  return { ref, before, identity, run: runOf, guarded };
}

export const live = async ({ clients }: Cluster, ref: WorkloadRef): Promise<Workload> =>
  (await clients.call<Workload>({ path: workloadPath(ref) })).body;

export const podsOf = async ({ clients, namespace }: Cluster, app: string): Promise<Pod[]> => {
  const query = { labelSelector: `app=${app}` };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  return (await clients.call<{ items: Pod[] }>({ path, query })).body.items;
};

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
    await sleep(200);
  }
  throw new Error(`${what}: ${String(reason)}`);
}

/** Time that every rollout of these tests may take. */
export const soon = (seconds = 60): number => Date.now() + seconds * 1_000;
