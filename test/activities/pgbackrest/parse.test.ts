import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../../activities/pgbackrest/config.js';
import { codeIn, stanzaError } from '../../../activities/pgbackrest/errors.js';
import { chainOf, dependents, parseInfo, type BackupInfo } from '../../../activities/pgbackrest/info.js';
import { timeText } from '../../../activities/pgbackrest/restoring.js';
import { setOf } from '../../../activities/pgbackrest/take.js';
import { verifyProblems } from '../../../activities/pgbackrest/verifyOutput.js';
import { backupError } from '../../../activities/backup/errors.js';

const FULL = '20261121-020000F';
const INCR = `${FULL}_20261122-020000I`;

function set(label: string, more: Partial<BackupInfo> = {}): BackupInfo {
  return {
    label,
    type: label === FULL ? 'full' : 'incr',
    prior: label === FULL ? null : FULL,
    reference: label === FULL ? null : [FULL],
    error: false,
    archive: { start: '000000010000000000000004', stop: '000000010000000000000005' },
    timestamp: { start: 1_795_226_400, stop: 1_795_226_460 },
    database: { id: 1, 'repo-key': 1 },
    info: { size: 1_000, repository: { size: 500, delta: 100 } },
    ...more,
  };
}

describe('configuration', () => {
  const text = `
[global]
repo1-path = /backup
pg1-port=5433
# pg1-user=not-this-one
[shop]
pg1-path=/var/lib/postgresql/15/main
pg1-port=5434
[far]
pg1-host=db2
pg1-path=/data
archive-push-queue-max=1GB
repo2-type=s3
[shop:backup]
process-max=4
`;

  test.each([
    [
      'shop',
      1,
      { dataDir: '/var/lib/postgresql/15/main', remote: false, port: 5434, repoDir: '/backup', dropsWal: false },
    ],
    ['far', 1, { remote: true, port: 5433, repoDir: '/backup', dropsWal: true }],
    ['far', 2, { remote: true, port: 5433, dropsWal: true }],
  ])('%s, repository %i', (stanza, repo, expected) => {
    const rest = { socketDir: '/var/run/postgresql', database: 'postgres' };
    expect(parseConfig(text, stanza, repo)).toEqual({ ...rest, ...expected });
  });

  test('a stanza that is not in it', () => {
    expect(parseConfig(text, 'shop:backup2', 1)).toBeUndefined();
  });
});

describe('info', () => {
  const text = JSON.stringify([
    {
      name: 'shop',
      status: { code: 0, message: 'ok', lock: { backup: { held: true } } },
      db: [
        { id: 1, 'repo-key': 1, 'system-id': 1, version: '14' },
        { id: 2, 'repo-key': 1, 'system-id': 1, version: '15' },
      ],
      backup: [set(FULL), set(INCR, { database: { id: 1, 'repo-key': 2 } })],
    },
  ]).replaceAll('"system-id":1', '"system-id":7710614005776974853');

  test('keeps every digit of the system identifier, takes the newest database and the repository that was asked for', () => {
    expect(parseInfo(text, 'shop', 1)).toMatchObject({
      systemId: '7710614005776974853',
      version: '15',
      status: { busy: true },
      backups: [{ label: FULL }],
    });
    expect(parseInfo(text, 'other', 1)).toBeUndefined();
  });

  test('chains, and what a set is needed by', () => {
    expect([chainOf(FULL), chainOf(INCR)]).toEqual([FULL, FULL]);
    expect(dependents([set(FULL), set(INCR)], FULL)).toEqual([INCR]);
    expect(dependents([set(FULL), set(INCR)], INCR)).toEqual([]);
  });

  test('the set of a backup: by its annotation, else the newest that began after it was asked for', () => {
    const status = { code: 0, message: 'ok', busy: false };
    const annotated = set(INCR, { annotation: { 'belay-id': 'mine' } });
    const info = { status, backups: [set(FULL), annotated], systemId: '1', version: '15' };
    expect(setOf(info, 'mine', true)?.label).toBe(INCR);
    expect(setOf(info, 'another', true)).toBeUndefined();
    // 1795226400 is 2026-11-21T02:00:00Z.
    expect(setOf(info, '20261121T015959Z-1a2b3c4d', false)?.label).toBe(INCR);
    expect(setOf(info, '20261121T020001Z-1a2b3c4d', false)).toBeUndefined();
  });
});

