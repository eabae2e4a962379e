import { beforeAll, describe, expect, test } from '@jest/globals';
import { connectByContext, createKubernetesActivities } from '../../../activities/kubernetes/index.js';
import { workloadPath } from '../../../activities/kubernetes/model/paths.js';
import type { WorkloadFacts, WorkloadRef } from '../../../activities/kubernetes/types.js';
import {
  cluster,
  type Cluster,
  create,
  deploy,
  healthy,
  merge,
  REPOSITORY,
  run,
  runRef,
  SANDBOX_MS,
  soon,
  until,
  updated,
  withRights,
} from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

const inspect = (ref: WorkloadRef) => run(where.activities.inspectWorkload, { ref, verbs: 'update' as const });

async function factsOf(ref: WorkloadRef): Promise<WorkloadFacts> {
  const found = await inspect(ref);
  if (!found.found) throw new Error(found.problem);
  return found.facts;
}

describe('inspectWorkload', () => {
  test.concurrent('tells all facts of a healthy Deployment', async () => {
    const ref = await deploy(where, { name: 'facts', env: { KEY: 'topsecretvalue' } });
    const facts = await healthy(where, ref);
    expect(facts).toEqual({
      ref,
      uid: expect.any(String),
      generation: 1,
      templateHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      containers: [{ name: 'app', image: `${REPOSITORY}:1.0` }],
      replicas: 2,
      paused: false,
      revision: '1',
      replicaSet: expect.stringMatching(/^facts-/),
      strategy: { type: 'RollingUpdate' },
      counts: { desired: 2, updated: 2, ready: 2, available: 2, total: 2, terminating: 0 },
      healthy: true,
      digests: { app: [expect.stringMatching(/^sha256:/)] },
      owners: [],
      autoscalers: [],
      exhaustedBudgets: [],
      quotaProblems: [],
      missingRights: [],
      quarantined: [],
    });
    expect(JSON.stringify(facts)).not.toContain('topsecretvalue');
  });

  test.concurrent('tells strategy and revision of StatefulSets and DaemonSets', async () => {
    const set = await healthy(where, await deploy(where, { kind: 'StatefulSet', name: 'set', replicas: 1 }));
    expect(set).toMatchObject({
      strategy: { type: 'RollingUpdate', partition: 0, podManagementPolicy: 'OrderedReady' },
    });
    expect(set.revision).toMatch(/^set-/);
    const daemons = await healthy(where, await deploy(where, { kind: 'DaemonSet', name: 'daemons' }));
    expect(daemons).toMatchObject({ replicas: 2, strategy: { type: 'RollingUpdate' } });
  });

  test.concurrent('says what is wrong with a sick workload', async () => {
    const ref = await deploy(where, { name: 'sick', tag: '1.0-notready', replicas: 1 });
    await until('it was observed', async () => (await factsOf(ref)).counts.updated === 1);
    expect(await factsOf(ref)).toMatchObject({ healthy: false, unhealthyBecause: '0 of 1 ready, 0 of 1 available' });
  });

  test.concurrent('names what there is when the name is wrong', async () => {
    await deploy(where, { name: 'neighbour', replicas: 0 });
    const typo = await inspect({ namespace: where.namespace, kind: 'Deployment', name: 'neighbuor' });
    expect(typo).toMatchObject({
      found: false,
      problem: expect.stringMatching(/neighbuor does not exist .*there are .*neighbour/),
    });
    const nowhere = await inspect({ namespace: 'no-such-namespace', kind: 'Deployment', name: 'web' });
    expect(nowhere).toMatchObject({ found: false, problem: expect.stringContaining('has no Deployment at all') });
  });

  test.concurrent('finds owners, autoscalers, and budgets without room', async () => {
    const ref = await deploy(where, {
      name: 'owned',
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
    });
    await healthy(where, ref);
    await merge(where.clients, workloadPath(ref), {
      metadata: {
        labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' },
        annotations: {
          'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/owned',
          'meta.helm.sh/release-name': 'shop',
          'meta.helm.sh/release-namespace': 'prod',
        },
      },
    });
    await create(where.clients, `/apis/autoscaling/v2/namespaces/${where.namespace}/horizontalpodautoscalers`, {
      metadata: { name: 'owned' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'owned' },
        minReplicas: 2,
        maxReplicas: 5,
      },
    });
    await create(where.clients, `/apis/policy/v1/namespaces/${where.namespace}/poddisruptionbudgets`, {
      metadata: { name: 'strict' },
      spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'owned' } } },
    });
    const facts = await until('the budget counts', async () => {
      const now = await factsOf(ref);
      return now.exhaustedBudgets.length > 0 && now;
    });
    expect(facts).toMatchObject({
      exhaustedBudgets: ['strict'],
      autoscalers: [{ name: 'owned', min: 2, max: 5 }],
      owners: [
        { manager: 'Argo CD', detail: 'application shop' },
        { manager: 'Flux', detail: 'Kustomization flux-system/apps' },
        { manager: 'Helm', detail: 'release prod/shop' },
      ],
    });
  });
});

