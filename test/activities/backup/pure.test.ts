import { describe, expect, test } from '@jest/globals';
import { canonical, digestOf } from '../../../activities/backup/canonical.js';
import { sizeText } from '../../../activities/backup/classify.js';
import { compareContents } from '../../../activities/backup/compare.js';
import { contentsText, parseContents, summarise } from '../../../activities/backup/contents.js';
import type { Contents } from '../../../activities/backup/engine.js';
import { eventText, parseEvent } from '../../../activities/backup/events.js';
import { foldEntry } from '../../../activities/backup/fold.js';
import { attemptName, eventName, placeOf } from '../../../activities/backup/keys.js';
import { climb } from '../../../activities/backup/ladder.js';
import { backupError, type BackupErrorType } from '../../../activities/backup/errors.js';
import { manifestOf, parseManifest } from '../../../activities/backup/manifest.js';
import { partBytes } from '../../../activities/backup/payload.js';
import type { BackupEvent, BackupTarget, Draft } from '../../../activities/backup/types.js';
import { backupsSchema } from '../../../systems/backupSchema.js';
import { run } from './support.js';

const id = '20261121T020000Z-1a2b3c4d';
const {
  sources,
  restore: _restore,
  ...policy
} = backupsSchema.parse({
  store: { bucket: 'backups' },
  sources: [{ type: 'folder', name: 'data', host: 'here', path: '/data' }],
});
const target = { system: 'demo', source: sources[0], policy } as BackupTarget;
const draft: Draft = {
  backupId: id,
  attempt: 1,
  startedAt: '2026-11-21T02:00:00.000Z',
  endedAt: '2026-11-21T02:01:00.000Z',
  recoveryPoint: { at: '2026-11-21T02:00:01.000Z', position: '0/1' },
  facts: { identity: 'i', serverVersion: '1', tools: { tar: '1' }, warnings: [] },
  objects: [
    {
      ...{ name: 'files.tar', key: `demo/data/${id}/a1-00000000/files.tar.zst`, bytes: 100, sha256: 'a'.repeat(64) },
      ...{ partBytes: 1, compression: 'zstd', encryption: 'none', lockedUntil: '2026-12-01T00:00:00.000Z' },
    },
    {
      ...{
        name: 'contents.json',
        key: `demo/data/${id}/a1-00000000/contents.json.zst`,
        bytes: 7,
        sha256: 'b'.repeat(64),
      },
      ...{ partBytes: 1, compression: 'zstd', encryption: 'none', lockedUntil: '2026-12-02T00:00:00.000Z' },
    },
  ],
  contents: { items: 1, rows: 1, digest: 'd' },
  excluded: [],
};
const manifest = manifestOf(target, draft, run, '2026-11-21T02:02:00.000Z');
const place = { system: 'demo', source: 'data', id };

describe('manifest', () => {
  const bytes = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : canonical(value));
  const resealed = (changes: object): Buffer => {
    const { checksum: _checksum, ...body } = { ...manifest, ...changes };
    return bytes({ ...body, checksum: digestOf(body) });
  };

  test('is read as it was written, also when its members are in another order', () => {
    expect(parseManifest(bytes(manifest), place)).toEqual({ manifest });
    const turned = Object.fromEntries(Object.entries(manifest).toReversed());
    expect(parseManifest(bytes(JSON.stringify(turned, null, 2)), place)).toEqual({ manifest });
  });

  test('keeps members that a later version added', () => {
    expect(parseManifest(resealed({ colour: 'red' }), place)).toMatchObject({ manifest: { id } });
  });

  test.each<[string, Buffer, string]>([
    ['an empty file', Buffer.alloc(0), 'not JSON (0 bytes)'],
    ['half of it', bytes(manifest).subarray(0, 300), 'not JSON'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe]), 'not JSON'],
    ['a list', bytes('[]'), 'not a JSON object'],
    ['one changed number', bytes(canonical(manifest).replace('"bytes":100', '"bytes":101')), 'its own checksum'],
    ['one changed digit of a hash', bytes(canonical(manifest).replace('aaaaaa', 'aaaaab')), 'its own checksum'],
    ['no checksum', bytes({ ...manifest, checksum: undefined }), 'its own checksum'],
    ['a later format', resealed({ formatVersion: 2 }), 'format 2'],
    ['a missing member', resealed({ objects: undefined }), 'objects'],
    ['a wrong member', resealed({ publishedAt: 'yesterday' }), 'publishedAt'],
    ['the manifest of another backup', resealed({ id: '20261120T020000Z-1a2b3c4d' }), 'is the manifest of demo/data'],
    ['the manifest of another source', resealed({ source: 'other' }), 'is the manifest of demo/other'],
  ])('%s is unreadable', (_what, stored, why) => {
    expect(parseManifest(stored, place)).toEqual({ unreadable: expect.stringContaining(why) });
  });
});

