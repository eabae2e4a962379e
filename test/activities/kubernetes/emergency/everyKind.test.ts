import { beforeAll, describe, expect, test } from '@jest/globals';
import { readField } from '../../../../activities/kubernetes/emergency/fields.js';
import { isKept } from '../../../../activities/kubernetes/emergency/fieldPatch.js';
import { readMark } from '../../../../activities/kubernetes/emergency/mark.js';
import { keyOf } from '../../../../activities/kubernetes/emergency/place.js';
import type { FieldChange, Json, SavedKind } from '../../../../activities/kubernetes/emergency/types.js';
import { type Cluster, cluster, deploy, SANDBOX_MS } from '../support.js';
import { extensions } from './extensions.js';
import { FieldGround, outcomes } from './fieldGround.js';

let where: Cluster;
let on: FieldGround;
beforeAll(async () => {
  where = await cluster();
  await extensions(where.clients);
  on = new FieldGround(where);
}, SANDBOX_MS);

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
      kinds.map(async ([kind, body, fields]) => ({ ref: await on.made(kind, 'every', body), fields })),
    );
    const daemons = await deploy(where, { kind: 'DaemonSet', name: 'every', tag: '1.0-notready' });
    const nodeSelector = { 'belay.dev/stopped': 'true' };
    changes.push(
      { ref: await on.refOf('DaemonSet', daemons.name), fields: { '/spec/template/spec/nodeSelector': nodeSelector } },
      { ref: await on.deployed('every', 3), fields: { '/spec/replicas': 0 } },
    );
    const before = await Promise.all(changes.map(({ ref }) => on.read(ref)));
    const was = Object.fromEntries(
      changes.map(({ ref, fields }, index) => [
        keyOf({ namespace }, ref),
        Object.fromEntries(Object.keys(fields).map((pointer) => [pointer, readField(before[index], pointer)])),
      ]),
    );
    const mark = { snapshot: 's1', was };
    expect(outcomes(await on.set(changes, { mark }))).toEqual(changes.map(() => 'changed'));
    for (const { ref, fields } of changes) {
      const live = await on.read(ref);
      expect(readMark(live)).toEqual({ snapshot: 's1', was: was[keyOf({ namespace }, ref)] });
      for (const [pointer, value] of Object.entries(fields)) {
        const stored = readField(live, pointer);
        expect({ pointer, stored, asAsked: value === null ? stored === null : isKept(value, stored) }).toMatchObject({
          asAsked: true,
        });
      }
    }
    const second = { snapshot: 's2', was: {} };
    expect(outcomes(await on.set(changes, { mark: second }))).toEqual(changes.map(() => 'already'));
    for (const { ref } of changes) expect(readMark(await on.read(ref))?.snapshot).toBe('s1');

    const back = changes.map(({ ref }) => ({ ref, fields: was[keyOf({ namespace }, ref)] ?? {} }));
    expect(outcomes(await on.set(back, { unmark: true }))).toEqual(changes.map(() => 'changed'));
    for (const [index, { ref, fields }] of back.entries()) {
      const live = await on.read(ref);
      expect(readMark(live)).toBeUndefined();
      for (const pointer of Object.keys(fields))
        expect(readField(live, pointer)).toEqual(readField(before[index], pointer));
    }
    expect(outcomes(await on.set(back, { unmark: true }))).toEqual(changes.map(() => 'already'));
  });
});
