import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { ApiError } from '../../../../activities/kubernetes/api/apiError.js';
import type { Call } from '../../../../activities/kubernetes/api/clients.js';
import { readField } from '../../../../activities/kubernetes/emergency/fields.js';
import { isKept } from '../../../../activities/kubernetes/emergency/fieldPatch.js';
import { readMark } from '../../../../activities/kubernetes/emergency/mark.js';
import { keyOf } from '../../../../activities/kubernetes/emergency/place.js';
import { listPath, objectPath, RESOURCES } from '../../../../activities/kubernetes/emergency/resources.js';
import { setFields } from '../../../../activities/kubernetes/emergency/setFields.js';
import type {
  Change,
  EmergencyActivities,
  FieldChange,
  Json,
  ObjectRef,
  SavedKind,
} from '../../../../activities/kubernetes/emergency/types.js';
import type { KubeObject, Workload } from '../../../../activities/kubernetes/model/objects.js';
import { type Cluster, clientsWithRights, cluster, deploy, merge, runRef, SANDBOX_MS } from '../support.js';
import { extensions } from './extensions.js';
import { counting, inPlace, make } from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
  await extensions(where.clients);
}, SANDBOX_MS);

type Input = Parameters<EmergencyActivities['setFields']>[0];

const set = (
  changes: FieldChange[],
  more: Partial<Input> = {},
  clients: KubeClients = where.clients,
): Promise<Change[]> =>
  inPlace(clients, where.namespace, (place) =>
    setFields(place, { place: place.place, changes, run: runRef('1'), ...more }),
  );

const read = async (ref: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): Promise<KubeObject> =>
  (await where.clients.call<KubeObject>({ path: objectPath(ref) })).body;

async function refOf(kind: SavedKind, name: string): Promise<ObjectRef> {
  const { namespace } = where;
  const { metadata } = await read({ kind, namespace, name });
  return { kind, apiVersion: RESOURCES[kind].apiVersion, namespace, name, uid: metadata.uid };
}

async function made(kind: SavedKind, name: string, body: object): Promise<ObjectRef> {
  const { apiVersion } = RESOURCES[kind];
  await make(where.clients, kind, where.namespace, name, { apiVersion, kind, ...body });
  return refOf(kind, name);
}

async function deployed(name: string, replicas: number, env: Record<string, string> = {}): Promise<ObjectRef> {
  await deploy(where, { name, replicas, env, tag: '1.0-notready' });
  return refOf('Deployment', name);
}

const outcomes = (changes: Change[]): string[] => changes.map(({ outcome }) => outcome);

/** The same client, with some calls answered otherwise. */
const bent = (answer: (call: Call) => Error | undefined): KubeClients => ({
  ...where.clients,
  call: (call) => {
    const error = answer(call);
    return error ? Promise.reject(error) : where.clients.call(call);
  },
});
const apiError = (status: number, { method = 'GET', path }: Call, message = 'no') =>
  new ApiError(status, '', message, { method, path });

const hpa = {
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' },
    minReplicas: 1,
    maxReplicas: 3,
  },
};
const off = { selectPolicy: 'Disabled' };
const backend = { service: { name: 'web', port: { number: 80 } } };

