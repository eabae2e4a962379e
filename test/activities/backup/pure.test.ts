import { describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { classified, sizeText } from '../../../activities/backup/classify.js';
import { compareContents } from '../../../activities/backup/compare.js';
import { contentsText, parseContents, summarise } from '../../../activities/backup/contents.js';
import type { Contents } from '../../../activities/backup/engine.js';
import { attemptName, eventName, placeOf } from '../../../activities/backup/keys.js';
import { climb } from '../../../activities/backup/ladder.js';
import { backupError, type BackupErrorType } from '../../../activities/backup/errors.js';
import { partBytes } from '../../../activities/backup/payload.js';

const id = '20261121T020000Z-1a2b3c4d';

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

test.each([
  ['ENOSPC', 'DiskFull', true],
  ['EDQUOT', 'DiskFull', true],
  ['EACCES', 'Forbidden', true],
  ['ENOENT', 'NotFound', true],
  ['ECONNRESET', 'Unexpected', false],
])('%s of the file system is %s', async (code, type, nonRetryable) => {
  const error = Object.assign(new Error(`${code}: write`), { code, path: '/scratch/x' });
  expect(await classified(error, '/')).toMatchObject({ type, nonRetryable });
});

test('a really full disk is told with its numbers', async () => {
  const error: unknown = await writeFile('/dev/full', 'x').catch((thrown: unknown) => thrown);
  const failure = await classified(error, '/');
  expect(failure).toMatchObject({ type: 'DiskFull', message: expect.stringMatching(/has .* free/) });
});
