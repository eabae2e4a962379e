import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeClients } from '../../../../activities/kubernetes/index.js';
import { objectPath, RESOURCES } from '../../../../activities/kubernetes/emergency/resources.js';
import { setFields } from '../../../../activities/kubernetes/emergency/setFields.js';
import type { Json, Laggard, ObjectRef } from '../../../../activities/kubernetes/emergency/types.js';
import { waitReady } from '../../../../activities/kubernetes/emergency/waitReady.js';
import { waitStopped } from '../../../../activities/kubernetes/emergency/waitStopped.js';
import { isStatus } from '../../../../activities/kubernetes/api/apiError.js';
import type { Pod } from '../../../../activities/kubernetes/model/objects.js';
import { corePath } from '../../../../activities/kubernetes/model/paths.js';
import type { WorkloadKind, WorkloadRef } from '../../../../activities/kubernetes/types.js';
import {
  type Cluster,
  clientsWithRights,
  cluster,
  create,
  deploy,
  type Deployed,
  live,
  merge,
  podsOf,
  runRef,
} from '../support.js';
import { SANDBOX_MS, soon, until } from '../support.js';
import { inPlace } from './support.js';

let where: Cluster;
beforeAll(async () => {
  where = await cluster();
}, SANDBOX_MS);

interface Sample {
  ref: ObjectRef;
  replicas: number;
}

const refOf = async (ref: WorkloadRef): Promise<ObjectRef> => {
  const { kind, namespace, name } = ref;
  const { metadata } = await live(where, ref);
  return { kind, apiVersion: RESOURCES[kind].apiVersion, namespace, name, uid: metadata.uid };
};

const sample = async (what: Deployed & { replicas: number }): Promise<Sample> => ({
  ref: await refOf(await deploy(where, what)),
  replicas: what.replicas,
});

const stopped = (
  refs: ObjectRef[],
  more: { kill?: boolean; deadlineAt?: number } = {},
  clients: KubeClients = where.clients,
) =>
  inPlace(clients, where.namespace, (place) =>
    waitStopped(place, { place: place.place, workloads: refs, kill: false, deadlineAt: soon(), ...more }),
  );

const ready = (workloads: Sample[], deadlineAt = soon(), clients: KubeClients = where.clients) =>
  inPlace(clients, where.namespace, (place) => waitReady(place, { place: place.place, workloads, deadlineAt }));

const NODES = '/spec/template/spec/nodeSelector';

const fieldsDown = ({ kind }: ObjectRef): Record<string, Json> =>
  kind === 'DaemonSet' ? { [NODES]: { 'belay.dev/stopped': 'true' } } : { '/spec/replicas': 0 };

const set = (changes: { ref: ObjectRef; fields: Record<string, Json> }[]) =>
  inPlace(where.clients, where.namespace, (place) =>
    setFields(place, { place: place.place, changes, run: runRef('1') }),
  );

const down = (samples: Sample[]) => set(samples.map(({ ref }) => ({ ref, fields: fieldsDown(ref) })));
const up = (samples: Sample[]) =>
  set(
    samples.map(({ ref, replicas }) => ({
      ref,
      fields: ref.kind === 'DaemonSet' ? { [NODES]: null } : { '/spec/replicas': replicas },
    })),
  );

const podPath = (pod: Pod | undefined): string => corePath(where.namespace, 'pods', pod?.metadata.name ?? '');
const one = ({ left }: { left: Laggard[] }): Laggard | undefined => left[0];

describe('a system of twelve workloads of all kinds', () => {
  test('goes down until no pod is left, and comes back until every pod is ready', async () => {
    const of = (kind: WorkloadKind, name: string, replicas: number, spec: object = {}) => ({
      kind,
      name,
      replicas,
      spec,
    });
    const all = await Promise.all(
      [
        of('Deployment', 'twelve-a', 3),
        of('Deployment', 'twelve-b', 1),
        of('Deployment', 'twelve-c', 2),
        of('Deployment', 'twelve-zero', 0),
        of('Deployment', 'twelve-paused', 2, { paused: true }),
        of('Deployment', 'twelve-slow', 2, { minReadySeconds: 1 }),
        of('StatefulSet', 'twelve-ordered', 3),
        of('StatefulSet', 'twelve-parallel', 3, { podManagementPolicy: 'Parallel' }),
        of('StatefulSet', 'twelve-delete', 1, { updateStrategy: { type: 'OnDelete' } }),
        of('StatefulSet', 'twelve-none', 0),
        of('DaemonSet', 'twelve-nodes', 1),
        of('DaemonSet', 'twelve-agents', 1),
      ].map(sample),
    );
    const refs = all.map(({ ref }) => ref);
    // A Deployment that is made paused has no ReplicaSet to make pods of: then none are to come.
    const wanted = all.map((each) => (each.ref.name === 'twelve-paused' ? { ...each, replicas: 0 } : each));
    expect((await ready(wanted)).left).toEqual([]);
    const before = await podsIn();
    expect(before.length).toBeGreaterThan(16);

    expect((await down(all)).map(({ outcome }) => outcome)).toEqual(
      all.map(({ ref }) => (['twelve-zero', 'twelve-none'].includes(ref.name) ? 'already' : 'changed')),
    );
    expect(await stopped(refs)).toEqual({ left: [], pods: 0, tookMs: expect.any(Number) });
    expect(await podsIn()).toEqual([]);
    expect((await stopped(refs)).left).toEqual([]);

    const starting = up(all);
    expect((await ready(wanted)).left).toEqual([]);
    expect((await starting).map(({ outcome }) => outcome)).not.toContain('failed');
    expect((await podsIn()).length).toBe(before.length);
  });

  const podsIn = async (): Promise<Pod[]> => {
    const path = corePath(where.namespace, 'pods');
    const { body } = await where.clients.call<{ items: Pod[] }>({ path });
    return body.items.filter(({ metadata }) => metadata.name.startsWith('twelve-'));
  };
});

