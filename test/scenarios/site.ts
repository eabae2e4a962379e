import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { connect, type Cluster } from '../../sandbox/kubernetes/client.js';
import { applySystem, type SeedWorkload } from '../../sandbox/kubernetes/seed.js';
import type { SystemInput } from '../../systems/schema.js';

/** What a worker is given: a task queue, a folder of descriptions, a folder for evidence. Several sites may share one. */
export interface Ground {
  queue: string;
  folder: string;
  systems: string;
  evidence: string;
  /** Environment of a worker process. */
  env: Record<string, string>;
  dispose(): Promise<void>;
}

/** A namespace with workloads and its system description. */
export interface Site {
  /** Name of the namespace and of the system. */
  name: string;
  ground: Ground;
  cluster: Cluster;
  sandbox: SandboxState;
  /** Reference of an image in the sandbox's registry. */
  image(app: string, tag: string): string;
  /** JSON reports about this system in the evidence folder. */
  reports(): Promise<string[]>;
  /** Removes the namespace without waiting for it. */
  dispose(): Promise<void>;
}

export interface SiteOptions {
  /** Image tags by workload, or whole workloads; in the order of the description. */
  workloads: (Partial<SeedWorkload> & { name: string; tag?: string })[];
  /** Laid over the description. */
  describe?: (base: SystemInput) => Partial<SystemInput>;
}

const READY_MS = 60_000;

export async function createGround(
  { kubernetes, temporal, slack }: SandboxState,
  prefix: string,
  env: (folder: string) => Record<string, string> = () => ({}),
): Promise<Ground> {
  if (!kubernetes || !temporal || !slack) throw new Error('the sandbox lacks a component');
  const queue = `${prefix}-${randomBytes(4).toString('hex')}`;
  const folder = mkdtempSync(join(tmpdir(), `${queue}-`));
  const [systems, evidence] = [join(folder, 'systems'), join(folder, 'evidence')];
  await Promise.all([mkdir(systems), mkdir(evidence)]);
  return {
    queue,
    folder,
    systems,
    evidence,
    env: {
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      KUBECONFIG: kubernetes.kubeconfig,
      BELAY_TASK_QUEUE: queue,
      BELAY_SYSTEMS: systems,
      BELAY_EVIDENCE: evidence,
      BELAY_STICKY_SECONDS: '1',
      SLACK_TOKEN: slack.token,
      ...env(folder),
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Creates the namespace with its workloads, waits until their pods are ready, and writes the description. */
export async function createSite(sandbox: SandboxState, ground: Ground, options: SiteOptions): Promise<Site> {
  const { kubernetes, registry } = sandbox;
  if (!kubernetes || !registry) throw new Error('the sandbox lacks a component');
  const name = `site-${randomBytes(4).toString('hex')}`;
  const cluster = connect(kubernetes.kubeconfig);
  const image = (app: string, tag: string): string => `${registry.host}/team/${app}:${tag}`;
  const workloads = options.workloads.map(({ tag, ...workload }): SeedWorkload => {
    return { kind: 'Deployment', image: image(workload.name, tag ?? '1.0'), ...workload };
  });
  const base = baseDescription(name, sandbox, workloads);
  const description = { ...base, ...options.describe?.(base) };
  await writeFile(join(ground.systems, `${name}.yaml`), stringify(description));
  await applySystem(kubernetes.kubeconfig, { namespace: name, workloads });
  await Promise.all(workloads.map((workload) => settled(cluster, name, workload)));
  return {
    name,
    ground,
    cluster,
    sandbox,
    image,
    reports: () => reportsOf(ground, name),
    dispose: async () => {
      await cluster.core.deleteNamespace({ name }).catch(() => undefined);
    },
  };
}

/** JSON reports about a system in the evidence folder. */
export async function reportsOf({ evidence }: Ground, system: string): Promise<string[]> {
  const files = (await readdir(evidence, { recursive: true })).filter((file) => file.endsWith('.json'));
  const texts = await Promise.all(files.map((file) => readFile(join(evidence, file), 'utf8')));
  return texts.filter((text) => {
    const { system: of, steps } = JSON.parse(text) as { system?: string; steps?: unknown };
    return of === system && Array.isArray(steps);
  });
}

function baseDescription(name: string, sandbox: SandboxState, workloads: SeedWorkload[]): SystemInput {
  const checked = workloads.filter((workload) => workload.service ?? true);
  return {
    name,
    title: `Test site ${name}`,
    environment: 'test',
    kubernetes: { namespace: name },
    tiers: ['app'],
    workloads: workloads.map((workload) => ({ name: workload.name, kind: workload.kind, tier: 'app' })),
    endpoints: Object.fromEntries(
      checked.map((workload) => [workload.name, `${sandbox.services?.url}/${name}/${workload.name}`]),
    ),
    smoke: checked.map((workload) => ({
      name: `${workload.name} answers`,
      endpoint: workload.name,
      path: '/',
      times: 2,
      attempts: 6,
      intervalSeconds: 0.2,
    })),
    channels: { ops: { type: 'slack', channel: 'C0BELAYOPS', token: 'env:SLACK_TOKEN', apiUrl: sandbox.slack?.url } },
    notify: { start: ['ops'], failure: ['ops'], rollback: ['ops'], end: ['ops'], page: ['ops'] },
    policies: {
      rollingUpdate: {
        bakeSeconds: 1,
        deadlineSeconds: 60,
        images: { insecureRegistries: [sandbox.registry?.host ?? ''] },
      },
    },
  };
}

/** Waits until every pod of a fresh workload is ready. */
async function settled(cluster: Cluster, namespace: string, workload: SeedWorkload): Promise<void> {
  const end = Date.now() + READY_MS;
  const { kind, name } = workload;
  for (;;) {
    const status = await readyCounts(cluster, namespace, kind, name);
    if (status.ready >= status.wanted) return;
    if (Date.now() > end) throw new Error(`${kind} ${name} has ${status.ready} of ${status.wanted} pods ready`);
    await sleep(150);
  }
}

async function readyCounts({ apps }: Cluster, namespace: string, kind: SeedWorkload['kind'], name: string) {
  if (kind === 'DaemonSet') {
    const { status } = await apps.readNamespacedDaemonSet({ namespace, name });
    const wanted = status?.desiredNumberScheduled ?? 0;
    return { ready: status?.numberReady ?? 0, wanted: wanted > 0 ? wanted : 1 };
  }
  const { spec, status } =
    kind === 'Deployment'
      ? await apps.readNamespacedDeployment({ namespace, name })
      : await apps.readNamespacedStatefulSet({ namespace, name });
  return { ready: status?.readyReplicas ?? 0, wanted: spec?.replicas ?? 1 };
}
