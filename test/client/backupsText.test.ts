import { describe, expect, test } from '@jest/globals';
import type { BackupEntry, Listing } from '../../activities/backup/types.js';
import { fresh, lookAt } from '../../client/backups/look.js';
import { durationText, lookText, marks, sizeText } from '../../client/backups/text.js';
import { loadSystem } from '../../systems/load.js';
import { packagedSystems } from '../../systems/directories.js';
import { namedTarget } from '../../workflows/backupKit/targets.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');

function entry(more: Partial<BackupEntry> = {}): BackupEntry {
  return {
    id: '20261121T020000Z-1a2b3c4d',
    system: 'shop',
    source: 'orders',
    type: 'postgres',
    identity: '1',
    at: '2026-11-21T02:00:00Z',
    publishedAt: '2026-11-21T02:10:00Z',
    bytes: 1_610_612_736,
    level: 'L5',
    levelAt: '2026-11-21T02:30:00Z',
    bad: false,
    held: false,
    encrypted: true,
    ...more,
  };
}

const listing = (...backups: BackupEntry[]): Listing => ({ backups, unreadable: [], unpublished: [] });

test.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_024, '1.0 KiB'],
  [1_610_612_736, '1.5 GiB'],
  [200 * 1_024 ** 2, '200 MiB'],
  [5_000 * 1_024 ** 4, '5000 TiB'],
])('%i bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text));

test.each([
  [45, '45 s'],
  [720, '12 min'],
  [18_000, '5 h'],
  [259_200, '3 d'],
  [-60, '-60 s'],
])('%i seconds are %s', (seconds, text) => expect(durationText(seconds)).toBe(text));

describe('what a reader must know of a backup', () => {
  test.each<[string, Partial<BackupEntry>, string]>([
    ['nothing', {}, ''],
    ['bad', { bad: true }, 'BAD'],
    ['held and condemned', { held: true, condemnedAt: '2026-11-21T07:00:00Z' }, 'held, condemned 5 h ago'],
    ['locked', { lockedUntil: '2026-12-21T00:00:00Z' }, 'locked until 2026-12-21T00:00Z'],
    ['lock that is over', { lockedUntil: '2026-11-20T00:00:00Z' }, ''],
    ['plain', { encrypted: false }, 'not encrypted'],
  ])('%s', (_, more, text) => expect(marks(entry(more), NOW)).toBe(text));
});

describe('freshness counts good backups only', () => {
  const day = 93_600;
  test.each<[string, BackupEntry[], boolean, number | undefined]>([
    ['a good one of this night', [entry()], false, 36_000],
    ['none', [], true, undefined],
    ['a bad one', [entry({ bad: true })], true, undefined],
    ['one below the level', [entry({ level: 'L4' })], true, undefined],
    ['one that is condemned', [entry({ condemnedAt: '2026-11-21T07:00:00Z' })], true, undefined],
    ['one that is too old', [entry({ at: '2026-11-19T12:00:00Z' })], true, 172_800],
    [
      'a bad new one beside a good old one',
      [entry({ bad: true }), entry({ at: '2026-11-20T12:00:00Z' })],
      false,
      86_400,
    ],
  ])('%s', (_, backups, stale, ageSeconds) => {
    const found = fresh(listing(...backups), 'L5', day, NOW);
    expect({ stale: found.stale, ageSeconds: found.ageSeconds }).toEqual({ stale, ageSeconds });
  });
});

const target = namedTarget(loadSystem('ai-orchestrator', { dirs: [packagedSystems()] }).system, 'orchestrator');

test('a source in words: newest first, unreadable and unpublished ones named', async () => {
  const found: Listing = {
    backups: [
      entry({ id: '20261119T020000Z-00000000', at: '2026-11-19T02:00:00Z', level: 'L6' }),
      entry({ level: 'L6' }),
    ],
    unreadable: [{ id: '20261118T020000Z-11111111', why: 'it does not match its own checksum' }],
    unpublished: [{ id: '20261121T115000Z-22222222', lastWriteAt: '2026-11-21T11:59:00Z', objects: 2 }],
  };
  const look = await lookAt({ listBackups: async () => found }, target, NOW);
  expect(lookText(look, NOW).split('\n')).toEqual([
    'orchestrator (postgres): newest good one (L6 or above) is 10 h old, 26 h allowed',
    'BACKUP                     RECOVERY POINT     AGE   SIZE     LEVEL',
    '20261121T020000Z-1a2b3c4d  2026-11-21T02:00Z  10 h  1.5 GiB  L6 10 h ago',
    '20261119T020000Z-00000000  2026-11-19T02:00Z  2 d   1.5 GiB  L6 10 h ago',
    '20261118T020000Z-11111111  UNREADABLE manifest: it does not match its own checksum',
    '20261121T115000Z-22222222  not published: 2 objects, last written 60 s ago (under way, or left by a run that died)',
  ]);
});

test('a store that does not answer is said, and is never "no backups"', async () => {
  const look = await lookAt({ listBackups: () => Promise.reject(new Error('access denied')) }, target, NOW);
  expect(look).toMatchObject({ stale: true, problem: 'access denied' });
  expect(look.listing).toBeUndefined();
  expect(lookText(look, NOW)).toBe('orchestrator (postgres): the store could not be asked: access denied');
});