describe('what does not stop', () => {
  test('a pod that a finalizer holds is named with the command that takes it off', async () => {
    const held = await sample({ name: 'held', replicas: 2 });
    await ready([held]);
    const [pod] = await podsOf(where, 'held');
    await merge(where.clients, podPath(pod), { metadata: { finalizers: ['example.com/backup'] } });
    await down([held]);
    const late = await stopped([held.ref], { deadlineAt: soon(4) });
    expect(late.pods).toBe(1);
    expect(late.left).toMatchObject([
      {
        key: 'Deployment/held',
        count: 1,
        why: expect.stringContaining('held by the finalizer example.com/backup'),
        command: expect.stringContaining(`patch pod ${pod?.metadata.name} --type=merge`),
        evidence: [{ pod: pod?.metadata.name, reason: 'Terminating' }],
      },
    ]);
    const killed = await stopped([held.ref], { deadlineAt: soon(2), kill: true });
    expect(one(killed)?.why).toContain('example.com/backup');
    const waiting = stopped([held.ref]);
    await merge(where.clients, podPath(pod), { metadata: { finalizers: null } });
    expect((await waiting).left).toEqual([]);
  });

  test('kill leaves no grace, not to a pod that is terminating already, and says what it may not delete', async () => {
    const stubborn = await sample({ name: 'stubborn', replicas: 2 });
    await ready([stubborn]);
    // On a node that does not exist no kubelet ends the containers.
    const [pod] = await podsOf(where, 'stubborn');
    const { labels, ownerReferences } = pod?.metadata ?? {};
    await create(where.clients, corePath(where.namespace, 'pods'), {
      metadata: { name: 'stubborn-lost', labels, ownerReferences },
      spec: { nodeName: 'nobody', containers: [{ name: 'app', image: 'registry.example.com/team/web:1.0' }] },
    });
    await down([stubborn]);
    const late = await stopped([stubborn.ref], { deadlineAt: soon(4) });
    expect(late.left).toMatchObject([
      {
        count: 1,
        why: expect.stringContaining('its node nobody does not exist any more'),
        command: `kubectl -n ${where.namespace} delete pod stubborn-lost --force --grace-period=0`,
      },
    ]);
    const clients = await clientsWithRights(where, 'no-delete', [
      { apiGroups: ['', 'apps'], resources: ['pods', 'deployments', 'replicasets'], verbs: ['list', 'watch'] },
    ]);
    const refused = await stopped([stubborn.ref], { deadlineAt: soon(2), kill: true }, clients);
    expect(one(refused)?.why).toMatch(/deleting it was refused: .*cannot delete resource "pods"/);
    expect(await stopped([stubborn.ref], { kill: true })).toMatchObject({ left: [], pods: 0 });
  });

  test('a workload that somebody scales up meanwhile is told with his name, and not waited for', async () => {
    const [fought, quiet] = await Promise.all([
      sample({ name: 'fought', replicas: 1 }),
      sample({ kind: 'StatefulSet', name: 'quiet', replicas: 1 }),
    ]);
    await ready([fought, quiet]);
    await down([fought, quiet]);
    await where.clients.call({
      method: 'PATCH',
      path: objectPath(fought.ref),
      query: { fieldManager: 'kubectl-scale' },
      contentType: 'application/merge-patch+json',
      body: { spec: { replicas: 2 } },
    });
    const seen = await stopped([fought.ref, quiet.ref], { deadlineAt: soon(60), kill: true });
    expect(seen.tookMs).toBeLessThan(30_000);
    expect(seen.left).toMatchObject([
      {
        key: 'Deployment/fought',
        why: expect.stringMatching(/^it is to have 2 replicas, last written by kubectl-scale at 20/),
        command: `kubectl -n ${where.namespace} scale deployment/fought --replicas=0`,
      },
    ]);
  });

  test('another object under the same name is not ours to wait for or to kill', async () => {
    const first = await sample({ name: 'again', replicas: 1 });
    await ready([first]);
    await where.clients.call({
      method: 'DELETE',
      path: objectPath(first.ref),
      body: { propagationPolicy: 'Foreground' },
    });
    await until('it is gone', async () =>
      live(where, { ...first.ref, kind: 'Deployment' }).then(
        () => false,
        (error: unknown) => isStatus(error, 404),
      ),
    );
    const second = await sample({ name: 'again', replicas: 1 });
    await ready([second]);
    const [pod] = await podsOf(where, 'again');
    expect(await stopped([first.ref], { kill: true })).toMatchObject({ left: [], pods: 0 });
    expect((await podsOf(where, 'again')).map(({ metadata }) => metadata.uid)).toEqual([pod?.metadata.uid]);
    expect(one(await ready([first], soon(1)))?.why).toContain('does not exist any more, or was created anew');
  });

  test('a kind that may not be read is judged by its pods', async () => {
    const [seen, unseen] = await Promise.all([
      sample({ name: 'seen', replicas: 1 }),
      sample({ kind: 'StatefulSet', name: 'unseen', replicas: 1 }),
    ]);
    const clients = await clientsWithRights(where, 'half-blind', [
      { apiGroups: ['', 'apps'], resources: ['pods', 'deployments', 'replicasets'], verbs: ['list', 'watch'] },
    ]);
    expect((await ready([seen, unseen], soon(), clients)).left).toEqual([]);
    await down([seen, unseen]);
    expect((await stopped([seen.ref, unseen.ref], {}, clients)).left).toEqual([]);
    expect([...(await podsOf(where, 'seen')), ...(await podsOf(where, 'unseen'))]).toEqual([]);
    const blind = await clientsWithRights(where, 'blind', []);
    await expect(stopped([seen.ref], {}, blind)).rejects.toMatchObject({ type: 'Forbidden', nonRetryable: true });
  }, 60_000);
});

