import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { connect, type Cluster } from '../../sandbox/kubernetes/client.js';
import type { SystemInput } from '../../systems/schema.js';
import { type Ground, reportsOf, type Site } from '../scenarios/site.js';
import { describedWorkloads, manifests, tiers, workloads } from './objects.js';

const READY_MS = 90_000;

/** A system of twelve workloads in a namespace of its own; a site like any other, so that runs are started on it in the same way. */
export interface Estate extends Site {
  description: SystemInput;
}

/**
 * Creates the twelve workloads and what stands around them, waits until all is as it should be, and writes the description. Throws
 * after 90 s, naming what is not ready.
 */
export async function createEstate(
  sandbox: SandboxState,
  ground: Ground,
  lay: (base: SystemInput) => Partial<SystemInput> = () => ({}),
): Promise<Estate> {
  const { kubernetes, registry } = sandbox;
  if (!kubernetes || !registry) throw new Error('the sandbox lacks Kubernetes or the registry');
  const name = `estate-${randomBytes(4).toString('hex')}`;
  const cluster = connect(kubernetes.kubeconfig);
  const image = (app: string, tag: string): string => `${registry.host}/team/${app}:${tag}`;
  const base = describeEstate(name, sandbox);
  const description = { ...base, ...lay(base) };
  await writeFile(join(ground.systems, `${name}.yaml`), stringify(description));
  await cluster.core.createNamespace({ body: { metadata: { name } } });
  for (const object of manifests({ namespace: name, image })) await cluster.objects.create(object);
  await settled(cluster, name);
  await pauseHalfWay(cluster, name, image('billing', '1.1'));
  return {
    ...{ name, ground, cluster, sandbox, image, description },
    reports: () => reportsOf(ground, name),
    dispose: async () => {
      await cluster.core.deleteNamespace({ name }).catch(() => undefined);
      await cluster.core.deleteCollectionPersistentVolume({ labelSelector: `estate=${name}` }).catch(() => undefined);
    },
  };
}

/** Three tiers; short times, so that a test need not wait. */
export function describeEstate(name: string, { services, slack, registry }: SandboxState): SystemInput {
  const check = (endpoint: string) => ({
    ...{ name: `${endpoint} answers`, endpoint, path: '/' },
    ...{ times: 2, attempts: 20, intervalSeconds: 0.2 },
  });
  return {
    name,
    title: `Estate ${name}`,
    environment: 'test',
    kubernetes: { namespace: name },
    tiers,
    workloads: describedWorkloads.map((one) => (one.name === 'api' ? { ...one, health: [check('api')] } : one)),
    endpoints: { web: `${services?.url}/${name}/web`, api: `${services?.url}/${name}/api` },
    smoke: [check('web')],
    channels: { ops: { type: 'slack', channel: 'C0BELAYOPS', token: 'env:SLACK_TOKEN', apiUrl: slack?.url } },
    notify: { start: ['ops'], failure: ['ops'], rollback: ['ops'], end: ['ops'], page: ['ops'] },
    policies: {
      rollingUpdate: { images: { insecureRegistries: [registry?.host ?? ''] } },
      emergency: {
        ...{ drainSeconds: 0, lockSeconds: 10, stopSeconds: 60 },
        recovery: { readySeconds: 90, bakeSeconds: 1, trafficSteps: [['web'], ['gateway']] },
      },
    },
  };
}

/** `billing` is paused with a new version in its template that no pod runs: the old pods must come back, not new ones. */
async function pauseHalfWay({ apps }: Cluster, namespace: string, image: string): Promise<void> {
  const patch = (path: string, value: unknown) =>
    apps.patchNamespacedDeployment({ namespace, name: 'billing', body: [{ op: 'add', path, value }] });
  await patch('/spec/paused', true);
  const { metadata } = await patch('/spec/template/spec/containers/0/image', image);
  await eventually('billing is paused', async () => {
    const { status } = await apps.readNamespacedDeployment({ namespace, name: 'billing' });
    return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 1) ? [] : ['billing has not been observed'];
  });
}

/** All pods ready, both autoscalers at work, the job active. */
async function settled({ apps, objects, core }: Cluster, namespace: string): Promise<void> {
  const list = async (apiVersion: string, kind: string) => (await objects.list(apiVersion, kind, namespace)).items;
  const statusOf = (item: object): Record<string, unknown> =>
    'status' in item ? (item.status as Record<string, unknown>) : {};
  await eventually('the estate is ready', async () => {
    const [deployments, statefulSets, daemonSets, pods] = await Promise.all([
      apps.listNamespacedDeployment({ namespace }),
      apps.listNamespacedStatefulSet({ namespace }),
      apps.listNamespacedDaemonSet({ namespace }),
      core.listNamespacedPod({ namespace }),
    ]);
    const ready = new Map(
      [...deployments.items, ...statefulSets.items].map(({ metadata, status }) => [
        metadata?.name,
        status?.readyReplicas ?? 0,
      ]),
    );
    const wanting = workloads.flatMap((one) =>
      'replicas' in one && ready.get(one.name) !== one.replicas ? [`${one.name}: ${ready.get(one.name) ?? 0}`] : [],
    );
    const agent = daemonSets.items[0]?.status;
    if (!agent || agent.numberReady < 1 || agent.numberReady < agent.desiredNumberScheduled) wanting.push('agent');
    const scalers = await list('autoscaling/v2', 'HorizontalPodAutoscaler');
    if (scalers.some((one) => !JSON.stringify(statusOf(one)['conditions'] ?? []).includes('ScalingActive')))
      wanting.push('autoscalers');
    const [job] = await list('batch/v1', 'Job');
    if (!job || statusOf(job)['active'] !== 1) wanting.push('job');
    if (pods.items.some(({ metadata }) => metadata?.deletionTimestamp)) wanting.push('pods that go');
    return wanting;
  });
}

async function eventually(what: string, wanting: () => Promise<string[]>): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    const open = await wanting();
    if (open.length === 0) return;
    if (Date.now() > until) throw new Error(`never: ${what}; not so: ${open.join(', ')}`);
    await sleep(200);
  }
}
