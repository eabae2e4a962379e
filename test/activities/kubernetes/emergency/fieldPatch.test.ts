import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../../../activities/kubernetes/model/objects.js';
import { fieldPatch, isKept, type Operation } from '../../../../activities/kubernetes/emergency/fieldPatch.js';
import { hideValues } from '../../../../activities/kubernetes/emergency/hideValues.js';
import { commandFor } from '../../../../activities/kubernetes/emergency/kubectl.js';
import { markText, readMark, STOPPED } from '../../../../activities/kubernetes/emergency/mark.js';
import type { Json, ObjectRef, SavedKind } from '../../../../activities/kubernetes/emergency/types.js';
import { runRef } from '../support.js';

const run = runRef('1');
const refOf = (kind: SavedKind): ObjectRef => ({ kind, apiVersion: 'v1', namespace: 'shop', name: 'web', uid: 'u1' });
const object = (rest: object, annotations?: Record<string, string>): KubeObject => ({
  metadata: { name: 'web', uid: 'u1', resourceVersion: '7', ...(annotations ? { annotations } : {}) },
  ...rest,
});
/** What a patch does, without its guards, annotations as they are. */
const effects = (operations: Operation[]) => operations.filter(({ op }) => op !== 'test');
const patchOf = (kind: SavedKind, live: KubeObject, fields: Record<string, Json>) =>
  effects(fieldPatch(live, { ref: refOf(kind), fields }, { run }).operations);

const PAUSED = '/metadata/annotations/autoscaling.keda.sh~1paused-replicas';
const AUTOMATED = '/spec/syncPolicy/automated';

describe('a patch of fields', () => {
  test('is guarded by UID and resourceVersion, and tells what it does in change-cause', () => {
    const live = object({ spec: { replicas: 3 } }, { other: 'kept' });
    const patch = fieldPatch(live, { ref: refOf('Deployment'), fields: { '/spec/replicas': 0 } }, { run });
    expect(patch).toEqual({
      differing: ['/spec/replicas'],
      operations: [
        { op: 'test', path: '/metadata/uid', value: 'u1' },
        { op: 'test', path: '/metadata/resourceVersion', value: '7' },
        { op: 'add', path: '/spec/replicas', value: 0 },
        {
          op: 'add',
          path: '/metadata/annotations/kubernetes.io~1change-cause',
          value: 'belay update-1: scaled from 3 to 0 by ada: test',
        },
      ],
    });
  });

  test.each<[string, SavedKind, KubeObject, Record<string, Json>, Operation[]]>([
    ['what stands', 'CronJob', object({ spec: { suspend: true } }), { '/spec/suspend': true }, []],
    ['what is absent and shall be', 'CronJob', object({ spec: {} }), { '/spec/suspend': null }, []],
    [
      'what equals but for the order of keys',
      'HorizontalPodAutoscaler',
      object({ spec: { behavior: { a: 1, b: 2 } } }),
      { '/spec/behavior': { b: 2, a: 1 } },
      [],
    ],
    [
      'a field that is to go',
      'Application',
      object({ spec: { syncPolicy: { automated: { prune: true } } } }),
      { [AUTOMATED]: null },
      [{ op: 'remove', path: AUTOMATED }],
    ],
    [
      'an empty object where there was none, with its parent',
      'Application',
      object({ spec: {} }),
      { [AUTOMATED]: {} },
      [
        { op: 'add', path: '/spec/syncPolicy', value: {} },
        { op: 'add', path: AUTOMATED, value: {} },
      ],
    ],
    [
      'two annotations of an object without any',
      'ScaledObject',
      object({ spec: {} }),
      { [PAUSED]: '0', '/metadata/annotations/autoscaling.keda.sh~1paused': 'true' },
      [
        { op: 'add', path: '/metadata/annotations', value: {} },
        { op: 'add', path: PAUSED, value: '0' },
        { op: 'add', path: '/metadata/annotations/autoscaling.keda.sh~1paused', value: 'true' },
      ],
    ],
    [
      'a map as a whole: what is not wanted in it goes',
      'HorizontalPodAutoscaler',
      object({ spec: { behavior: { scaleUp: { selectPolicy: 'Max' } } } }),
      { '/spec/behavior': { scaleDown: {} } },
      [{ op: 'add', path: '/spec/behavior', value: { scaleDown: {} } }],
    ],
  ])('writes %s', (_, kind, live, fields, expected) => {
    expect(patchOf(kind, live, fields)).toEqual(expected);
  });
});