describe('what does not come back', () => {
  test('is told with evidence, and what is paused or ordered comes all the same', async () => {
    const [crashing, never, pausing, ordered] = await Promise.all([
      sample({ name: 'crashing', replicas: 1, tag: '1.0-crash', env: { TOKEN: 'tok-4711' } }),
      sample({ kind: 'StatefulSet', name: 'never', replicas: 1, tag: '1.0-missing' }),
      sample({ name: 'pausing', replicas: 2 }),
      sample({ kind: 'StatefulSet', name: 'ordered', replicas: 2 }),
    ]);
    await ready([pausing, ordered]);
    await merge(where.clients, objectPath(pausing.ref), {
      spec: { paused: true, template: { metadata: { annotations: { half: 'way' } } } },
    });
    await down([pausing, ordered]);
    await stopped([pausing.ref, ordered.ref]);
    await up([pausing, ordered]);
    const { left } = await ready([crashing, never, pausing, ordered], soon(14));
    expect(left.map(({ key }) => key)).toEqual(['Deployment/crashing', 'StatefulSet/never']);
    expect(left[0]).toMatchObject({
      count: 0,
      why: expect.stringMatching(
        /^0 of 1 ready.*1 pod of 1 cannot start: container app of pod crashing-.* keeps crashing/,
      ),
      evidence: [{ reason: 'CrashLoopBackOff', log: expect.any(String), restarts: expect.any(Number) }],
    });
    expect(left[1]).toMatchObject({
      count: 0,
      why: expect.stringContaining('cannot pull'),
      evidence: [{ reason: 'ErrImagePull' }],
    });
    expect(JSON.stringify(left)).not.toContain('tok-4711');
  }, 60_000);

  test('pods that a quota refuses are told', async () => {
    const { namespace, clients } = where;
    const small = await sample({ kind: 'StatefulSet', name: 'small', replicas: 0 });
    await create(clients, corePath(namespace, 'resourcequotas'), {
      metadata: { name: 'none-of-these' },
      spec: {
        hard: { pods: '0' },
        scopeSelector: { matchExpressions: [{ scopeName: 'BestEffort', operator: 'Exists' }] },
      },
    });
    await sleep(500);
    await up([{ ...small, replicas: 1 }]);
    const { left } = await ready([{ ...small, replicas: 1 }], soon(5));
    expect(left).toMatchObject([{ key: 'StatefulSet/small', why: expect.stringContaining('exceeded quota') }]);
    await clients.call({ method: 'DELETE', path: corePath(namespace, 'resourcequotas', 'none-of-these') });
    expect((await ready([{ ...small, replicas: 1 }])).left).toEqual([]);
  }, 60_000);
});