describe('fold of manifest and events', () => {
  const at = (minute: number): string => `2026-11-21T03:${String(minute).padStart(2, '0')}:00.000Z`;
  const event = (minute: number, kind: BackupEvent['kind'], level?: BackupEvent['level']): BackupEvent => ({
    ...{ at: at(minute), kind, detail: '', workflowId: 'wf' },
    ...(level && { level }),
  });
  const published = { level: 'L2', levelAt: manifest.publishedAt, bad: false, held: false };

  test.each<[string, BackupEvent[], object]>([
    ['nothing', [], published],
    ['one verification', [event(1, 'verified', 'L5')], { level: 'L5', levelAt: at(1), bad: false }],
    ['the highest counts', [event(1, 'verified', 'L6'), event(2, 'verified', 'L4')], { level: 'L6', levelAt: at(1) }],
    ['the latest of equal ones', [event(1, 'verified', 'L4'), event(2, 'verified', 'L4')], { levelAt: at(2) }],
    ['bad', [event(1, 'verified', 'L5'), event(2, 'bad', 'L1')], { level: 'L1', levelAt: at(2), bad: true }],
    ['bad, in another order of files', [event(2, 'bad', 'L1'), event(1, 'verified', 'L5')], { bad: true, level: 'L1' }],
    ['bad at the same time', [event(1, 'bad', 'L1'), event(1, 'verified', 'L5')], { bad: true }],
    [
      'good again, at what was proved since',
      [event(1, 'verified', 'L6'), event(2, 'bad', 'L4'), event(3, 'verified', 'L3')],
      { bad: false, level: 'L3' },
    ],
    ['bad says nothing better than before', [event(1, 'bad', 'L4')], { level: 'L2', bad: true }],
    ['held', [event(1, 'hold')], { held: true }],
    ['released', [event(1, 'hold'), event(2, 'release')], { held: false }],
    ['held again', [event(3, 'hold'), event(1, 'hold'), event(2, 'release')], { held: true }],
    ['condemned twice keeps the first time', [event(1, 'condemned'), event(2, 'condemned')], { condemnedAt: at(1) }],
  ])('%s', (_what, events, expected) => {
    expect(foldEntry(manifest, events)).toMatchObject(expected);
  });

  test('a reprieve takes the sentence away', () => {
    expect(foldEntry(manifest, [event(1, 'condemned'), event(2, 'reprieved')])).not.toHaveProperty('condemnedAt');
    expect(foldEntry(manifest, [event(1, 'condemned'), event(2, 'reprieved'), event(3, 'condemned')])).toMatchObject({
      condemnedAt: at(3),
    });
  });

  test('size is that of the payloads, the lock the latest of all, a chain comes from the vendor', () => {
    expect(foldEntry(manifest, [])).toMatchObject({
      bytes: 100,
      lockedUntil: '2026-12-02T00:00:00.000Z',
      encrypted: false,
    });
    const external = { kind: 'pgbackrest' as const, id: 'x', bytes: 9, details: { chain: 'full-1' } };
    const vendor = manifestOf(target, { ...draft, objects: [], external }, run, manifest.publishedAt);
    expect(foldEntry(vendor, [])).toMatchObject({ bytes: 9, chain: 'full-1', encrypted: false });
  });

  test('events survive their stored form; what is none is told', () => {
    const one = event(1, 'verified', 'L5');
    expect(parseEvent(Buffer.from(eventText(one)))).toEqual(one);
    expect(parseEvent(Buffer.from('{"kind":"good"}'))).toBeUndefined();
    expect(parseEvent(Buffer.from('{'))).toBeUndefined();
  });
});

