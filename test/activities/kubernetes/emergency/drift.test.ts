import { describe, expect, test } from '@jest/globals';
import { driftOf, type Present } from '../../../../activities/kubernetes/emergency/recovery/drift.js';
import type { Difference, SavedObject } from '../../../../activities/kubernetes/emergency/types.js';
import { templateHash } from '../../../../activities/kubernetes/model/templateHash.js';
import { comingBack, place, savedObject } from './recoverySamples.js';

const present = (objects: SavedObject[], more: Partial<Present> = {}): Present => ({
  objects,
  workloads: new Map(),
  created: new Map(objects.map(({ ref }) => [ref.uid, '2026-05-02T00:00:00Z'])),
  unread: new Set(),
  ...more,
});

describe('driftOf', () => {
  const web = savedObject('Deployment', 'web', {
    facts: { templateHash: 'a', images: { app: 'x:1', init: 'y:1' }, paused: false, ready: 2, pods: 2 },
  });
  const facts = (more: object): SavedObject => ({ ...web, facts: { ...web.facts, ...more } });
  const hpa = savedObject('HorizontalPodAutoscaler', 'web', {
    role: 'waker',
    facts: { min: 1, max: 5, scaledToZero: false },
  });
  const cron = savedObject('CronJob', 'nightly', { role: 'waker', facts: { schedule: '0 3 * * *' } });
  const ingress = savedObject('Ingress', 'web', { role: 'route', facts: { hosts: ['a', 'b'] } });
  const one = (key: string, what: string, was: Difference['was'], is: Difference['is']): Difference => ({
    key,
    what,
    was,
    is,
  });

  test.each<[string, SavedObject[], SavedObject[], Difference[]]>([
    ['nothing', [web, hpa], [web, hpa], []],
    [
      'what a shutdown changes is no drift',
      [web],
      [{ ...facts({ ready: 0, pods: 0 }), fields: { '/spec/replicas': 0 } }],
      [],
    ],
    ['the order of keys is no drift', [web], [facts({ images: { init: 'y:1', app: 'x:1' } })], []],
    [
      'a template',
      [web],
      [facts({ templateHash: 'b', images: { app: 'x:2', init: 'y:1' } })],
      [
        one('Deployment/web', 'templateHash', 'a', 'b'),
        one('Deployment/web', 'images', { app: 'x:1', init: 'y:1' }, { app: 'x:2', init: 'y:1' }),
      ],
    ],
    ['a pause', [web], [facts({ paused: true })], [one('Deployment/web', 'paused', false, true)]],
    ['bounds', [hpa], [{ ...hpa, facts: { min: 2, max: 5 } }], [one('HorizontalPodAutoscaler/web', 'min', 1, 2)]],
    [
      'a schedule',
      [cron],
      [{ ...cron, facts: { schedule: '0 4 * * *' } }],
      [one('CronJob/nightly', 'schedule', '0 3 * * *', '0 4 * * *')],
    ],
    ['hosts', [ingress], [{ ...ingress, facts: { hosts: ['a'] } }], [one('Ingress/web', 'hosts', ['a', 'b'], ['a'])]],
    ['hosts that went with the rules', [ingress], [{ ...ingress, facts: { hosts: [] } }], []],
    ['gone', [web], [], [one('Deployment/web', 'uid', 'uid-web', null)]],
    [
      'created anew',
      [web],
      [{ ...web, ref: { ...web.ref, uid: 'other' } }],
      [one('Deployment/web', 'uid', 'uid-web', 'other')],
    ],
    [
      'appeared',
      [web],
      [web, hpa, cron, ingress],
      [
        one('HorizontalPodAutoscaler/web', 'uid', null, 'uid-web'),
        one('CronJob/nightly', 'uid', null, 'uid-nightly'),
        one('Ingress/web', 'uid', null, 'uid-web'),
      ],
    ],
  ])('%s', (_, saved, objects, expected) => expect(driftOf(place, saved, present(objects))).toEqual(expected));

  test('objects that are older than the snapshot have not appeared', () => {
    const appeared = (since: string) => driftOf(place, [], present([web]), since).length;
    expect([appeared('2026-05-01T00:00:00Z'), appeared('2026-05-03T00:00:00Z')]).toEqual([1, 0]);
  });

  test('nothing is said of kinds that could not be listed', () => {
    expect(driftOf(place, [web], present([], { unread: new Set(['Deployment']) }))).toEqual([]);
  });

  test('the selector that stops a DaemonSet is no change of its template; anything else is', () => {
    const spec = { containers: [{ name: 'app', image: 'i:1' }], nodeSelector: { disk: 'ssd' } };
    const saved = savedObject('DaemonSet', 'agent', {
      fields: { '/spec/template/spec/nodeSelector': { disk: 'ssd' } },
      facts: { templateHash: templateHash(comingBack({ kind: 'DaemonSet', spec }).workload.spec.template) },
    });
    const driftWith = (live: object) => {
      const { workload } = comingBack({ kind: 'DaemonSet', name: 'agent', spec: { ...spec, ...live } });
      const now = { ...saved, facts: { templateHash: templateHash(workload.spec.template) } };
      return driftOf(place, [saved], present([now], { workloads: new Map([['uid-agent', workload]]) }));
    };
    expect(driftWith({ nodeSelector: { 'belay.dev/stopped': 'yes' } })).toEqual([]);
    expect(driftWith({ hostNetwork: true })).toMatchObject([{ what: 'templateHash' }]);
  });
});
