import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { surveySystem } from '../../../../activities/kubernetes/emergency/survey.js';
import type { Survey, SurveyInput } from '../../../../activities/kubernetes/emergency/types.js';
import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import {
  clientsWithRights,
  cluster,
  type Cluster,
  create,
  deploy,
  merge,
  podsOf,
  SANDBOX_MS,
  until,
} from '../support.js';
import { extensions } from './extensions.js';
import { counting, inPlace, make, surveyInput } from './support.js';

let where: Cluster;
let shop: string;
let gitops: string;
beforeAll(async () => {
  where = await cluster();
  await extensions(where.clients);
  shop = where.namespace;
  gitops = (await cluster()).namespace;
  await fill();
}, SANDBOX_MS);

const survey = (input: Partial<SurveyInput> = {}, clients: KubeClients = where.clients, namespace = shop) =>
  inPlace(clients, namespace, (calls) => surveySystem(calls, surveyInput(namespace, input)));

const keda = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', controller: true, name: 'queue' };

/** A system with one of everything. */
async function fill(): Promise<void> {
  const { clients } = where;
  const tracked = { annotations: { 'argocd.argoproj.io/tracking-id': `${gitops}_shop:apps/Deployment:${shop}/web` } };
  await deploy(where, { name: 'web', replicas: 2, env: { KEY: 'topsecretvalue' }, metadata: tracked });
  await deploy(where, { name: 'idle', replicas: 0 });
  await deploy(where, { name: 'temporal', replicas: 1, container: { image: 'temporalio/server:1.29.1' } });
  await deploy(where, {
    kind: 'StatefulSet',
    name: 'db',
    replicas: 1,
    spec: { serviceName: 'db', podManagementPolicy: 'Parallel' },
  });
  await deploy(where, { kind: 'DaemonSet', name: 'agent' });
  const scaled = (name: string) => ({
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas: 1, maxReplicas: 5 },
  });
  await make(clients, 'HorizontalPodAutoscaler', shop, 'web', scaled('web'));
  const { body } = await make(clients, 'ScaledObject', shop, 'queue', { spec: { scaleTargetRef: { name: 'idle' } } });
  const { uid } = (body as { metadata: { uid: string } }).metadata;
  await make(clients, 'HorizontalPodAutoscaler', shop, 'keda-hpa-queue', {
    ...scaled('idle'),
    metadata: { ownerReferences: [{ ...keda, uid }] },
  });
  const pod = { restartPolicy: 'Never', containers: [{ name: 'app', image: 'registry.example.com/team/job:1' }] };
  await make(clients, 'CronJob', shop, 'nightly', {
    spec: { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: { template: { spec: pod } } } },
  });
  await make(clients, 'Ingress', shop, 'web', {
    spec: {
      rules: [
        {
          host: 'shop.example.com',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }],
          },
        },
      ],
    },
  });
  await make(clients, 'HTTPRoute', shop, 'api', {
    spec: { hostnames: ['api.example.com'], parentRefs: [{ name: 'gate' }], rules: [{ backendRefs: [] }] },
  });
  await create(clients, `/api/v1/namespaces/${shop}/services`, {
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  });
  await create(clients, `/apis/policy/v1/namespaces/${shop}/poddisruptionbudgets`, {
    metadata: { name: 'web' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
  });
  await make(clients, 'Application', gitops, 'shop', {
    metadata: {
      annotations: { 'argocd.argoproj.io/tracking-id': `${gitops}_root:argoproj.io/Application:${gitops}/shop` },
    },
    spec: { syncPolicy: { automated: { selfHeal: true } } },
  });
  await make(clients, 'Application', gitops, 'root', { spec: { syncPolicy: { automated: {} } } });
  await make(clients, 'Kustomization', gitops, 'apps', { spec: { suspend: false } });
}

const objectOf = ({ objects }: Survey, key: string) => objects.find(({ ref }) => `${ref.kind}/${ref.name}` === key);