describe('the mark', () => {
  const fields = { '/spec/suspend': true };
  const change = { ref: refOf('CronJob'), fields };
  const was = { '/spec/suspend': false };
  const MARK = '/metadata/annotations/belay.dev~1stopped';
  const mark = { snapshot: 's2', was };
  const live = (suspend: boolean, text?: string) =>
    object({ spec: { suspend } }, text === undefined ? {} : { [STOPPED]: text });
  const text = markText(mark);

  test.each<[string, KubeObject, Parameters<typeof fieldPatch>[2], Operation[]]>([
    [
      'comes with the change',
      live(false),
      { run, mark },
      [
        { op: 'add', path: '/spec/suspend', value: true },
        { op: 'add', path: MARK, value: text },
      ],
    ],
    [
      'of an earlier snapshot stays',
      live(false, 'first'),
      { run, mark },
      [{ op: 'add', path: '/spec/suspend', value: true }],
    ],
    [
      'is written though somebody else did the same since',
      live(true),
      { run, mark },
      [{ op: 'add', path: MARK, value: text }],
    ],
    ['is not written on what was so before', live(true), { run, mark: { snapshot: 's2', was: fields } }, []],
    ['goes, also from what stands as asked', live(true, text), { run, unmark: true }, [{ op: 'remove', path: MARK }]],
    ['that is not there need not go', live(true), { run, unmark: true }, []],
    ['stays in a repeat', live(true, text), { run, mark }, []],
  ])('%s', (_, object_, marking, expected) => {
    expect(effects(fieldPatch(object_, change, marking).operations)).toEqual(expected);
  });

  test('can be read, also a long one, and says nothing when a hand has broken it', () => {
    expect(readMark(live(true, text))).toEqual(mark);
    const long = markText({ snapshot: 's', was: { '/spec/rules': 'x'.repeat(40_000) } });
    expect(readMark(live(true, long))).toEqual({ snapshot: 's' });
    expect([readMark(live(true)), readMark(live(true, '{')), readMark(live(true, '{"snapshot":1}'))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test.each<[Json, Json, boolean]>([
  [null, 1, true],
  [0, 0, true],
  [0, 1, false],
  [{}, null, true],
  [{ scaleUp: { selectPolicy: 'Disabled' } }, { scaleUp: { selectPolicy: 'Disabled', policies: [] }, x: 1 }, true],
  [{ scaleUp: { selectPolicy: 'Disabled' } }, { scaleUp: { selectPolicy: 'Max' } }, false],
  [[{ a: 1 }], [{ a: 1, b: 2 }], true],
  [[1], [1, 2], false],
  [{ a: 1 }, [1], false],
])('%j is kept in %j: %s', (asked, stored, kept) => {
  expect(isKept(asked, stored)).toBe(kept);
});

test.each<[string, SavedKind, Record<string, Json>, KubeObject | undefined, string]>([
  [
    'replicas',
    'StatefulSet',
    { '/spec/replicas': 0 },
    undefined,
    'kubectl --context prod -n shop scale statefulset/web --replicas=0',
  ],
  [
    'an annotation, quoted',
    'ScaledObject',
    { [PAUSED]: "it's" },
    undefined,
    String.raw`kubectl --context prod -n shop patch scaledobjects.keda.sh web --type=merge -p '{"metadata":{"annotations":{"autoscaling.keda.sh/paused-replicas":"it'\''s"}}}'`,
  ],
  [
    'a map, without what is in it and not wanted',
    'DaemonSet',
    { '/spec/template/spec/nodeSelector': { disk: 'ssd' } },
    object({ spec: { template: { spec: { nodeSelector: { 'belay.dev/stopped': 'true', disk: 'ssd' } } } } }),
    `kubectl --context prod -n shop patch daemonsets.apps web --type=merge -p '{"spec":{"template":{"spec":{"nodeSelector":{"disk":"ssd","belay.dev/stopped":null}}}}}'`,
  ],
])('the command for a person sets %s', (_, kind, fields, live, expected) => {
  expect(commandFor({ context: 'prod', namespace: 'shop' }, { ref: refOf(kind), fields }, live)).toBe(expected);
});

test('what people keep in env and in values is hidden in messages, names are not', () => {
  const hide = hideValues(
    {
      spec: {
        values: { db: { password: 'hunter-22' } },
        template: { spec: { containers: [{ image: 'team/web:1', env: [{ name: 'TOKEN', value: 'tok-4711' }] }] } },
      },
    },
    ['web'],
  );
  expect(hide('web team/web:1 refuses TOKEN tok-4711 and hunter-22')).toBe(
    'web team/web:1 refuses TOKEN [redacted] and [redacted]',
  );
});