describe('output of verify', () => {
  const good = `P00 DETAIL: archiveId: 15-1, wal start: 000000010000000000000001, wal stop: 000000010000000000000006
stanza: shop
status: ok
  archiveId: 15-1, total WAL checked: 6, total valid WAL: 6
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: ${FULL}, status: valid, total files checked: 967, total valid files: 967
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
  backup: ${INCR}, status: valid, total files checked: 967, total valid files: 967
    missing: 0, checksum invalid: 0, size invalid: 0, other: 0
`;
  const line = (label: string): string =>
    `backup: ${label}, status: valid, total files checked: 967, total valid files: 967`;

  test('is good only when every line that must be there is', () => {
    expect(verifyProblems(good, set(INCR))).toEqual([]);
  });

  test.each<[string, string, RegExp]>([
    ['nothing at all', '', /does not mention it/],
    ['a set that is not mentioned', good.replace(line(INCR), ''), new RegExp(`${INCR}: .*does not mention`)],
    ['a set that it needs is not mentioned', good.replace(line(FULL), ''), new RegExp(`^${FULL}: .*does not mention`)],
    [
      'invalid',
      good.replace(line(FULL), line(FULL).replace('valid,', 'invalid,').replace('files: 967', 'files: 966')),
      /is invalid/,
    ],
    ['fewer valid files', good.replace(line(INCR), line(INCR).replace(/\d+$/, '960')), /only 960 of 967/],
    ['no files', good.replace(line(INCR), line(INCR).replaceAll('967', '0')), /no files/],
    ['in progress', good.replace(line(INCR), `backup: ${INCR}, status: in-progress`), /is in-progress/],
    [
      'manifest missing',
      good.replace(
        line(INCR),
        `backup: ${INCR}, status: manifest missing, total files checked: 0, total valid files: 0`,
      ),
      /is manifest missing/,
    ],
    [
      'bad WAL',
      good.replace('missing: 0, checksum invalid: 0', 'missing: 0, checksum invalid: 2'),
      /WAL archive: checksum invalid: 2/,
    ],
    [
      'a gap in the WAL',
      good.replace('wal stop: 000000010000000000000006', 'wal stop: 000000010000000000000004'),
      /not every segment/,
    ],
    ['another timeline', good.replaceAll('wal start: 00000001', 'wal start: 00000000'), /not every segment/],
  ])('%s', (_what, output, message) => {
    expect(verifyProblems(output, set(INCR)).join('\n')).toMatch(message);
  });
});

describe('errors', () => {
  const failed = (stderr: string): Error =>
    backupError('ProducerFailed', 'pgbackrest exited with 50', [
      { file: 'pgbackrest', code: 50, signal: null, stderr },
    ]);

  test.each([
    ['ERROR: [050]: unable to acquire lock on file', 'InUse'],
    ['ERROR: [056]: unable to find primary cluster', 'Unreachable'],
    ['ERROR: [082]: WAL segment was not archived', 'Stalled'],
    ['ERROR: [087]: archive_mode must be enabled', 'Unsupported'],
    ['ERROR: [041]: unable to open file: [13] Permission denied', 'Forbidden'],
    ['ERROR: [026]: checksum', 'Damaged'],
    ['ERROR: [031]: invalid option', 'Unsupported'],
    ['ERROR: [099]: who knows', 'ProducerFailed'],
    ['Killed', 'ProducerFailed'],
  ])('%s is %s', (stderr, type) => {
    expect(stanzaError(failed(stderr), 'do it')).toMatchObject({
      type,
      message: expect.stringMatching(/^Could not do it/),
    });
  });

  test('an error of another kind stays as it is', () => {
    const other = backupError('DiskFull', 'full');
    expect(stanzaError(other, 'do it')).toBe(other);
    expect(codeIn('fine')).toBeUndefined();
  });
});

test('a time as PostgreSQL reads it, whatever zone it was given in', () => {
  expect(timeText('2026-11-21T10:30:00.5+02:00')).toBe('2026-11-21 08:30:00.500+00');
});
