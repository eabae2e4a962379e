import { describe, expect, test } from '@jest/globals';
import { openPoints, type Starting } from '../../../../activities/kubernetes/emergency/judgeReady.js';
import { type StopState, stopState } from '../../../../activities/kubernetes/emergency/judgeStop.js';
import { lastWriter } from '../../../../activities/kubernetes/emergency/lastWriter.js';
import { podsOfWorkloads } from '../../../../activities/kubernetes/emergency/podOwners.js';
import { whyNotReady, stuckPods } from '../../../../activities/kubernetes/emergency/startLaggards.js';
import { commandForPods, type NodeState, whyLeft } from '../../../../activities/kubernetes/emergency/stuckPods.js';
import type { ObjectRef } from '../../../../activities/kubernetes/emergency/types.js';
import type { Pod, Workload } from '../../../../activities/kubernetes/model/objects.js';
import type { WorkloadKind } from '../../../../activities/kubernetes/types.js';
import { condition, died, later, pod, replicaSet, waiting, workload } from '../samples.js';

const refOf = (kind: WorkloadKind): ObjectRef => ({
  kind,
  apiVersion: 'apps/v1',
  namespace: 'prod',
  name: 'web',
  uid: 'uid-web',
});

const leaving = (name: string, more: object = {}): Pod => {
  const made = pod(name);
  return {
    ...made,
    metadata: {
      ...made.metadata,
      deletionTimestamp: later(30),
      deletionGracePeriodSeconds: 30,
      ...more,
    } as Pod['metadata'],
  };
};

const written = (made: Workload, manager: string, path: object): Workload => ({
  ...made,
  metadata: {
    ...made.metadata,
    managedFields: [
      { manager: 'helm', time: later(1), fieldsV1: path } as object,
      { manager, time: later(9), fieldsV1: path } as object,
      { manager: 'kube-controller-manager', time: later(20), fieldsV1: { 'f:status': {} } } as object,
    ],
  },
});
const REPLICAS = { 'f:spec': { 'f:replicas': {} } };

describe('whose pods are whose', () => {
  const owned = (name: string, kind: string, uid: string, labels = {}, phase = 'Running'): Pod => ({
    metadata: {
      name,
      uid: name,
      labels,
      ownerReferences: [{ apiVersion: 'v1', kind, name: `${name}-owner`, uid, controller: true }],
    },
    spec: { containers: [] },
    status: { phase },
  });
  const set = replicaSet();
  set.metadata.ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web', controller: true },
  ];
  const named = (name: string, hash: string) => {
    const made = owned('p', 'ReplicaSet', 'uid-unknown', { 'pod-template-hash': hash });
    for (const owner of made.metadata.ownerReferences ?? []) owner.name = name;
    return made;
  };

  test.each<[string, Pod, string | undefined]>([
    ['a Deployment, by its ReplicaSet', owned('a', 'ReplicaSet', 'uid-rs'), 'uid-web'],
    ['a StatefulSet', owned('b', 'StatefulSet', 'uid-db'), 'uid-db'],
    ['a Deployment whose ReplicaSet nobody knows, by name', named('web-5d', '5d'), 'uid-web'],
    ['nobody: another name', named('webshop-5d', '5d'), undefined],
    ['nobody: another object of the same name', owned('c', 'StatefulSet', 'uid-db-of-before'), undefined],
    ['nobody: it has ended', owned('d', 'StatefulSet', 'uid-db', {}, 'Failed'), undefined],
    ['nobody: it is alone', { ...owned('e', 'x', 'y'), metadata: { name: 'e', uid: 'e' } }, undefined],
  ])('a pod of %s', (_, one, expected) => {
    const refs = [refOf('Deployment'), { ...refOf('StatefulSet'), name: 'db', uid: 'uid-db' }];
    const found = podsOfWorkloads(refs, [set], [one]);
    expect([...found].flatMap(([uid, pods]) => (pods.length > 0 ? [uid] : []))[0]).toBe(expected);
  });
});

