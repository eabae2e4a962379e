import { describe, expect, test } from '@jest/globals';
import { driftOf, type Present } from '../../../../activities/kubernetes/emergency/recovery/drift.js';
import {
  identityProblems,
  returning,
  savedReplicas,
} from '../../../../activities/kubernetes/emergency/recovery/identity.js';
import { askRegistries, imagesOf, judgeImages } from '../../../../activities/kubernetes/emergency/recovery/images.js';
import type { Difference, SavedObject } from '../../../../activities/kubernetes/emergency/types.js';
import { templateHash } from '../../../../activities/kubernetes/model/templateHash.js';
import type { ImageResolution } from '../../../../activities/types.js';
import { pod } from '../samples.js';
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

describe('images', () => {
  test('distinct ones, with those that need them; what is never pulled is left out', () => {
    const spec = {
      containers: [
        { name: 'a', image: 'x:1' },
        { name: 'b', image: 'x:1' },
      ],
      initContainers: [{ name: 'i', image: 'local', imagePullPolicy: 'Never' }],
    };
    const found = imagesOf([
      comingBack({ spec }),
      comingBack({ name: 'api', spec: { containers: [{ name: 'a', image: 'x:1' }] } }),
    ]);
    expect([...found]).toEqual([['x:1', ['Deployment/web', 'Deployment/api']]]);
  });

  const needed = ['Deployment/web'];
  const unreachable = { status: 'unreachable', message: 'no answer within 3 s' } as const;
  test.each<[string, ImageResolution | undefined, object]>([
    ['resolved', { status: 'resolved', digest: 'sha256:a', platforms: [] }, { problems: [], warnings: [] }],
    [
      'unknown',
      { status: 'notFound', message: 'manifest unknown' },
      {
        problems: [
          'Image r.io/a:1 is not in its registry (manifest unknown), and Deployment/web needs it: its pods start only on nodes that have it still. Push it again.',
        ],
        warnings: [],
      },
    ],
    [
      'malformed',
      { status: 'malformed', message: 'the tag after ":" is empty' },
      { problems: [expect.stringContaining('is malformed')], warnings: [] },
    ],
    [
      'unreachable',
      unreachable,
      {
        problems: [],
        warnings: ['Registry r.io does not tell (no answer within 3 s), so one image was not checked: r.io/a:1.'],
      },
    ],
  ])('%s', (_, answer, expected) => expect(judgeImages([{ image: 'r.io/a:1', needed, answer }])).toEqual(expected));

  test('a silent registry is not asked for ever, and is told once; a login missing for one repository stops nothing', async () => {
    const images = new Map(
      Array.from(
        { length: 60 },
        (_, index) => [`${index < 30 ? 'silent.io' : 'closed.io'}/a:${index}`, needed] as const,
      ),
    );
    const times: Record<string, number> = { 'silent.io': 0, 'closed.io': 0 };
    const resolveImage = ({ image }: { image: string }): Promise<ImageResolution> => {
      const host = image.split('/')[0] ?? '';
      times[host] = (times[host] ?? 0) + 1;
      return Promise.resolve(
        host === 'silent.io' ? unreachable : { status: 'unreachable', message: 'not allowed: DENIED' },
      );
    };
    const asked = await askRegistries(
      images,
      { insecureRegistries: [], mirrors: {} },
      { resolveImage },
      { signal: new AbortController().signal, boundMs: 5_000 },
    );
    expect(times['silent.io']).toBeLessThan(30);
    expect(times['closed.io']).toBe(30);
    expect(judgeImages(asked).warnings).toEqual([
      expect.stringMatching(
        /^Registry silent\.io does not tell \(no answer within 3 s\), so 30 images were not checked: .+ and 25 more\.$/,
      ),
      expect.stringMatching(/^Registry closed\.io does not tell \(not allowed: DENIED\), so 30 images/),
    ]);
  });

  test('registries that are slow do not hold up the check', async () => {
    const images = new Map(Array.from({ length: 40 }, (_, index) => [`slow.io/a:${index}`, needed] as const));
    const resolveImage = () => new Promise<ImageResolution>(() => undefined);
    const started = Date.now();
    const bound = { signal: new AbortController().signal, boundMs: 100 };
    const asked = await askRegistries(images, { insecureRegistries: [], mirrors: {} }, { resolveImage }, bound);
    expect(Date.now() - started).toBeLessThan(1_000);
    expect(judgeImages(asked)).toEqual({
      problems: [],
      warnings: [
        expect.stringContaining('Registry slow.io does not tell (no answer in the time of this check), so 40 images'),
      ],
    });
  });
});
