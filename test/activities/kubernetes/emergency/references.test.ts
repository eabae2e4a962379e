import { describe, expect, test } from '@jest/globals';
import { judgeReferences } from '../../../../activities/kubernetes/emergency/recovery/judgeReferences.js';
import { type Reference, referencesOf } from '../../../../activities/kubernetes/emergency/recovery/references.js';
import type { Referred } from '../../../../activities/kubernetes/emergency/recovery/referred.js';
import { comingBack } from './recoverySamples.js';

const container = (more: object) => ({ containers: [{ name: 'app', image: 'i', ...more }] });
const by = 'Deployment/web';
const secret = (name: string, key?: string): Reference => ({
  kind: 'Secret',
  name,
  by,
  without: 'pods',
  ...(key === undefined ? {} : { key }),
});
const map = (name: string, key?: string): Reference => ({ ...secret(name, key), kind: 'ConfigMap' });

describe('referencesOf', () => {
  const account: Reference = { kind: 'ServiceAccount', name: 'default', by, without: 'pods' };

  test.each<[string, object, Reference[]]>([
    ['nothing', container({}), []],
    [
      'env',
      container({
        env: [
          { name: 'A', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
          { name: 'B', valueFrom: { configMapKeyRef: { name: 'app', key: 'mode' } } },
          { name: 'C', valueFrom: { secretKeyRef: { name: 'more', key: 'x', optional: true } } },
          { name: 'D', value: 'plain' },
          { name: 'E', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
      }),
      [secret('db', 'password'), map('app', 'mode')],
    ],
    [
      'envFrom of an init container',
      {
        ...container({}),
        initContainers: [
          {
            name: 'i',
            envFrom: [
              { secretRef: { name: 's' } },
              { configMapRef: { name: 'm' } },
              { configMapRef: { name: 'o', optional: true } },
            ],
          },
        ],
      },
      [secret('s'), map('m')],
    ],
    [
      'volumes',
      {
        ...container({}),
        volumes: [
          { name: 'a', configMap: { name: 'app', items: [{ key: 'k', path: 'p' }] } },
          { name: 'b', secret: { secretName: 'tls' } },
          {
            name: 'c',
            projected: {
              sources: [
                { secret: { name: 'ps' } },
                { configMap: { name: 'kube-root-ca.crt', optional: true } },
                { serviceAccountToken: {} },
              ],
            },
          },
          { name: 'd', csi: { driver: 'x', nodePublishSecretRef: { name: 'csi' } } },
          { name: 'e', secret: { secretName: 'maybe', optional: true } },
          { name: 'f', emptyDir: {} },
        ],
      },
      [map('app', 'k'), secret('tls'), secret('ps'), secret('csi')],
    ],
    [
      'a claim',
      { ...container({}), volumes: [{ name: 'a', persistentVolumeClaim: { claimName: 'data' } }] },
      [{ kind: 'PersistentVolumeClaim', name: 'data', by, without: 'pods' }],
    ],
    [
      'pull secrets',
      { ...container({}), imagePullSecrets: [{ name: 'hub' }] },
      [{ ...secret('hub'), without: 'pull' }],
    ],
  ])('%s', (_, spec, expected) => {
    const found = referencesOf(comingBack({ spec }));
    expect(found).toHaveLength(expected.length + 1);
    expect(found).toEqual(expect.arrayContaining([...expected, account]));
  });

  test.each([
    [{}, 'data'],
    [{ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } }, 'emptied'],
  ])('claims of a StatefulSet, one for each pod that comes back: %j', (policy, without) => {
    const more = { ...policy, volumeClaimTemplates: [{ metadata: { name: 'data' } }], ordinals: { start: 3 } };
    const claims = referencesOf(comingBack({ kind: 'StatefulSet', name: 'db', replicas: 2, more })).filter(
      (one) => one.kind === 'PersistentVolumeClaim',
    );
    expect(claims.map((one) => [one.name, one.without])).toEqual([
      ['data-db-3', without],
      ['data-db-4', without],
    ]);
  });
});

describe('judgeReferences', () => {
  const judge = (references: Reference[], found: Record<string, Referred>) =>
    judgeReferences(references, { found: new Map(Object.entries(found)), unread: new Set(), warnings: [] });
  const cure = 'The pods of Deployment/web cannot start without it: put it back, e.g. from a backup of the namespace.';
  const claim = (without: Reference['without']): Reference => ({
    kind: 'PersistentVolumeClaim',
    name: 'data',
    by,
    without,
  });

  test.each<[string, Reference[], Record<string, Referred>, object]>([
    ['all there', [secret('db', 'a'), map('m')], { 'Secret/db': { keys: new Set(['a']) }, 'ConfigMap/m': {} }, {}],
    [
      'missing, told once for all keys',
      [secret('db', 'a'), secret('db', 'b')],
      {},
      { problems: [`Secret db is missing. ${cure}`] },
    ],
    [
      'a key is missing',
      [secret('db', 'a')],
      { 'Secret/db': { keys: new Set(['b']) } },
      { problems: [`Secret db has no key a. ${cure}`] },
    ],
    [
      'missing for several',
      [map('m'), { ...map('m'), by: 'Deployment/api' }],
      {},
      {
        problems: [
          'ConfigMap m is missing. The pods of Deployment/web and Deployment/api cannot start without it: put it back, e.g. from a backup of the namespace.',
        ],
      },
    ],
    [
      'a pull secret',
      [{ ...secret('hub'), without: 'pull' }],
      {},
      { warnings: [expect.stringMatching(/^Secret hub is missing\. Deployment\/web may not be able to pull/)] },
    ],
    ['a claim is missing', [claim('pods')], {}, { problems: [expect.stringMatching(/would wait for it for ever/)] }],
    [
      'a claim is lost',
      [claim('pods')],
      { 'PersistentVolumeClaim/data': { phase: 'Lost' } },
      { problems: [expect.stringMatching(/data has lost its volume\./)] },
    ],
    [
      'a claim goes',
      [claim('data')],
      { 'PersistentVolumeClaim/data': { phase: 'Bound', leaving: true } },
      { problems: [expect.stringMatching(/data is being deleted\..+restore the volume/)] },
    ],
    [
      'a claim would be made anew',
      [claim('data')],
      {},
      { problems: [expect.stringMatching(/would start with an empty volume/)] },
    ],
    [
      'a claim was deleted by policy',
      [claim('emptied')],
      {},
      { warnings: [expect.stringMatching(/persistentVolumeClaimRetentionPolicy/)] },
    ],
    ['a claim waits for its first pod', [claim('data')], { 'PersistentVolumeClaim/data': { phase: 'Pending' } }, {}],
  ])('%s', (_, references, found, expected) => {
    expect(judge(references, found)).toEqual({ problems: [], warnings: [], ...expected });
  });

  test('nothing is said of what may not be read, but that', () => {
    const known = { found: new Map<string, Referred>(), unread: new Set(['Secret'] as const), warnings: ['may not'] };
    expect(judgeReferences([secret('db')], known)).toEqual({ problems: [], warnings: ['may not'] });
  });
});
