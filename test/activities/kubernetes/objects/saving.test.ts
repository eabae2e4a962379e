import { describe, expect, test } from '@jest/globals';
import { belongs } from '../../../../activities/kubernetes/objects/belongs.js';
import { clean } from '../../../../activities/kubernetes/objects/clean.js';
import { contentsOf } from '../../../../activities/kubernetes/objects/contents.js';
import { isBuiltIn, type Thing } from '../../../../activities/kubernetes/objects/model.js';
import { decode, encodeObjects, encodeReading } from '../../../../activities/kubernetes/objects/payload.js';
import { skips, skipsKind } from '../../../../activities/kubernetes/objects/skip.js';
import { thing } from './things.js';

describe('what is not saved', () => {
  const owner = (controller: boolean) => ({ ownerReferences: [{ kind: 'ReplicaSet', name: 'web', controller }] });
  const ended = { status: { conditions: [{ type: 'Complete', status: 'True' }] } };
  test.each<[string, Thing, RegExp]>([
    ['an owned pod', thing('Pod', {}, owner(true)), /controllers/],
    ['an object that merely belongs to another', thing('ConfigMap', {}, owner(false)), /^saved$/],
    ['an object that goes', thing('ConfigMap', {}, { deletionTimestamp: 'now' }), /being deleted/],
    ['a token', thing('Secret', { type: 'kubernetes.io/service-account-token' }), /tokens/],
    ['a Helm release', thing('Secret', { type: 'helm.sh/release.v1' }), /^saved$/],
    ['the root certificate', thing('ConfigMap', {}, { name: 'kube-root-ca.crt' }), /written by the cluster/],
    ['an ended job', thing('Job', ended), /run them again/],
    ['a waiting job', thing('Job', { status: {} }), /^saved$/],
    ['an ended pod', thing('Pod', { status: { phase: 'Succeeded' } }), /run them again/],
    ['a running pod', thing('Pod', { status: { phase: 'Running' } }), /^saved$/],
  ])('%s', (_, one, why) => expect(skips(one) ?? 'saved').toMatch(why));

  test.each([
    ['Event', [], /moment/],
    ['Lease', [], /process/],
    ['EndpointSlice', [], /Services/],
    ['Secret', ['Secret'], /description/],
    ['Ingress', ['Ingress.networking.k8s.io'], /description/],
    ['ConfigMap', ['Secret'], /^saved$/],
  ])('kind %s with %j excluded', (kind, excluded, why) =>
    expect(skipsKind(thing(kind), excluded) ?? 'saved').toMatch(why),
  );
});