describe('fields of every kind', () => {
  /** As it is made; what it is set to while down. */
  const kinds: [SavedKind, object, Record<string, Json>][] = [
    ['HorizontalPodAutoscaler', hpa, { '/spec/behavior': { scaleUp: off, scaleDown: off } }],
    ['ScaledObject', { spec: {} }, { '/metadata/annotations/autoscaling.keda.sh~1paused-replicas': '0' }],
    [
      'CronJob',
      {
        spec: {
          schedule: '0 3 * * *',
          jobTemplate: {
            spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a:1' }] } } },
          },
        },
      },
      { '/spec/suspend': true },
    ],
    ['Application', { spec: { syncPolicy: { automated: {} } } }, { '/spec/syncPolicy/automated': null }],
    ['Kustomization', { spec: {} }, { '/spec/suspend': true }],
    ['HelmRelease', { spec: { suspend: false } }, { '/spec/suspend': true }],
    [
      'Ingress',
      { spec: { ingressClassName: 'nginx', defaultBackend: backend } },
      { '/spec/ingressClassName': 'belay-stopped' },
    ],
    ['HTTPRoute', { spec: { parentRefs: [{ name: 'gateway' }], rules: [{}] } }, { '/spec/parentRefs': null }],
  ];

  test('are set, found set by a repeat, and put back as they were', async () => {
    const { namespace } = where;
    const changes: FieldChange[] = await Promise.all(
      kinds.map(async ([kind, body, fields]) => ({ ref: await made(kind, 'every', body), fields })),
    );
    const daemons = await deploy(where, { kind: 'DaemonSet', name: 'every', tag: '1.0-notready' });
    const nodeSelector = { 'belay.dev/stopped': 'true' };
    changes.push(
      { ref: await refOf('DaemonSet', daemons.name), fields: { '/spec/template/spec/nodeSelector': nodeSelector } },
      { ref: await deployed('every', 3), fields: { '/spec/replicas': 0 } },
    );
    const before = await Promise.all(changes.map(({ ref }) => read(ref)));
    const was = Object.fromEntries(
      changes.map(({ ref, fields }, index) => [
        keyOf({ namespace }, ref),
        Object.fromEntries(Object.keys(fields).map((pointer) => [pointer, readField(before[index], pointer)])),
      ]),
    );
    const mark = { snapshot: 's1', was };
    expect(outcomes(await set(changes, { mark }))).toEqual(changes.map(() => 'changed'));
    for (const { ref, fields } of changes) {
      const live = await read(ref);
      expect(readMark(live)).toEqual({ snapshot: 's1', was: was[keyOf({ namespace }, ref)] });
      for (const [pointer, value] of Object.entries(fields)) {
        const stored = readField(live, pointer);
        expect({ pointer, stored, asAsked: value === null ? stored === null : isKept(value, stored) }).toMatchObject({
          asAsked: true,
        });
      }
    }
    const second = { snapshot: 's2', was: {} };
    expect(outcomes(await set(changes, { mark: second }))).toEqual(changes.map(() => 'already'));
    for (const { ref } of changes) expect(readMark(await read(ref))?.snapshot).toBe('s1');

    const back = changes.map(({ ref }) => ({ ref, fields: was[keyOf({ namespace }, ref)] ?? {} }));
    expect(outcomes(await set(back, { unmark: true }))).toEqual(changes.map(() => 'changed'));
    for (const [index, { ref, fields }] of back.entries()) {
      const live = await read(ref);
      expect(readMark(live)).toBeUndefined();
      for (const pointer of Object.keys(fields))
        expect(readField(live, pointer)).toEqual(readField(before[index], pointer));
    }
    expect(outcomes(await set(back, { unmark: true }))).toEqual(changes.map(() => 'already'));
  });
});

describe('what stands in the way', () => {
  test('of one object does not keep the others: gone, replaced, forbidden, not ours to change', async () => {
    const gone = { ...(await deployed('gone', 0)), name: 'never-was', uid: 'gone' };
    const replaced = { ...(await deployed('replaced', 0)), uid: 'of-before' };
    const fine = await deployed('fine', 2);
    const cron = await made('HelmRelease', 'forbidden', { spec: { values: { password: 'hunter-22' } } });
    const clients = await clientsWithRights(where, 'apps-only', [
      { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'patch'] },
      { apiGroups: ['helm.toolkit.fluxcd.io'], resources: ['helmreleases'], verbs: ['get'] },
    ]);
    const fields = { '/spec/replicas': 0 };
    const startedAt = Date.now();
    const changes = await set(
      [
        { ref: gone, fields },
        { ref: { ...replaced, uid: 'of-before' }, fields: { '/spec/replicas': 5 } },
        { ref: cron, fields: { '/spec/suspend': true } },
        { ref: fine, fields },
        { ref: fine, fields: { '/spec/template/spec/serviceAccountName': 'root' } },
      ],
      {},
      clients,
    );
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(changes).toEqual([
      { key: 'Deployment/never-was', outcome: 'gone', problem: expect.stringContaining('not exist') },
      { key: 'Deployment/replaced', outcome: 'gone', problem: expect.stringContaining('another Deployment') },
      {
        key: 'HelmRelease/forbidden',
        outcome: 'failed',
        problem: expect.stringContaining('Grant patch helmreleases.helm.toolkit.fluxcd.io'),
        command: `kubectl -n ${where.namespace} patch helmreleases.helm.toolkit.fluxcd.io forbidden --type=merge -p '{"spec":{"suspend":true}}'`,
      },
      { key: 'Deployment/fine', outcome: 'changed' },
      { key: 'Deployment/fine', outcome: 'failed', problem: expect.stringContaining('never changes') },
    ]);
    expect(readField(await read(replaced), '/spec/replicas')).toBe(0);
    expect(JSON.stringify(changes)).not.toContain('hunter-22');
  });

  test('a refusal names cause and command, and no env value', async () => {
    const ref = await deployed('refused', 2, { TOKEN: 'tok-4711' });
    const clients = bent((call) =>
      call.method === 'PATCH' ? apiError(422, call, 'a policy denies it because of tok-4711') : undefined,
    );
    const [change] = await set([{ ref, fields: { '/spec/replicas': 0 } }], {}, clients);
    expect(change).toMatchObject({
      outcome: 'failed',
      problem: expect.stringContaining('a policy denies it because of [redacted]'),
      command: `kubectl -n ${where.namespace} scale deployment/refused --replicas=0`,
    });
  });

  test('no room for mark and change-cause does not keep it running', async () => {
    const ref = await deployed('full', 2);
    await merge(where.clients, objectPath(ref), { metadata: { annotations: { big: 'x'.repeat(262_060) } } });
    const mark = { snapshot: 's1', was: { 'Deployment/full': { '/spec/replicas': 2 } } };
    const [change] = await set([{ ref, fields: { '/spec/replicas': 0 } }], { mark });
    expect(change).toEqual({ key: 'Deployment/full', outcome: 'changed' });
    expect(readMark(await read(ref))).toBeUndefined();
  });

  test('others who write at the same moment are waited out', async () => {
    const ref = await deployed('busy', 1);
    let others = 0;
    const clients: KubeClients = {
      ...where.clients,
      call: async (call) => {
        if (call.method === 'PATCH' && others < 3)
          await merge(where.clients, objectPath(ref), { metadata: { labels: { other: String(++others) } } });
        return where.clients.call(call);
      },
    };
    expect(outcomes(await set([{ ref, fields: { '/spec/replicas': 0 } }], {}, clients))).toEqual(['changed']);
    expect((await read(ref)).metadata.labels).toEqual({ other: '3' });
  });
});