describe('on the way down', () => {
  test.each<[string, WorkloadKind, Workload | undefined, Pod[], StopState]>([
    ['no pods, seen by the controller', 'Deployment', workload('Deployment', {}, { replicas: 0 }), [], 'stopped'],
    [
      'no pods, not seen yet',
      'Deployment',
      workload('Deployment', { observedGeneration: 1 }, { replicas: 0 }),
      [],
      'stopping',
    ],
    ['pods', 'StatefulSet', workload('StatefulSet', {}, { replicas: 0 }), [leaving('web-0')], 'stopping'],
    ['to have pods', 'StatefulSet', workload('StatefulSet', {}, { replicas: 1 }), [], 'wanted'],
    [
      'nobody said how many',
      'Deployment',
      { ...workload('Deployment'), spec: { ...workload('Deployment').spec, replicas: undefined as never } },
      [],
      'wanted',
    ],
    ['a DaemonSet on nodes', 'DaemonSet', workload('DaemonSet'), [pod('a')], 'wanted'],
    ['a DaemonSet not seen yet', 'DaemonSet', workload('DaemonSet', { observedGeneration: 1 }), [pod('a')], 'stopping'],
    ['a DaemonSet on none', 'DaemonSet', workload('DaemonSet', { desiredNumberScheduled: 0 }), [], 'stopped'],
    ['gone, its pods not', 'Deployment', undefined, [leaving('a')], 'stopping'],
    ['gone', 'Deployment', undefined, [], 'stopped'],
  ])('%s', (_, kind, seen, pods, expected) => {
    expect(stopState(kind, seen, pods)).toBe(expected);
  });

  const now = Date.parse(later(60));
  test.each<[string, Pod, NodeState, string, string | undefined]>([
    [
      'a finalizer',
      leaving('web-0', { finalizers: ['example.com/backup'] }),
      'ready',
      'pod web-0 has been terminating since 2026-05-01T10:00:00.000Z, held by the finalizer example.com/backup',
      `kubectl -n prod patch pod web-0 --type=merge -p '{"metadata":{"finalizers":null}}'`,
    ],
    [
      'a node that does not answer',
      { ...leaving('web-0'), spec: { containers: [], nodeName: 'n1' } },
      'notReady',
      'pod web-0 has been terminating since 2026-05-01T10:00:00.000Z, its node n1 is not ready and ends nothing',
      'kubectl -n prod delete pod web-0 --force --grace-period=0',
    ],
    [
      'a node that is gone',
      { ...leaving('web-0'), spec: { containers: [], nodeName: 'n1' } },
      'gone',
      'pod web-0 has been terminating since 2026-05-01T10:00:00.000Z, its node n1 does not exist any more',
      'kubectl -n prod delete pod web-0 --force --grace-period=0',
    ],
    [
      'a long grace',
      leaving('web-0', { deletionTimestamp: later(90), deletionGracePeriodSeconds: 90 }),
      'unknown',
      `pod web-0 has been terminating since 2026-05-01T10:00:00.000Z, its grace period lasts until ${later(90)}`,
      'kubectl -n prod delete pod web-0 --force --grace-period=0',
    ],
    [
      'nobody deleting it',
      pod('web-0'),
      'ready',
      'pod web-0 is not being deleted',
      'kubectl -n prod delete pod web-0 --force --grace-period=0',
    ],
  ])('names %s', (_, one, node, why, command) => {
    expect(whyLeft([{ pod: one, node }], false, now)).toBe(why);
    expect(commandForPods({ namespace: 'prod' }, [{ pod: one, node }])).toBe(command);
  });

  test('names three pods, what was refused, and the pod that an OrderedReady StatefulSet waits for', () => {
    const stuck = ['web-0', 'web-1', 'web-2', 'web-3'].map((name, index) => ({
      pod: pod(name, { ready: false }),
      node: 'ready' as const,
      ...(index === 0 ? { refusal: 'not allowed' } : {}),
    }));
    const words = whyLeft(stuck, true, now);
    expect(words).toBe(
      'pod web-0 is not being deleted, and deleting it was refused: not allowed; pod web-1 is not being deleted; pod web-2 is not being deleted; and 1 more; an OrderedReady StatefulSet waits for web-0 to be ready',
    );
  });

  test('says who wrote a field last, whoever wrote others since', () => {
    expect(lastWriter(written(workload('Deployment'), 'kubectl', REPLICAS), 'replicas')).toBe(
      `, last written by kubectl at ${later(9)}`,
    );
    expect(lastWriter(written(workload('Deployment'), 'kubectl', REPLICAS), 'nodeSelector')).toBe('');
  });
});