describe('compareContents', () => {
  const contents = (
    rows: [string, number, (string | undefined)?, number?][],
    facts: Record<string, string> = {},
  ): Contents => ({
    items: rows.map(([name, count, hash, maxRows]) => ({
      ...{ name, rows: count },
      ...(hash !== undefined && { hash }),
      ...(maxRows !== undefined && { maxRows }),
    })),
    facts,
  });
  const source = contents(
    [
      ['a', 1, 'x'],
      ['b', 2, 'y'],
    ],
    { index: '3' },
  );

  test.each<[string, Contents, boolean, string[]]>([
    ['equal', source, true, []],
    [
      'in another order',
      contents(
        [
          ['b', 2, 'y'],
          ['a', 1, 'x'],
        ],
        { index: '3' },
      ),
      true,
      [],
    ],
    ['missing', contents([['a', 1, 'x']], { index: '3' }), true, ['b: missing (2 rows)']],
    [
      'additional',
      contents(
        [
          ['a', 1, 'x'],
          ['b', 2, 'y'],
          ['c', 0],
        ],
        { index: '3' },
      ),
      true,
      ['c: not in the source'],
    ],
    [
      'other rows',
      contents(
        [
          ['a', 1, 'x'],
          ['b', 3, 'y'],
        ],
        { index: '3' },
      ),
      false,
      ['b: 3 rows instead of 2'],
    ],
    [
      'other content',
      contents(
        [
          ['a', 1, 'x'],
          ['b', 2, 'z'],
        ],
        { index: '3' },
      ),
      true,
      ['b: same number of rows (2), other content'],
    ],
    [
      'other content, hashes not asked for',
      contents(
        [
          ['a', 1, 'x'],
          ['b', 2, 'z'],
        ],
        { index: '3' },
      ),
      false,
      [],
    ],
    [
      'no hash',
      contents(
        [
          ['a', 1, 'x'],
          ['b', 2],
        ],
        { index: '3' },
      ),
      true,
      ['b: the copy gave no hash to compare'],
    ],
    [
      'other fact',
      contents(
        [
          ['a', 1, 'x'],
          ['b', 2, 'y'],
        ],
        { index: '4' },
      ),
      true,
      ['index: 4 instead of 3'],
    ],
    [
      'missing fact',
      contents([
        ['a', 1, 'x'],
        ['b', 2, 'y'],
      ]),
      true,
      ['index: missing instead of 3'],
    ],
    [
      'additional fact',
      contents(
        [
          ['a', 1, 'x'],
          ['b', 2, 'y'],
        ],
        { index: '3', view: '1' },
      ),
      true,
      ['view: 1 instead of nothing'],
    ],
  ])('%s', (_what, actual, hashes, expected) => {
    expect(compareContents(source, actual, hashes)).toEqual(expected);
  });

  test.each([
    [2, []],
    [5, []],
    [1, ['a: 1 rows instead of 2 to 5']],
    [6, ['a: 6 rows instead of 2 to 5']],
  ])('what was written to meanwhile has a range: %d rows', (rows, expected) => {
    expect(compareContents(contents([['a', 2, undefined, 5]]), contents([['a', rows, 'z']]), true)).toEqual(expected);
  });

  test('the list is bounded', () => {
    const many = contents(Array.from({ length: 1_000 }, (_, i) => [`t${i}`, 1]));
    const told = compareContents(many, contents([]), false);
    expect(told).toHaveLength(51);
    expect(told.at(-1)).toBe('… and 950 more');
  });

  test('the digest does not depend on the order, and on everything else', () => {
    const turned = contents(
      [
        ['b', 2, 'y'],
        ['a', 1, 'x'],
      ],
      { index: '3' },
    );
    expect(summarise(source)).toEqual(summarise(turned));
    expect(summarise(source)).toMatchObject({ items: 2, rows: 3 });
    expect(
      summarise(
        contents(
          [
            ['a', 1, 'x'],
            ['b', 2, 'z'],
          ],
          { index: '3' },
        ),
      ).digest,
    ).not.toBe(summarise(source).digest);
    expect(parseContents(contentsText(turned))).toEqual(source);
  });
});

