import { expect, test } from '@jest/globals';
import { bounded, witnesses } from '../../../../activities/kubernetes/emergency/evidence/choose.js';
import { logsOf } from '../../../../activities/kubernetes/emergency/evidence/logs.js';
import type { ObjectRef } from '../../../../activities/kubernetes/emergency/types.js';
import type { Pod } from '../../../../activities/kubernetes/model/objects.js';
import { died, pod, replicaSet, waiting } from '../samples.js';

const ref: ObjectRef = { kind: 'Deployment', apiVersion: 'apps/v1', namespace: 'prod', name: 'web', uid: 'uid-web' };

test('pods are found by owner, through the ReplicaSet, and never by label', () => {
  const stranger: Pod = { ...pod('stranger'), metadata: { ...pod('stranger').metadata, ownerReferences: [] } };
  const found = witnesses(
    'prod',
    [ref, { ...ref, name: 'api', uid: 'uid-api' }],
    [replicaSet()],
    [pod('web-1'), stranger],
  );
  expect(found).toEqual([
    { key: 'Deployment/web', pods: [pod('web-1')], uids: ['uid-web', 'uid-rs', 'uid-web-1'] },
    { key: 'Deployment/api', pods: [], uids: ['uid-api'] },
  ]);
});

test.each<[number[], number, number[], number]>([
  [[2, 3], 10, [2, 3], 0],
  [[5, 1, 5], 6, [3, 1, 2], 5],
  [[1, 1, 1], 2, [1, 1, 0], 1],
  [[], 5, [], 0],
])('of %j pods at most %i: each workload in turn', (counts, max, expected, left) => {
  const all = counts.map((count, index) => ({
    key: `Deployment/${index}`,
    pods: Array.from({ length: count }, (_, each) => pod(`p-${index}-${each}`)),
    uids: [],
  }));
  const found = bounded(all, max);
  expect(found.chosen.map((one) => one.pods.length)).toEqual(expected);
  expect(found.left).toBe(left);
});

test.each<[string, Pod, string[]]>([
  ['running', pod('p'), ['logs/p/app.log']],
  ['never started', pod('p', waiting('ContainerCreating')), []],
  ['restarted', pod('p', { restartCount: 2, lastState: died(1) }), ['logs/p/app.log', 'logs/p/app.previous.log']],
  [
    'between two lives',
    pod('p', { ...waiting('CrashLoopBackOff'), restartCount: 2, lastState: died(1) }),
    ['logs/p/app.log'],
  ],
  ['finished', pod('p', { ready: false, state: died(0) }), ['logs/p/app.log']],
])('logs of a container that is %s', (_, sample, files) => {
  expect(logsOf(sample).map((log) => log.file)).toEqual(files);
});
