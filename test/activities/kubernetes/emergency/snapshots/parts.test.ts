import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { configMapName, snapshotKey } from '../../../../../activities/kubernetes/emergency/copyNames.js';
import { configMapOf } from '../../../../../activities/kubernetes/emergency/keep.js';
import { entriesOf } from '../../../../../activities/kubernetes/emergency/marker.js';
import { fieldsByMark } from '../../../../../activities/kubernetes/emergency/marks.js';
import { lostKeys, objectsOf, type Opened, remember } from '../../../../../activities/kubernetes/emergency/open.js';
import { bothOrSoon, within } from '../../../../../activities/kubernetes/emergency/patience.js';
import { parseSnapshot, wholeOf } from '../../../../../activities/kubernetes/emergency/snapshotText.js';
import type { SavedObject, Snapshot } from '../../../../../activities/kubernetes/emergency/types.js';

const object = (name: string, replicas: number): SavedObject => ({
  ref: { kind: 'Deployment', apiVersion: 'apps/v1', namespace: 'prod', name, uid: `uid-${name}` },
  role: 'workload',
  tier: 'web',
  fields: { '/spec/replicas': replicas },
  facts: { ready: replicas, images: { app: 'team/web:1' }, owner: null },
});

const snapshot = (more: Partial<Snapshot> = {}): Snapshot => ({
  formatVersion: 1,
  id: 'one',
  system: 'shop',
  place: { namespace: 'prod' },
  takenAt: '2026-05-01T10:00:00.000Z',
  run: { workflowId: 'w', runId: 'r', actor: 'ada', reason: 'test' },
  objects: [object('web', 3)],
  surroundings: { services: [{ name: 'web', readyEndpoints: 3 }], runningJobs: [], budgets: [] },
  ...more,
});

const expected = { id: 'one', system: 'shop', namespace: 'prod' };
const whole = wholeOf(snapshot());