describe('with fewer rights', () => {
  const read = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] };

  test.concurrent('inspection names every missing one and does not fail', async () => {
    const ref = await deploy(where, { name: 'limited', replicas: 1 });
    await healthy(where, ref);
    const activities = await withRights(where, 'reader', [read]);
    const found = await run(activities.inspectWorkload, { ref, verbs: 'update' as const });
    expect(found).toMatchObject({
      found: true,
      facts: {
        missingRights: expect.arrayContaining([
          'patch deployments.apps',
          'list replicasets.apps',
          'watch pods',
          'get pods/log',
          'create secrets',
          'patch configmaps',
          'list horizontalpodautoscalers.autoscaling',
          'list poddisruptionbudgets.policy',
          'list resourcequotas',
        ]),
      },
    });
    const blind = await withRights(where, 'blind', []);
    const unseen = await run(blind.inspectWorkload, { ref, verbs: 'update' as const });
    expect(unseen).toMatchObject({ found: false, problem: expect.stringContaining('may not get deployments.apps') });
  });

  test.concurrent('a write is Forbidden for good and says which right to grant', async () => {
    const { ref, before } = await updated(where, { name: 'readonly', replicas: 1 }, '1.0');
    const activities = await withRights(where, 'writeless', [read]);
    const input = { ref, uid: before.uid, templateHash: before.templateHash, run: runRef() };
    const write = run(activities.setImage, { ...input, container: 'app', image: `${REPOSITORY}:2.0` });
    await expect(write).rejects.toMatchObject({
      type: 'Forbidden',
      nonRetryable: true,
      message: expect.stringContaining(`Grant patch deployments.apps in namespace ${where.namespace}`),
    });
  });

  test.concurrent('a watch ends as Forbidden', async () => {
    const { ref, identity } = await updated(where, { name: 'unwatchable', replicas: 1 }, '2.0');
    const activities = await withRights(where, 'watchless', [read]);
    const watching = run(activities.watchRollout, { ref, identity, deadlineAt: soon() });
    await expect(watching).rejects.toMatchObject({ type: 'Forbidden', nonRetryable: true });
  });
});

describe('the connection', () => {
  const ref: WorkloadRef = { namespace: 'x', kind: 'Deployment', name: 'y', context: 'prod' };

  test.concurrent('names the contexts there are when one is unknown', async () => {
    const connect = connectByContext((config) => config.loadFromFile(where.kubeconfig));
    const activities = createKubernetesActivities({ connect });
    await expect(run(activities.inspectWorkload, { ref, verbs: 'update' as const })).rejects.toMatchObject({
      type: 'KubernetesMisconfigured',
      nonRetryable: true,
      message: expect.stringMatching(/"prod" is not in .*it knows belay-sandbox/),
    });
  });

  test.concurrent('is retried when nobody answers', async () => {
    const connect = connectByContext((config) => {
      config.loadFromFile(where.kubeconfig);
      const server = config.getCurrentCluster();
      config.loadFromClusterAndUser(
        {
          name: 'away',
          server: 'https://127.0.0.1:9',
          skipTLSVerify: false,
          ...(server?.caData ? { caData: server.caData } : {}),
        },
        { name: 'nobody' },
      );
    });
    const activities = createKubernetesActivities({ connect: () => connect() });
    await expect(run(activities.inspectWorkload, { ref, verbs: 'update' as const })).rejects.toMatchObject({
      type: 'ApiUnavailable',
      nonRetryable: false,
      message: expect.stringContaining('did not answer'),
    });
  });
});
