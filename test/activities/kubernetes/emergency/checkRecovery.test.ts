import { beforeAll, describe, expect, test } from '@jest/globals';
import { checkRecovery } from '../../../../activities/kubernetes/emergency/checkRecovery.js';
import { lookAtObjects } from '../../../../activities/kubernetes/emergency/lookAtObjects.js';
import { withPlace } from '../../../../activities/kubernetes/emergency/place.js';
import type { SavedObject } from '../../../../activities/kubernetes/emergency/types.js';
import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { corePath, workloadPath } from '../../../../activities/kubernetes/model/paths.js';
import type { WorkloadRef } from '../../../../activities/kubernetes/types.js';
import {
  clientsWithRights,
  cluster,
  type Cluster,
  create,
  deploy,
  healthy,
  live,
  merge,
  REPOSITORY,
  runner,
  sandbox,
  SANDBOX_MS,
  until,
} from '../support.js';
import { inPlace, make, surveyInput } from './support.js';

const VALUE = 'v4lue-that-nobody-may-see';

let registry = '';
beforeAll(async () => {
  registry = (await sandbox('kubernetes', 'registry')).registry?.host ?? '';
}, SANDBOX_MS);

const check = (
  { clients, namespace }: Pick<Cluster, 'clients' | 'namespace'>,
  objects: SavedObject[],
  mirror = registry,
) => {
  const images = { insecureRegistries: [mirror], mirrors: { 'registry.example.com': mirror } };
  const place = { namespace };
  const { run } = runner({ startToCloseTimeoutMs: 15_000 });
  return run(
    () =>
      withPlace(
        () => clients,
        place,
        (calls) => checkRecovery(calls, { place, objects, images }),
      ),
    null,
  );
};

const saved = async ({ clients, namespace }: Cluster): Promise<SavedObject[]> =>
  (await inPlace(clients, namespace, (calls) => lookAtObjects(calls, surveyInput(namespace)))).objects;

const stop = ({ clients }: Cluster, ref: WorkloadRef) => merge(clients, workloadPath(ref), { spec: { replicas: 0 } });

const remove = (clients: KubeClients, path: string) => clients.call({ method: 'DELETE', path });

/** A workload that refers to a ConfigMap, to a key of a Secret, and has room. */
const referring = (where: Cluster, name: string, replicas: number, { secret = 'db', tag = '1.0' } = {}) =>
  deploy(where, {
    name,
    replicas,
    tag,
    container: {
      envFrom: [{ configMapRef: { name: 'settings' } }],
      env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: secret, key: 'password' } } }],
      resources: { requests: { cpu: '10m', memory: '16Mi' } },
    },
  });

async function fill(where: Cluster): Promise<void> {
  const { clients, namespace } = where;
  await create(clients, corePath(namespace, 'configmaps'), { metadata: { name: 'settings' }, data: { mode: VALUE } });
  await create(clients, corePath(namespace, 'secrets'), { metadata: { name: 'db' }, stringData: { password: VALUE } });
}

