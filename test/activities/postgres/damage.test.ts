import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareContents } from '../../../activities/backup/compare.js';
import type { Contents, Files } from '../../../activities/backup/engine.js';
import { capture } from '../../../activities/postgres/capture.js';
import { readThrough } from '../../../activities/postgres/readThrough.js';
import { rehearse } from '../../../activities/postgres/rehearse.js';
import { entriesOf, tableOfContents } from '../../../activities/postgres/toc.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { contextOf, execute, recreate, remove, server, sourceOf, store } from './support.js';
import type { PostgresSource, Server, TestContext } from './support.js';

const DATABASE = 'damaged_shop';

let at: Server;
let source: PostgresSource;
let context: TestContext;
let whole: Files;
let contents: Contents;
let copies = 0;

beforeAll(async () => {
  at = await server();
  source = sourceOf(at, DATABASE);
  context = await contextOf(at);
  await recreate(at, DATABASE);
  await execute(
    at,
    DATABASE,
    'CREATE TABLE letters (id int PRIMARY KEY, body text)',
    `INSERT INTO letters SELECT n, 'letter number ' || n || ' of many' FROM generate_series(1, 50000) AS n`,
  );
  const taken = await capture(source, context);
  whole = await store(taken, context);
  contents = await taken.contents(true);
  await taken.close();
}, SANDBOX_MS);
afterAll(async () => {
  await execute(at, 'postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  await remove(context);
});

/** The whole backup again, with one payload changed. */
async function damaged(name: string, change: (path: string) => Promise<void>): Promise<Files> {
  const dir = join(context.scratch, `copy-${++copies}`);
  await mkdir(dir);
  const paths: Record<string, string> = {};
  for (const [payload, path] of Object.entries(whole.paths)) {
    paths[payload] = join(dir, payload);
    await copyFile(path, paths[payload]);
  }
  await change(join(dir, name));
  return { dir, paths };
}

const cutAtHalf = async (path: string): Promise<void> => truncate(path, Math.floor((await readFile(path)).length / 2));

test('cut at half: the list of contents is whole, the full read is not, and no restore passes', async () => {
  const files = await damaged('database.dump', cutAtHalf);
  const { said, listed } = entriesOf(await tableOfContents(files.paths['database.dump'] ?? '', context));
  expect(listed).toBeGreaterThan(0);
  expect(said).toBeGreaterThanOrEqual(listed);
  expect(await readThrough(files, context)).toEqual([
    expect.stringMatching(/^database\.dump: pg_restore cannot read it/),
  ]);
  await expect(rehearse(source, files, context)).rejects.toMatchObject({ type: 'RestoreError', nonRetryable: true });
});

test('one byte of a value flipped, without compression: only the content hash sees it', async () => {
  const files = await damaged('database.dump', async (path) => {
    const bytes = await readFile(path);
    const place = bytes.indexOf('letter number 25000 of many');
    bytes[place] = 'm'.charCodeAt(0);
    await writeFile(path, bytes);
  });
  expect(await readThrough(files, context)).toEqual([]);
  const rehearsal = await rehearse(source, files, context);
  try {
    const actual = await rehearsal.contents(true);
    expect(compareContents(contents, actual, false)).toEqual([]);
    expect(await rehearsal.examine()).toEqual([]);
    expect(compareContents(contents, actual, true)).toEqual([
      'public.letters: same number of rows (50000), other content',
    ]);
  } finally {
    await rehearsal.close();
  }
});

test('a row too few: the counts see it', async () => {
  const fewer = { ...contents, items: contents.items.map((item) => ({ ...item, rows: item.rows + 1 })) };
  const rehearsal = await rehearse(source, whole, context);
  try {
    const differences = compareContents(fewer, await rehearsal.contents(false), false);
    expect(differences).toEqual(['public.letters: 50000 rows instead of 50001']);
  } finally {
    await rehearsal.close();
  }
});

test.each([
  ['database.dump', 'an empty file', (path: string) => truncate(path, 0)],
  ['database.dump', 'something else', (path: string) => writeFile(path, 'x'.repeat(5_000))],
  ['globals.sql', 'cut at half', cutAtHalf],
  ['catalogue.json', 'cut at half', cutAtHalf],
])('%s, %s: the read from end to end sees it', async (name, _how, change) => {
  const files = await damaged(name, change);
  expect((await readThrough(files, context)).join('\n')).toMatch(new RegExp(`^${name.replace('.', String.raw`\.`)}`));
});

test('a payload that is missing', async () => {
  const { 'database.dump': _left, ...paths } = whole.paths;
  expect(await readThrough({ ...whole, paths }, context)).toEqual(['database.dump is missing']);
  await expect(rehearse(source, { ...whole, paths }, context)).rejects.toMatchObject({ type: 'Damaged' });
});
