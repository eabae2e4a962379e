import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../activities/kubernetes/api/apiError.js';
import { wordsOf } from '../../../../activities/kubernetes/objects/dryRun.js';
import type { Thing } from '../../../../activities/kubernetes/objects/model.js';
import { move, movesInto } from '../../../../activities/kubernetes/objects/move.js';
import { inRestoreOrder } from '../../../../activities/kubernetes/objects/order.js';
import { planFor, type Mode } from '../../../../activities/kubernetes/objects/plan.js';
import { thing } from './things.js';

test('the order of a restore: definitions first, quotas last', () => {
  const kinds = [
    'ResourceQuota',
    'Deployment',
    'Widget',
    'Secret',
    'Namespace',
    'CustomResourceDefinition',
    'ConfigMap',
    'Pod',
    'Service',
  ];
  const ordered = inRestoreOrder(kinds.map((kind) => thing(kind))).map((one) => one.kind);
  expect(ordered).toEqual([
    'CustomResourceDefinition',
    'Namespace',
    'Secret',
    'ConfigMap',
    'Service',
    'Widget',
    'Pod',
    'Deployment',
    'ResourceQuota',
  ]);
});

describe('another namespace', () => {
  test('names of copies', () => {
    expect([...movesInto(['shop'], 'copy')]).toEqual([['shop', 'copy']]);
    expect([...movesInto(['shop', 'pay'], 'copy')]).toEqual([
      ['shop', 'copy-shop'],
      ['pay', 'copy-pay'],
    ]);
  });
  test('there and back again', () => {
    const subjects = [
      { kind: 'ServiceAccount', name: 'a', namespace: 'shop' },
      { kind: 'ServiceAccount', name: 'b', namespace: 'other' },
      { kind: 'Group', name: 'system:serviceaccounts:shop' },
    ];
    const moved = move(thing('RoleBinding', { subjects }), movesInto(['shop'], 'copy'));
    expect(moved.metadata.namespace).toBe('copy');
    expect(moved['subjects']).toMatchObject([
      { namespace: 'copy' },
      { namespace: 'other' },
      { name: 'system:serviceaccounts:copy' },
    ]);
    expect(move(moved, movesInto(['copy'], 'shop'))).toEqual(thing('RoleBinding', { subjects }));
  });
});

describe('what is created', () => {
  const labelled = { labels: { a: 'b' }, annotations: { 'replicate-to': 'everywhere' }, finalizers: ['example.com/x'] };
  const balanced = { type: 'LoadBalancer', loadBalancerIP: '1.2.3.4', externalIPs: ['1.2.3.4'], ports: [{ port: 80 }] };
  const three = { spec: { replicas: 3 } };
  test.each<[Mode, Thing, object]>([
    ['throwaway', thing('Deployment', three), { spec: { replicas: 0 } }],
    ['throwaway', thing('CronJob', { spec: {} }), { spec: { suspend: true } }],
    ['asleep', thing('Secret', {}, labelled), { metadata: { labels: { a: 'b' } } }],
    ['asleep', thing('Deployment', three), { metadata: { annotations: { 'belay.dev/asleep': '{"replicas":3}' } } }],
    ['asleep', thing('CustomResourceDefinition'), { kind: 'CustomResourceDefinition' }],
    ['awake', thing('Ingress', {}, labelled), { metadata: labelled }],
    ['awake', thing('Deployment', three), three],
  ])('%s: %j', (mode, one, expected) => expect(planFor(one, mode).store).toMatchObject(expected));

  test.each<[Mode, string]>([
    ...['Service', 'Ingress', 'Widget', 'Pod', 'DaemonSet', 'PersistentVolumeClaim', 'ClusterRole'].map(
      (kind): [Mode, string] => ['throwaway', kind],
    ),
    ...['Ingress', 'Widget', 'Pod', 'DaemonSet', 'PersistentVolumeClaim', 'PersistentVolume'].map(
      (kind): [Mode, string] => ['asleep', kind],
    ),
  ])('%s: no %s', (mode, kind) => expect(planFor(thing(kind), mode).store).toBeUndefined());

  test('bare in a throwaway: no label, annotation or finalizer that a controller would act on', () => {
    const { store } = planFor(thing('Secret', { data: {} }, labelled), 'throwaway');
    expect(store?.metadata).toEqual({ name: 'x', namespace: 'shop' });
  });

  test('a service that cannot be reached from outside', () => {
    const { store } = planFor(thing('Service', { spec: balanced }, labelled), 'asleep');
    expect(store?.['spec']).toEqual({ type: 'ClusterIP', ports: [{ port: 80 }] });
    expect(store?.metadata.annotations).toBeUndefined();
  });
});

test.each<[string, Thing, string, string]>([
  ['a secret', thing('Secret'), 'data.a: Invalid value: "hunter2"', '422 Invalid'],
  ['a quoted value', thing('ConfigMap'), 'data: Invalid value: "hunter2": no', 'data: Invalid value: [hidden]: no'],
  [
    'an env value',
    thing('Deployment', {
      spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'P', value: 'hunter2' }] }] } } },
    }),
    'policy: hunter2 is not allowed',
    'policy: [redacted] is not allowed',
  ],
])("the server's words do not quote %s", (_, one, message, words) => {
  expect(wordsOf(new ApiError(422, 'Invalid', message, { method: 'POST', path: '/' }), one)).toBe(words);
});