describe('checkRecovery', () => {
  test('a system that was stopped can come back, and has not drifted', async () => {
    const where = await cluster();
    await fill(where);
    const web = await referring(where, 'web', 2);
    const db = await deploy(where, {
      kind: 'StatefulSet',
      name: 'db',
      replicas: 1,
      spec: {
        volumeClaimTemplates: [
          {
            metadata: { name: 'data' },
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        ],
      },
    });
    await deploy(where, { kind: 'DaemonSet', name: 'agent' });
    await deploy(where, { name: 'asleep', tag: '1.0-gone', replicas: 0 });
    await healthy(where, web);
    await until('its claim is made', () =>
      where.clients.call({ path: corePath(where.namespace, 'persistentvolumeclaims', 'data-db-0') }),
    );
    const before = await saved(where);
    await stop(where, web);
    await stop(where, db);
    const agent = workloadPath({ namespace: where.namespace, kind: 'DaemonSet', name: 'agent' });
    await merge(where.clients, agent, {
      spec: { template: { spec: { nodeSelector: { 'belay.dev/stopped': 'yes' } } } },
    });
    expect(await check(where, before)).toEqual({ problems: [], warnings: [], drift: [] });
  });

  test('everything that is in the way is named, with what to do', async () => {
    const where = await cluster();
    const { clients, namespace } = where;
    await fill(where);
    const web = await referring(where, 'web', 2);
    const gone = await deploy(where, { name: 'gone', replicas: 1 });
    const anew = await deploy(where, { name: 'anew', replicas: 1 });
    const huge = await deploy(where, {
      name: 'huge',
      replicas: 0,
      container: { resources: { requests: { cpu: '500' } } },
    });
    const claiming = await deploy(where, {
      name: 'claiming',
      replicas: 1,
      spec: {
        template: {
          metadata: { labels: { app: 'claiming' } },
          spec: {
            serviceAccountName: 'robot',
            containers: [{ name: 'app', image: `${REPOSITORY}:1.0-gone` }],
            volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
          },
        },
      },
    });
    const scale = {
      minReplicas: 1,
      maxReplicas: 5,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    };
    await make(clients, 'HorizontalPodAutoscaler', namespace, 'web', { spec: scale });
    const before = (await saved(where)).map((one) =>
      one.ref.name === 'huge' ? { ...one, fields: { '/spec/replicas': 1 } } : one,
    );

    for (const ref of [web, gone, anew, huge, claiming]) await stop(where, ref);
    await remove(clients, corePath(namespace, 'configmaps', 'settings'));
    await merge(clients, corePath(namespace, 'secrets', 'db'), { data: { password: null, other: 'eA==' } });
    for (const ref of [gone, anew]) {
      await remove(clients, workloadPath(ref));
      await until('it is gone', async () =>
        live(where, ref).then(
          () => false,
          () => true,
        ),
      );
    }
    await deploy(where, { name: 'anew', replicas: 0 });
    await deploy(where, { name: 'newcomer', replicas: 0 });
    await merge(clients, `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/web`, {
      spec: { minReplicas: 3 },
    });
    await create(clients, corePath(namespace, 'resourcequotas'), {
      metadata: { name: 'small' },
      spec: { hard: { pods: '1' } },
    });
    await until('the quota counts', async () => {
      const path = corePath(namespace, 'resourcequotas', 'small');
      return (await clients.call<{ status?: { used?: object } }>({ path })).body.status?.used;
    });

    const { problems, warnings, drift } = await check(where, before);
    const expected = [
      /^Deployment\/gone is gone: .+ kubectl -n act-\w+ scale deployment\/gone --replicas=1\.$/,
      /^Deployment\/anew was created anew since the snapshot \(UID .+\), so Belay leaves it/,
      /^Image registry\.example\.com\/team\/web:1\.0-gone is not in its registry \(MANIFEST_UNKNOWN.+: the pods of Deployment\/claiming start only/,
      /^ConfigMap settings is missing\. The pods of Deployment\/web cannot start/,
      /^Secret db has no key password\. The pods of Deployment\/web/,
      /^ServiceAccount robot is missing\. The pods of Deployment\/claiming/,
      /^PersistentVolumeClaim data is missing\./,
      /^The pods that come back need 500\.02 CPU, and the ready nodes have .+ CPU left/,
      /^A pod of Deployment\/huge needs 500 CPU/,
      /^ResourceQuota small leaves no room: of pods .+ of 1 is used, and the pods that come back need 4 more/,
    ];
    for (const one of expected) expect(problems).toContainEqual(expect.stringMatching(one));
    expect(problems).toHaveLength(expected.length);
    expect(warnings).toEqual([]);
    expect(drift).toHaveLength(4);
    expect(drift).toEqual(
      expect.arrayContaining([
        { key: 'Deployment/gone', what: 'uid', was: expect.any(String), is: null },
        { key: 'Deployment/anew', what: 'uid', was: expect.any(String), is: expect.any(String) },
        { key: 'Deployment/newcomer', what: 'uid', was: null, is: expect.any(String) },
        { key: 'HorizontalPodAutoscaler/web', what: 'min', was: 1, is: 3 },
      ]),
    );
    expect(JSON.stringify({ problems, warnings, drift })).not.toContain(VALUE);
  });

  test('a namespace that is not there, or goes, is the one problem', async () => {
    const { clients } = await cluster();
    expect(await check({ clients, namespace: 'act-never-was' }, [])).toEqual({
      problems: [expect.stringMatching(/^Namespace act-never-was does not exist in the cluster of context /)],
      warnings: [],
      drift: [],
    });
    const going = await cluster();
    // A finalizer keeps it in the state of being deleted.
    const held = { metadata: { name: 'held', finalizers: ['belay.dev/test'] } };
    await create(clients, corePath(going.namespace, 'configmaps'), held);
    await remove(clients, `/api/v1/namespaces/${going.namespace}`);
    expect((await check(going, [])).problems).toEqual([
      expect.stringMatching(/^Namespace .+ has been being deleted since /),
    ]);
    await merge(clients, corePath(going.namespace, 'configmaps', 'held'), { metadata: { finalizers: null } });
  });

  test('what may not be read, and a registry that is away, are warnings', async () => {
    const where = await cluster();
    await fill(where);
    const web = await referring(where, 'web', 1);
    await healthy(where, web);
    const before = await saved(where);
    await stop(where, web);
    const clients = await clientsWithRights(where, 'reader', [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
    await until(
      'it holds',
      async () => (await clients.call({ path: corePath(where.namespace, 'pods') })) !== undefined,
    );
    const { problems, warnings, drift } = await check({ clients, namespace: where.namespace }, before, '127.0.0.1:1');
    expect({ problems, drift }).toEqual({ problems: [], drift: [] });
    for (const right of [
      'list statefulsets.apps',
      'get secrets',
      'get configmaps',
      'list serviceaccounts',
      'list resourcequotas',
    ])
      expect(warnings).toContainEqual(expect.stringContaining(`The worker may not ${right} `));
    expect(warnings.join()).not.toContain('poddisruptionbudgets');
    expect(warnings).toContainEqual(
      expect.stringMatching(/^The worker may not list (nodes|pods) in the whole cluster/),
    );
    expect(warnings).toContainEqual(
      expect.stringMatching(/^Registry registry\.example\.com does not tell \(.+\), so one image was not checked: /),
    );
  });

  test('200 workloads, each with an image and a Secret of its own, take seconds', async () => {
    const where = await cluster();
    await fill(where);
    const names = Array.from({ length: 200 }, (_, index) => `w-${index}`);
    const secrets = corePath(where.namespace, 'secrets');
    await Promise.all(
      names.map(async (name) => {
        await create(where.clients, secrets, { metadata: { name }, stringData: { password: VALUE } });
        await referring(where, name, 0, { secret: name, tag: `1.0.${name}.0` });
      }),
    );
    const before = (await saved(where)).map((one) => ({ ...one, fields: { '/spec/replicas': 2 } }));
    const started = Date.now();
    const result = await check(where, before);
    const took = Date.now() - started;
    process.stderr.write(`checked 200 workloads in ${took} ms\n`);
    expect(result).toEqual({ problems: [], warnings: [], drift: [] });
    expect(before).toHaveLength(200);
    expect(took).toBeLessThan(10_000);
  });
});