describe('on the way up', () => {
  const pods = [pod('a'), pod('b')];
  const starting = (kind: WorkloadKind, seen: Workload | undefined, more: Partial<Starting> = {}): Starting => ({
    ref: refOf(kind),
    replicas: 2,
    workload: seen,
    seen: true,
    pods,
    ...more,
  });
  const stuckProgress = [condition('Available', 'True', 'x'), condition('Progressing', 'True', 'ReplicaSetUpdated')];

  test.each<[string, Starting, string[]]>([
    ['ready', starting('Deployment', workload('Deployment')), []],
    ['ready, ordered', starting('StatefulSet', workload('StatefulSet')), []],
    ['ready on all nodes', starting('DaemonSet', workload('DaemonSet')), []],
    ['was at zero', starting('Deployment', undefined, { replicas: 0, pods: [] }), []],
    [
      'not seen by its controller',
      starting('Deployment', workload('Deployment', { observedGeneration: 1 })),
      ['the controller has not seen the change yet'],
    ],
    [
      'one pod not ready',
      starting('Deployment', workload('Deployment'), { pods: [pod('a'), pod('b', { ready: false })] }),
      ['1 of 2 ready'],
    ],
    [
      'a ready pod that goes does not count',
      starting('StatefulSet', workload('StatefulSet'), { pods: [pod('a'), leaving('b')] }),
      ['1 of 2 ready'],
    ],
    [
      'not rolled out',
      starting('Deployment', workload('Deployment', { conditions: stuckProgress })),
      ['the Progressing condition says ReplicaSetUpdated yet'],
    ],
    [
      'paused: never rolled out, and ready',
      starting(
        'Deployment',
        workload('Deployment', { conditions: stuckProgress, updatedReplicas: 0 }, { paused: true }),
      ),
      [],
    ],
    [
      'OnDelete: never rolled out, and ready',
      starting(
        'StatefulSet',
        workload('StatefulSet', { updatedReplicas: 0 }, { updateStrategy: { type: 'OnDelete' } }),
      ),
      [],
    ],
    ['gone', starting('Deployment', undefined), ['it does not exist any more, or was created anew']],
    ['not to be seen: its pods tell', starting('Deployment', undefined, { seen: false }), []],
    [
      'not to be seen, and a pod is missing',
      starting('Deployment', undefined, { seen: false, pods: [pod('a')] }),
      ['1 of 2 ready'],
    ],
    [
      'an autoscaler asks for more already',
      starting('Deployment', workload('Deployment', { replicas: 5, updatedReplicas: 5 }, { replicas: 5 })),
      [],
    ],
    [
      'somebody scaled it down',
      starting('Deployment', written(workload('Deployment', {}, { replicas: 1 }), 'kubectl-edit', REPLICAS), {
        pods: [pod('a')],
      }),
      [`it is to have only 1 of 2 replicas, last written by kubectl-edit at ${later(9)}`, '1 of 2 ready'],
    ],
    [
      'fewer nodes than before',
      starting(
        'DaemonSet',
        workload('DaemonSet', {
          desiredNumberScheduled: 1,
          numberReady: 1,
          numberAvailable: 1,
          updatedNumberScheduled: 1,
          currentNumberScheduled: 1,
        }),
        { pods: [pod('a')] },
      ),
      [],
    ],
    [
      'no node fits',
      starting('DaemonSet', workload('DaemonSet', { desiredNumberScheduled: 0 }), { pods: [] }),
      ['its nodeSelector fits no node'],
    ],
  ])('%s', (_, one, expected) => {
    expect(openPoints(one)).toEqual(expected);
  });

  test('says why pods cannot start', () => {
    const crashing = pod('a', { ...waiting('CrashLoopBackOff'), lastState: died(137, 'OOMKilled') });
    const homeless = pod(
      'b',
      { ready: false },
      {
        phase: 'Pending',
        conditions: [condition('PodScheduled', 'False', 'Unschedulable', { message: '0/3 nodes are available' })],
        containerStatuses: [],
      },
    );
    const one = starting('Deployment', workload('Deployment', {}, { paused: true }), { pods: [crashing, homeless] });
    const stuck = stuckPods(one.pods, new Map());
    expect(stuck.map(({ reason }) => reason)).toEqual(['CrashLoopBackOff', 'Unschedulable']);
    expect(whyNotReady(one, stuck, 'exceeded quota')).toBe(
      '0 of 2 ready; the Deployment is paused; 2 pods of 2 cannot start: container app of pod a keeps crashing (exit code 137, OOMKilled); pods cannot be created: exceeded quota',
    );
  });
});