describe('surveySystem', () => {
  test('finds everything that an emergency touches, in few calls, and writes nothing', async () => {
    await until('the pods are ready', async () => {
      const { surroundings, objects } = await survey();
      const pods = objects.map(({ facts }) => facts['ready']);
      return surroundings.services[0]?.readyEndpoints === 2 && pods.includes(2);
    });
    const { clients, paths } = counting(where.clients);
    const named = { kind: 'Kustomization' as const, namespace: gitops, name: 'apps' };
    const input = { workloads: [{ kind: 'Deployment' as const, name: 'web', tier: 'edge' }], gitops: [named] };
    const found = await survey(input, clients);
    expect(found).toMatchObject({ missingRights: [], problems: [], down: [] });
    expect(found.objects.map(({ ref }) => `${ref.kind}/${ref.name}`)).toEqual([
      'Deployment/idle',
      'Deployment/temporal',
      'Deployment/web',
      'StatefulSet/db',
      'DaemonSet/agent',
      'HorizontalPodAutoscaler/web',
      'ScaledObject/queue',
      'CronJob/nightly',
      'Kustomization/apps',
      'Application/shop',
      'Application/root',
      'Ingress/web',
      'HTTPRoute/api',
    ]);
    expect(objectOf(found, 'Deployment/web')).toMatchObject({
      ref: { namespace: shop, apiVersion: 'apps/v1', uid: expect.stringMatching(/.+/) },
      tier: 'edge',
      fields: { '/spec/replicas': 2 },
      facts: { ready: 2, pods: 2, managers: [`Argo CD application ${gitops}_shop`] },
    });
    expect(objectOf(found, 'StatefulSet/db')?.facts).toMatchObject({ podManagementPolicy: 'Parallel' });
    expect(objectOf(found, 'ScaledObject/queue')?.facts).toMatchObject({ autoscalers: ['keda-hpa-queue'] });
    expect(objectOf(found, 'CronJob/nightly')?.fields).toEqual({ '/spec/suspend': true });
    expect(objectOf(found, 'Application/shop')).toMatchObject({
      ref: { namespace: gitops },
      fields: { '/spec/syncPolicy/automated': { selfHeal: true } },
      facts: { manages: ['Deployment/web'] },
    });
    expect(objectOf(found, 'Application/root')?.facts['manages']).toEqual([`Application ${gitops}/shop`]);
    expect(objectOf(found, 'Ingress/web')?.facts).toEqual({ hosts: ['shop.example.com'] });
    expect(found.ours).toEqual([
      { key: 'Deployment/temporal', why: expect.stringContaining('temporalio/server:1.29.1') },
    ]);
    expect(found.surroundings).toEqual({
      services: [{ name: 'web', readyEndpoints: 2 }],
      runningJobs: [],
      budgets: [{ name: 'web', disruptionsAllowed: expect.any(Number) }],
    });
    expect(JSON.stringify(found)).not.toContain('topsecretvalue');
    expect(paths.length).toBeLessThanOrEqual(30);
  });

  test('says what is wrong', async () => {
    const { clients, namespace } = await cluster(where.kubeconfig);
    const there = { ...where, namespace };
    const marks = {
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'gone', 'kustomize.toolkit.fluxcd.io/namespace': gitops },
    };
    await deploy(there, { name: 'web', replicas: 0, metadata: marks });
    await create(clients, `/api/v1/namespaces/${namespace}/pods`, {
      metadata: { name: 'lone', labels: { app: 'lone' } },
      spec: { containers: [{ name: 'app', image: 'registry.example.com/team/lone:1' }] },
    });
    const { problems } = await survey(
      {
        workloads: [{ kind: 'StatefulSet', name: 'web', tier: 'edge' }],
        gitops: [{ kind: 'Application', namespace: gitops, name: 'nothing' }],
      },
      clients,
      namespace,
    );
    expect(problems).toEqual([
      expect.stringContaining(`StatefulSet/web is in the system's description and not in namespace ${namespace}`),
      expect.stringContaining('1 pods belong to no Deployment, StatefulSet, DaemonSet or Job and go on running: lone'),
      expect.stringContaining(`Application ${gitops}/nothing is in the system's description and not in the cluster`),
      expect.stringContaining(`Kustomization ${gitops}/gone manages Deployment/web`),
    ]);
    expect((await podsOf(there, 'lone')).length).toBe(1);
  });

  test('a namespace that is missing, and one that is being deleted', async () => {
    const nowhere = await survey({}, where.clients, 'no-such-namespace');
    expect(nowhere).toMatchObject({ objects: [], problems: [expect.stringContaining('does not exist')] });
    const { clients, namespace } = await cluster(where.kubeconfig);
    const map = `/api/v1/namespaces/${namespace}/configmaps`;
    await create(clients, map, { metadata: { name: 'held', finalizers: ['belay.dev/test'] } });
    await clients.call({ method: 'DELETE', path: `/api/v1/namespaces/${namespace}` });
    const { problems } = await survey({}, clients, namespace);
    expect(problems[0]).toContain(`Namespace ${namespace} has been being deleted since`);
    await merge(clients, `${map}/held`, { metadata: { finalizers: null } });
  });
});