describe('the text of a snapshot', () => {
  test('is the same in whatever order it was put together, and comes back whole', () => {
    const reversed = JSON.parse(
      JSON.stringify(Object.fromEntries(Object.entries(snapshot()).toReversed())),
    ) as Snapshot;
    expect(wholeOf(reversed).text).toBe(whole.text);
    expect(parseSnapshot(whole.text, { ...expected, digest: whole.digest })).toEqual(whole);
    expect(whole.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('what a newer version adds survives', () => {
    const newer = wholeOf({ ...snapshot(), added: { by: 'a newer one' } } as Snapshot);
    expect(parseSnapshot(newer.text, expected)).toEqual(newer);
  });

  const broken = (change: (raw: { digest: string; snapshot: Snapshot }) => unknown): string =>
    JSON.stringify(change(JSON.parse(whole.text) as { digest: string; snapshot: Snapshot }));
  const of = (more: object): string => wholeOf({ ...snapshot(), ...more }).text;

  test.each<[string, string, object, string]>([
    ['cut off', whole.text.slice(0, -1), {}, 'is not whole'],
    ['empty', '', {}, 'is not whole'],
    ['null', 'null', {}, 'is not whole'],
    ['a list', '[]', {}, 'does not match its own digest'],
    ['no snapshot', broken(({ digest }) => ({ digest })), {}, 'does not match its own digest'],
    ['one letter changed', whole.text.replace('uid-web', 'uid-wob'), {}, 'does not match its own digest'],
    ['no digest', broken(({ snapshot: bare }) => ({ snapshot: bare })), {}, 'does not match its own digest'],
    ['another digest noted', whole.text, { digest: 'a'.repeat(64) }, 'another digest than the one that was noted'],
    ['of another id', whole.text, { id: 'two' }, 'is snapshot one of shop in namespace prod'],
    ['of another system', whole.text, { system: 'billing' }, 'does not belong there'],
    ['of another namespace', whole.text, { namespace: 'test' }, 'does not belong there'],
    ['a newer format', of({ formatVersion: 2 }), {}, 'use a newer one'],
    ['no time', of({ takenAt: 'yesterday' }), {}, 'lacks what a snapshot must have: takenAt'],
    [
      'an unknown kind',
      of({ objects: [{ ...object('web', 3), ref: { ...object('web', 3).ref, kind: 'Pod' } }] }),
      {},
      'a kind that Belay does not know',
    ],
    ['an object without fields', of({ objects: [{ ...object('web', 3), fields: null }] }), {}, 'objects.0.fields'],
  ])('that is %s is not taken for good', (_, text, more, why) => {
    expect(parseSnapshot(text, { ...expected, ...more })).toEqual({ unreadable: expect.stringContaining(why) });
  });

  test('a large one is packed in the ConfigMap, so that it fits', () => {
    const hosts = Array.from({ length: 40_000 }, (_, index) => `host-${index}.example.com`);
    const large = wholeOf(snapshot({ objects: [{ ...object('web', 3), facts: { hosts } }] }));
    expect(configMapOf(whole)).toMatchObject({ immutable: true, data: { 'snapshot.json': whole.text } });
    const map = configMapOf(large);
    expect(map).not.toHaveProperty('data');
    const packed = 'binaryData' in map ? (map.binaryData?.['snapshot.json.gz'] ?? '') : '';
    expect(Buffer.byteLength(packed)).toBeLessThan(1024 * 1024);
    expect(gunzipSync(Buffer.from(packed, 'base64')).toString()).toBe(large.text);
  });
});

describe('names', () => {
  test.each([
    ['shop-1', /^belay-snapshot-shop-1$/],
    ['emergencyShutdown/shop/7', /^belay-snapshot-emergencyshutdown-shop-7-[0-9a-f]{10}$/],
    ['-edge-', /^belay-snapshot-edge-[0-9a-f]{10}$/],
    ['a.b', /^belay-snapshot-a-b-[0-9a-f]{10}$/],
    ['x'.repeat(300), /^belay-snapshot-x{200}-[0-9a-f]{10}$/],
  ])('%s', (id, name) => {
    expect(configMapName(id)).toMatch(name);
    expect(configMapName(id).length).toBeLessThan(254);
  });

  test('two ids never meet, and none leaves its folder', () => {
    expect(configMapName('A')).not.toBe(configMapName('a'));
    expect(snapshotKey('shop', '../x')).toMatch(/^snapshots\/shop\/[\w.-]+\.json$/);
  });
});

describe('the mark of a namespace', () => {
  const entry = {
    id: 'one',
    digest: whole.digest,
    takenAt: 'then',
    covers: ['Deployment/web'],
    configMap: 'c',
    stored: 's',
  };
  test.each<[string, string | undefined, number, RegExp]>([
    ['whole', JSON.stringify([entry, { ...entry, system: 'billing' }]), 2, /^whole$/],
    ['empty', '[]', 0, /^whole$/],
    ['absent', undefined, 0, /no list/],
    ['cut off', JSON.stringify([entry]).slice(0, -3), 0, /not JSON/],
    ['no list', '{}', 0, /is no list/],
    ['half broken', JSON.stringify([entry, { ...entry, digest: 'short' }]), 1, /1 of its 2 entries/],
  ])('%s', (_, text, count, problem) => {
    const read = entriesOf(text);
    expect(read.entries).toHaveLength(count);
    expect(read.problem ?? 'whole').toMatch(problem);
  });
});

describe('open snapshots put together', () => {
  const cluster = { place: { namespace: 'prod' } };
  const opened = (id: string, covers: string[], objects?: SavedObject[]): Opened => ({
    kept: { id, digest: '', takenAt: '', covers, configMap: '', stored: '' },
    copies: {
      ...(objects ? { whole: wholeOf(snapshot({ id, objects })) } : {}),
      configMap: '',
      stored: '',
      problems: objects ? [] : [`${id} is gone.`],
      missing: !objects,
    },
  });
  const web = 'Deployment/web';
  const api = 'Deployment/api';

  test('the first one that covers an object says how it was', () => {
    const first = opened('first', [web], [object('web', 3), object('api', 7)]);
    const second = opened('second', [web, api], [object('web', 0), object('api', 2)]);
    const { objects, snapshots, warnings } = remember(cluster, [first, second], ['careful']);
    expect(objects).toEqual([object('web', 3), object('api', 2)]);
    expect(snapshots.map(({ id }) => id)).toEqual(['first', 'second']);
    expect(warnings).toEqual(['careful']);
    expect(lostKeys(cluster, [first, second])).toEqual(new Set());
  });

  test('what a lost one covered is lost, unless another one has it', () => {
    const gone = opened('gone', [web, api]);
    const later = opened('later', [api], [object('api', 2)]);
    expect(lostKeys(cluster, [gone, later])).toEqual(new Set([web]));
    expect([...objectsOf(cluster, [gone, later]).keys()]).toEqual([api]);
    expect(remember(cluster, [gone, later], []).warnings).toEqual(['gone is gone.']);
    expect(lostKeys(cluster, [opened('nameless', [])])).toBeUndefined();
  });
});

describe('the mark of an object', () => {
  test.each<[string, object | undefined, object | undefined]>([
    ['tells', { '/spec/replicas': 3 }, { '/spec/replicas': 3 }],
    ['tells of absence', { '/spec/replicas': null }, { '/spec/replicas': null }],
    ['has strange fields', { '/spec/replicas': 3, '/spec/template': {} }, { '/spec/replicas': 3 }],
    ['has only strange fields', { '/spec/template': {} }, undefined],
    ['was too long', undefined, undefined],
  ])('%s', (_, was, fields) => {
    const mark = { snapshot: 'one', ...(was ? { was: was as SavedObject['fields'] } : {}) };
    expect(fieldsByMark(object('web', 0), mark)).toEqual(fields);
  });
});

describe('patience', () => {
  const soon = async <T>(ms: number, value: T): Promise<T> => {
    await sleep(ms);
    return value;
  };
  const never = new Promise<string>(() => undefined);
  const times = { graceMs: 30, boundMs: 90 };
  const isGood = (value: string): boolean => value === 'good';

  test.each<[string, () => [Promise<string>, Promise<string>], [string, string]]>([
    ['both', () => [soon(1, 'good'), soon(5, 'good')], ['good', 'good']],
    ['a first that is good and a second that hangs', () => [soon(1, 'good'), never], ['good', 'late']],
    ['a second that is good and a first that hangs', () => [never, soon(1, 'good')], ['late', 'good']],
    ['a bad first gives the second its whole time', () => [soon(1, 'bad'), soon(60, 'good')], ['bad', 'good']],
    ['neither', () => [never, never], ['late', 'late']],
  ])('%s', async (_, pair, result) => {
    expect(await bothOrSoon(pair(), isGood, times, 'late')).toEqual(result);
  });

  test('a bound on one', async () => {
    expect(await within(50, soon(1, 'here'))).toBe('here');
    await expect(within(20, never)).rejects.toThrow('no answer within 0.02 s');
  });
});