describe('an API server that is away', () => {
  test('throws, to be tried again, also in the middle: the repeat does the rest', async () => {
    const refs = await Promise.all(['away-1', 'away-2', 'away-3'].map((name) => deployed(name, 1)));
    const changes = refs.map((ref) => ({ ref, fields: { '/spec/replicas': 0 } }));
    const unavailable = { type: 'ApiUnavailable', nonRetryable: false };
    await expect(
      set(
        changes,
        {},
        bent((call) => apiError(0, call, 'refused')),
      ),
    ).rejects.toMatchObject(unavailable);
    let patches = 0;
    const dying = bent((call) => {
      if (call.method === 'PATCH') patches++;
      return patches > 1 ? apiError(0, call, 'refused') : undefined;
    });
    await expect(set(changes, {}, dying)).rejects.toMatchObject(unavailable);
    expect(outcomes(await set(changes)).toSorted()).toEqual(['already', 'changed', 'changed']);
  });

  test('for a moment is waited out, and a write whose answer was lost counts as changed', async () => {
    const refs = await Promise.all(['lost-1', 'lost-2'].map((name) => deployed(name, 1)));
    let lost = false;
    const clients: KubeClients = {
      ...where.clients,
      call: async (call) => {
        const answer = await where.clients.call<never>(call);
        if (call.method !== 'PATCH' || lost) return answer;
        lost = true;
        throw apiError(0, call, 'socket hang up');
      },
    };
    const changes = refs.map((ref) => ({ ref, fields: { '/spec/replicas': 0 } }));
    expect(outcomes(await set(changes, {}, clients))).toEqual(['changed', 'changed']);
    expect(lost).toBe(true);
  });

  test('that has not read the roles yet is not believed when it forbids everything', async () => {
    const ref = await deployed('roles', 1);
    const until = Date.now() + 1_000;
    const clients = bent((call) => (Date.now() < until ? apiError(403, call, 'forbidden') : undefined));
    expect(outcomes(await set([{ ref, fields: { '/spec/replicas': 0 } }], {}, clients))).toEqual(['changed']);
  });
});

test('many of a kind are listed at once and written one by one', async () => {
  const { namespace } = where;
  const refs = await Promise.all(
    Array.from({ length: 40 }, (_, index) => made('Kustomization', `many-${index}`, { spec: {} })),
  );
  const { clients, paths } = counting(where.clients);
  const changes = await set(
    refs.map((ref) => ({ ref, fields: { '/spec/suspend': true } })),
    {},
    clients,
  );
  expect(outcomes(changes)).toEqual(refs.map(() => 'changed'));
  expect(changes.map(({ key }) => key)).toEqual(refs.map((ref) => keyOf({ namespace }, ref)));
  expect(paths.filter((path) => path === listPath('Kustomization', namespace))).toHaveLength(1);
  expect(paths).toHaveLength(41);
});

test('change-cause tells what happened to a workload, and nothing of its template', async () => {
  const ref = await deployed('caused', 2, { TOKEN: 'tok-4711' });
  await set([{ ref, fields: { '/spec/replicas': 0 } }]);
  const live = (await read(ref)) as Workload;
  expect(live.metadata.annotations?.['kubernetes.io/change-cause']).toBe(
    'belay update-1: scaled from 2 to 0 by ada: test',
  );
});