describe('rights', () => {
  const rulesOf = async (file: string, name?: string): Promise<object[]> => {
    const text = await readFile(new URL(`../../../../deploy/rbac/${file}`, import.meta.url), 'utf8');
    const roles = parseAllDocuments(text).map((one) => one.toJSON() as { metadata: { name: string }; rules: object[] });
    return roles.filter(({ metadata }) => name === undefined || metadata.name === name).flatMap(({ rules }) => rules);
  };

  test('those of deploy/rbac are enough, and what GitOps needs elsewhere is named', async () => {
    const rules = [...(await rulesOf('clusterrole.yaml')), ...(await rulesOf('emergency.yaml', 'belay-emergency'))];
    const clients = await clientsWithRights(where, 'emergency', rules);
    const named = { kind: 'Kustomization' as const, namespace: gitops, name: 'apps' };
    const found = await until('the role is in force', async () => {
      const one = await survey({ gitops: [named] }, clients);
      return one.missingRights.length === 0 && one;
    });
    expect(found.objects.map(({ role }) => role)).toEqual(expect.arrayContaining(['workload', 'waker', 'route']));
    expect(found.problems).toEqual([
      expect.stringMatching(
        `^Kustomization ${gitops}/apps .* may not get kustomizations.kustomize.toolkit.fluxcd.io in`,
      ),
      expect.stringMatching(
        `^Application ${gitops}/shop manages Deployment/web .* may not get applications.argoproj.io`,
      ),
    ]);
  });

  test('a kind that may not be listed is a sentence, a right to write that lacks is named', async () => {
    const rules = [
      { apiGroups: ['apps'], resources: ['*'], verbs: ['get', 'list', 'watch', 'patch'] },
      { apiGroups: [''], resources: ['*'], verbs: ['*'] },
      { apiGroups: ['batch', 'policy', 'discovery.k8s.io'], resources: ['*'], verbs: ['*'] },
      { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: ['get', 'list'] },
    ];
    const clients = await clientsWithRights(where, 'narrow', rules);
    const found = await until('the role is in force', async () => {
      const one = await survey({}, clients);
      return objectOf(one, 'Ingress/web') && one;
    });
    expect(found.missingRights).toEqual(['patch ingresses.networking.k8s.io']);
    for (const kind of [
      'horizontalpodautoscalers.autoscaling',
      'scaledobjects.keda.sh',
      'httproutes.gateway.networking.k8s.io',
    ])
      expect(found.problems).toContainEqual(expect.stringContaining(`may not list ${kind} in namespace ${shop}`));
    expect(objectOf(found, 'Deployment/web')).toBeDefined();
  });
});