describe('what is taken off', () => {
  const server = {
    uid: '1',
    resourceVersion: '2',
    generation: 3,
    creationTimestamp: 't',
    managedFields: [{}],
    selfLink: '/',
  };
  const claim = {
    annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'volume.kubernetes.io/selected-node': 'n', mine: 'kept' },
    finalizers: ['kubernetes.io/pvc-protection', 'example.com/mine'],
  };
  const port = { port: 80, targetPort: 80 };
  const token = { name: 'kube-api-access-x7k2p', mountPath: '/t' };
  const labels = { 'controller-uid': '1', 'batch.kubernetes.io/job-name': 'x', app: 'a' };
  test.each<[string, Thing, Thing]>([
    [
      'what the server adds',
      thing('ConfigMap', { data: { a: 'b' } }, server),
      thing('ConfigMap', { data: { a: 'b' } }),
    ],
    ['a status', thing('Deployment', { spec: {}, status: { replicas: 1 } }), thing('Deployment', { spec: {} })],
    [
      'the binding of a claim',
      thing('PersistentVolumeClaim', { spec: { volumeName: 'pv', storageClassName: 's' } }, claim),
      thing(
        'PersistentVolumeClaim',
        { spec: { storageClassName: 's' } },
        { annotations: { mine: 'kept' }, finalizers: ['example.com/mine'] },
      ),
    ],
    [
      'addresses of a service',
      thing('Service', {
        spec: {
          clusterIP: '10.0.0.1',
          clusterIPs: ['10.0.0.1'],
          healthCheckNodePort: 3,
          ports: [{ ...port, nodePort: 30_001 }],
        },
      }),
      thing('Service', { spec: { ports: [port] } }),
    ],
    [
      'nothing of a headless service',
      thing('Service', { spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
      thing('Service', { spec: { clusterIP: 'None', clusterIPs: ['None'] } }),
    ],
    [
      'the node and the token of a pod',
      thing('Pod', {
        spec: { nodeName: 'n', priority: 0, containers: [{ name: 'c', volumeMounts: [token] }], volumes: [token] },
      }),
      thing('Pod', { spec: { containers: [{ name: 'c' }] } }),
    ],
    [
      'the uid in a job',
      thing('Job', { spec: { selector: {}, template: { metadata: { labels }, spec: {} } } }, { labels }),
      thing('Job', { spec: { template: { metadata: { labels: { app: 'a' } }, spec: {} } } }, { labels: { app: 'a' } }),
    ],
    [
      'the name label of a namespace',
      thing('Namespace', { spec: { finalizers: ['kubernetes'] } }, { labels: { 'kubernetes.io/metadata.name': 'x' } }),
      thing('Namespace'),
    ],
  ])('%s', (_, before, after) => {
    expect(clean(before, true)).toEqual(after);
    expect(clean(clean(before, true), true)).toEqual(after);
  });

  test('not a status that is an ordinary field', () => {
    const widget = thing('Widget', { status: { state: 'important' } });
    expect(clean(widget, false)).toEqual(widget);
  });
});

describe('what belongs to a namespace from outside', () => {
  const saved = [
    thing('Widget'),
    thing('PersistentVolumeClaim', { spec: { storageClassName: 'fast' } }),
    thing('Deployment', { spec: { template: { spec: { priorityClassName: 'high' } } } }),
    thing('RoleBinding', { roleRef: { kind: 'ClusterRole', name: 'reader' } }),
  ];
  const definition = (kind: string) =>
    thing('CustomResourceDefinition', { spec: { group: 'example.com', names: { kind } } });
  test.each<[string, Thing, boolean]>([
    ['its definition', definition('Widget'), true],
    ["another's definition", definition('Gadget'), false],
    ['its storage class', thing('StorageClass', {}, { name: 'fast' }), true],
    ["another's storage class", thing('StorageClass', {}, { name: 'slow' }), false],
    ['its priority class', thing('PriorityClass', {}, { name: 'high' }), true],
    ['a role that is bound there', thing('ClusterRole', {}, { name: 'reader' }), true],
    [
      'a role of the cluster itself',
      thing('ClusterRole', {}, { name: 'reader', labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } }),
      false,
    ],
    ['a role that nobody binds there', thing('ClusterRole', {}, { name: 'writer' }), false],
    [
      'a binding of its account',
      thing('ClusterRoleBinding', { subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'shop' }] }),
      true,
    ],
    [
      'a binding of all its accounts',
      thing('ClusterRoleBinding', { subjects: [{ kind: 'Group', name: 'system:serviceaccounts:shop' }] }),
      true,
    ],
    [
      "a binding of another's account",
      thing('ClusterRoleBinding', { subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'other' }] }),
      false,
    ],
    ['its volume', thing('PersistentVolume', { spec: { claimRef: { namespace: 'shop' } } }), true],
  ])('%s', (_, one, answer) => expect(belongs(one, saved, ['shop'])).toBe(answer));
});

describe('payloads', () => {
  const things = [thing('Namespace', {}, { name: 'shop' }), thing('Secret', { data: { a: 'aHVudGVyMg==' } })];
  const reading = {
    formatVersion: 1 as const,
    context: 'c',
    serverVersion: 'v1',
    at: 't',
    namespaces: ['shop'],
    lists: [],
  };
  const objects = encodeObjects(things);
  test('come back as they were', () => {
    expect(decode(objects, encodeReading(reading))).toEqual({ things, namespaces: ['shop'], problems: [] });
  });
  test.each<[string, Uint8Array, RegExp]>([
    ['cut', objects.subarray(0, objects.length / 2), /is not a List/],
    ['empty', new Uint8Array(), /is not a List/],
    ['no object', encodeObjects([]), /holds no object/],
    ['without the namespace', encodeObjects(things.slice(1)), /Namespace shop itself is missing/],
    ['no UTF-8', Buffer.from([0xff, 0xfe]), /is not a List/],
    [
      'an object without a name',
      Buffer.from('{"kind":"List","items":[{"kind":"Secret","apiVersion":"v1"}]}'),
      /no version, kind or name/,
    ],
  ])('%s', (_, bytes, said) => {
    const { problems } = decode(bytes, encodeReading(reading));
    expect(problems.join('\n')).toMatch(said);
    expect(problems.join('\n')).not.toContain('aHVudGVyMg');
  });
  test('contents do not depend on order, and see every value', () => {
    const [a, b] = [
      thing('Secret', { data: { a: '1' } }, { name: 'a' }),
      thing('Secret', { data: { b: '1' } }, { name: 'b' }),
    ];
    expect(contentsOf([a, b], true)).toEqual(contentsOf([b, a], true));
    expect(contentsOf([a, { ...b, data: { b: '2' } }], true)).not.toEqual(contentsOf([a, b], true));
    expect(contentsOf([a], false).items).toEqual([{ name: 'shop/Secret', rows: 1, bytes: expect.any(Number) }]);
  });
});

test.each([
  ['v1', true],
  ['apps/v1', true],
  ['networking.k8s.io/v1', true],
  ['gateway.networking.k8s.io/v1', false],
  ['snapshot.storage.k8s.io/v1', false],
  ['example.com/v1', false],
])('%s is served by Kubernetes itself: %s', (apiVersion, own) => expect(isBuiltIn({ apiVersion })).toBe(own));