describe('climb', () => {
  const good = (level: 'L2' | 'L3' | 'L4') => ({ level, check: async () => ({ problems: [], summary: 'fine' }) });

  test('goes no further than asked, and than the first that fails', async () => {
    const unasked = { level: 'L4' as const, check: () => Promise.reject(new Error('not asked')) };
    expect(await climb('L3', 'L1', [good('L2'), good('L3'), unasked])).toMatchObject({ reached: 'L3', passed: true });
    const bad = { level: 'L3' as const, check: async () => ({ problems: ['p', 'q'], summary: 'looked' }) };
    const result = await climb('L4', 'L1', [good('L2'), bad, unasked]);
    expect(result).toMatchObject({ reached: 'L2', passed: false, differences: ['p', 'q'] });
    expect(result.levels.map(({ level, summary }) => [level, summary])).toEqual([
      ['L2', 'fine'],
      ['L3', 'p'],
    ]);
  });

  const throwing = (type: BackupErrorType) =>
    climb('L2', 'L1', [{ level: 'L2', check: () => Promise.reject(backupError(type, 'why')) }]);

  test.each(['Damaged', 'RestoreError'] as const)('%s thrown by a check is a finding', async (type) => {
    expect(await throwing(type)).toMatchObject({ passed: false, differences: ['why'], reached: 'L1' });
  });

  test.each(['Unreachable', 'DiskFull', 'ProducerFailed', 'MissingProgram'] as const)(
    '%s says nothing of the backup',
    async (type) => {
      await expect(throwing(type)).rejects.toMatchObject({ type });
    },
  );
});

describe('keys', () => {
  test('two attempts never share a folder, and neither do two runs or two activities', () => {
    const names = [
      attemptName(1, 'r', '5'),
      attemptName(2, 'r', '5'),
      attemptName(1, 's', '5'),
      attemptName(1, 'r', '6'),
    ];
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^a[12]-[0-9a-f]{8}$/);
  });

  test.each([
    [`demo/data/${id}/manifest.json`, { id, kind: 'manifest' }],
    [`demo/data/${id}/events/x.json`, { id, kind: 'event' }],
    [`demo/data/${id}/a1-00000000/files.tar.zst`, { id, kind: 'attempt', attempt: 'a1-00000000' }],
    [`demo/data/${id}/deleted.json`, { id, kind: 'other' }],
    [`demo/data/${id}/x/manifest.json`, { id, kind: 'other' }],
    [`demo/data/probe-1`, undefined],
    [`demo/data/notes/manifest.json`, undefined],
    [`demo/database/${id}/manifest.json`, undefined],
  ])('%s', (key, expected) => {
    expect(placeOf(key, 'demo/data/')).toEqual(expected);
  });

  test('an event has one name, however often it is written', () => {
    const event = { at: '2026-11-21T02:00:00.123Z', kind: 'hold', workflowId: 'wf' };
    expect(eventName(event)).toMatch(/^events\/20261121T020000123Z-hold-[0-9a-f]{8}\.json$/);
    expect(eventName(event)).toBe(eventName({ ...event, at: '2026-11-21T03:00:00.123+01:00' }));
    expect(eventName(event)).not.toBe(eventName({ ...event, workflowId: 'other' }));
  });
});

test.each([
  [0, '0 bytes'],
  [999, '999 bytes'],
  [1_500, '1.5 kB'],
  [2_300_000_000, '2.3 GB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

test('parts are those of the policy, else they follow the estimate', () => {
  const some = { compressionLevel: 3 };
  expect(partBytes({ ...some, partMiB: 5 }, 1e12)).toBe(5 * 1024 * 1024);
  expect(partBytes(some, undefined)).toBe(16 * 1024 * 1024);
  expect(partBytes(some, 1e12)).toBeGreaterThan(1e12 / 10_000);
});
