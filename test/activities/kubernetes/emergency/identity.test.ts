import { describe, expect, test } from '@jest/globals';
import {
  identityProblems,
  returning,
  savedReplicas,
} from '../../../../activities/kubernetes/emergency/recovery/identity.js';
import type { SavedObject } from '../../../../activities/kubernetes/emergency/types.js';
import { pod } from '../samples.js';
import { comingBack, place, savedObject } from './recoverySamples.js';

describe('identity', () => {
  const judge = (saved: SavedObject, now: SavedObject[], unread: string[] = []) =>
    identityProblems({ ...place, context: 'prod-eu' }, [saved], now, new Set(unread));
  const web = savedObject('Deployment', 'web');
  const agent = savedObject('DaemonSet', 'agent', { fields: { '/spec/template/spec/nodeSelector': null } });
  const hpa = savedObject('HorizontalPodAutoscaler', 'web', { role: 'waker' });
  const anew = (one: SavedObject): SavedObject => ({ ...one, ref: { ...one.ref, uid: 'other' } });
  const none = { problems: [], warnings: [] };

  test.each<[string, SavedObject, SavedObject[], object]>([
    ['the same', web, [web], none],
    [
      'gone',
      web,
      [],
      {
        ...none,
        problems: [
          'Deployment/web is gone: it was deleted since the snapshot. Create it again from its manifest or a backup; then start it with kubectl --context prod-eu -n prod scale deployment/web --replicas=2.',
        ],
      },
    ],
    [
      'created anew',
      web,
      [anew(web)],
      {
        ...none,
        problems: [
          'Deployment/web was created anew since the snapshot (UID other, it was uid-web), so Belay leaves it as it is. If it is the right one, start it with kubectl --context prod-eu -n prod scale deployment/web --replicas=2.',
        ],
      },
    ],
    [
      'a DaemonSet',
      agent,
      [anew(agent)],
      {
        ...none,
        problems: [
          expect.stringContaining(
            `patch daemonsets.apps agent --type=merge -p '{"spec":{"template":{"spec":{"nodeSelector":null}}}}'.`,
          ),
        ],
      },
    ],
    ['a waker', hpa, [], { ...none, warnings: [expect.stringContaining('HorizontalPodAutoscaler/web is gone')] }],
    ['a new waker', hpa, [anew(hpa)], { ...none, warnings: [expect.stringContaining('was created anew')] }],
  ])('%s', (_, saved, now, expected) => expect(judge(saved, now)).toEqual(expected));

  test('nothing is said of kinds that could not be listed', () => expect(judge(web, [], ['Deployment'])).toEqual(none));

  test.each<[string, SavedObject, number]>([
    ['as saved', savedObject('StatefulSet', 'db', { fields: { '/spec/replicas': 3 } }), 3],
    ['none saved is one', savedObject('Deployment', 'web', { fields: { '/spec/replicas': null } }), 1],
    ['zero stays', savedObject('Deployment', 'web', { fields: { '/spec/replicas': 0 } }), 0],
    ['a DaemonSet has what it had', savedObject('DaemonSet', 'agent', { facts: { pods: 4 } }), 4],
  ])('replicas: %s', (_, saved, expected) => expect(savedReplicas(saved)).toBe(expected));

  test('only workloads with their UID and with pods to come return; terminating and finished pods do not count', () => {
    const { kind, workload } = comingBack({});
    const scheduled = (name: string, more: object = {}, phase = 'Running') => ({
      ...pod(name),
      metadata: { ...pod(name).metadata, ...more },
      spec: { ...pod(name).spec, nodeName: 'a' },
      status: { phase },
    });
    const pods = [scheduled('1'), scheduled('2', { deletionTimestamp: 'now' }), scheduled('3', {}, 'Failed'), pod('4')];
    const seen = [{ kind, workload, pods }];
    const asleep = savedObject('Deployment', 'web', { fields: { '/spec/replicas': 0 } });
    expect(returning(place, [asleep, anew(web), hpa], seen)).toEqual([]);
    expect(returning(place, [web], seen)).toEqual([
      { kind, workload, pods, key: 'Deployment/web', replicas: 2, running: 1 },
    ]);
  });
});
