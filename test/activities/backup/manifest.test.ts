import { describe, expect, test } from '@jest/globals';
import { canonical, digestOf } from '../../../activities/backup/canonical.js';
import { eventText, parseEvent } from '../../../activities/backup/events.js';
import { foldEntry } from '../../../activities/backup/fold.js';
import { manifestOf, parseManifest } from '../../../activities/backup/manifest.js';
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
