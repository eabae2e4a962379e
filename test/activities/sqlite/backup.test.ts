import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { copyFile, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contents, Files } from '../../../activities/backup/engine.js';
import { sqliteEngine } from '../../../activities/sqlite/index.js';
import { engineContext, filesIn } from '../host/context.js';
import { createDatabase, sourceOf, startWriter, stopWriter, take } from './support.js';

let dir: string;
let live: string;
let context: Awaited<ReturnType<typeof engineContext>>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-sqlite-'));
  live = join(dir, 'app.db');
  context = await engineContext();
});
afterEach(async () => {
  await context.remove();
  await rm(dir, { recursive: true, force: true });
});

async function rehearsed(
  files: Files,
  more: object = {},
): Promise<{ contents: Contents; problems: string[]; smoke: string[] }> {
  const rehearsal = await sqliteEngine.rehearse(sourceOf(live, more), files, context);
  try {
    return {
      contents: await rehearsal.contents(true),
      problems: await rehearsal.examine(),
      smoke: await rehearsal.smoke(),
    };
  } finally {
    await rehearsal.close();
  }
}

describe('a round trip', () => {
  test.each(['wal', 'delete'])(
    'in journal mode %s brings back every kind of value, and tells them apart',
    async (mode) => {
      const db = createDatabase(live, mode);
      const { files, contents } = await take(sourceOf(live), context, join(dir, 'backup'));
      db.close();
      expect(await sqliteEngine.readThrough(sourceOf(live), files, context)).toEqual([]);
      const restored = await rehearsed(files);
      expect(restored).toEqual({ contents, problems: [], smoke: [] });
      expect(contents.facts).toMatchObject({
        userVersion: '7',
        indexes: expect.any(String),
        views: '1',
        triggers: '1',
        foreignKeys: 'kept',
      });
      expect(contents.items).toContainEqual({
        name: 'log',
        rows: 5_000,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect(contents.items.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['odd', 'pair', 'sqlite_sequence', 'words_content']),
      );
    },
  );

  test('of a database that another process writes gives one moment of it, 20 times', async () => {
    createDatabase(live).close();
    const writer = await startWriter(live);
    const states = new Set<string | undefined>();
    try {
      for (let i = 0; i < 20; i++) {
        const { files, contents } = await take(sourceOf(live), context, join(dir, `backup-${i}`));
        const restored = await rehearsed(files, {
          smoke: [{ name: 'no money is lost', query: 'SELECT total FROM total', equals: 1000 }],
        });
        expect(restored).toEqual({ contents, problems: [], smoke: [] });
        states.add(contents.items.find(({ name }) => name === 'log')?.hash);
        await rm(join(context.scratch, 'app.db'));
      }
    } finally {
      await stopWriter(writer);
    }
    // It did write all the time.
    expect(states.size).toBeGreaterThan(10);
  }, 120_000);

  test('remembers rows without a parent instead of failing for them', async () => {
    const db = createDatabase(live);
    db.pragma('foreign_keys = OFF');
    db.exec('INSERT INTO child VALUES (77), (78)');
    const { files, contents } = await take(sourceOf(live), context, join(dir, 'backup'));
    db.close();
    expect(contents.facts['foreignKeys']).toBe('[["child","account",2]]');
    expect(await sqliteEngine.readThrough(sourceOf(live), files, context)).toEqual([]);
    expect((await rehearsed(files)).contents).toEqual(contents);
  });

  test('leaves the live database as it was', async () => {
    createDatabase(live).close();
    const before = await readFile(live);
    await sqliteEngine.inspect(sourceOf(live), context);
    await take(sourceOf(live), context, join(dir, 'backup'));
    expect((await readFile(live)).equals(before)).toBe(true);
    expect((await stat(`${live}-wal`).catch(() => undefined))?.size ?? 0).toBe(0);
  });
});

describe('damage', () => {
  let files: Files;
  let contents: Contents;
  let copy: string;

  beforeEach(async () => {
    const db = createDatabase(live);
    ({ files, contents } = await take(sourceOf(live), context, join(dir, 'backup')));
    db.close();
    copy = files.paths['app.db'] ?? '';
  });

  async function overwrite(at: number, bytes: Buffer): Promise<void> {
    const handle = await open(copy, 'r+');
    await handle.write(bytes, 0, bytes.length, at);
    await handle.close();
  }

  test('of the header is found by reading through', async () => {
    await overwrite(0, Buffer.from('damaged!'));
    expect(await sqliteEngine.readThrough(sourceOf(live), files, context)).toEqual([
      expect.stringContaining('SQLITE_NOTADB'),
    ]);
    await expect(sqliteEngine.rehearse(sourceOf(live), files, context)).rejects.toMatchObject({ type: 'RestoreError' });
  });

  test('by a cut is found by reading through', async () => {
    await truncate(copy, 40_960);
    expect(await sqliteEngine.readThrough(sourceOf(live), files, context)).not.toEqual([]);
  });

  test('of a page is found by reading through', async () => {
    await overwrite(4_096 * 30, Buffer.alloc(4_096, 0xa5));
    expect(await sqliteEngine.readThrough(sourceOf(live), files, context)).not.toEqual([]);
  });

  test('of one letter in a row is found by the hash alone', async () => {
    const at = (await readFile(copy)).indexOf('a marked value');
    await overwrite(at + 2, Buffer.from('M'));
    const restored = await rehearsed(files);
    const changed = restored.contents.items.filter((item, i) => item.hash !== contents.items[i]?.hash);
    expect(changed.map(({ name }) => name)).toEqual(['odd']);
    expect(restored.problems).toEqual([]);
    expect(restored.contents.items.map(({ rows }) => rows)).toEqual(contents.items.map(({ rows }) => rows));
  });

  test('by copying the main file of a WAL database only is found by counts', async () => {
    const other = join(dir, 'other.db');
    const db = createDatabase(other);
    const right = await take(sourceOf(other), context, join(dir, 'right'));
    await copyFile(other, join(dir, 'right', 'other.db'));
    db.close();
    const wrong = await rehearsed(filesIn(join(dir, 'right'), 'other.db'));
    expect(wrong.contents.items).not.toEqual(right.contents.items);
    expect(wrong.contents.items.find(({ name }) => name === 'log')?.rows ?? 0).toBeLessThan(5_000);
  });
});

describe('a source that cannot be backed up says why', () => {
  test.each([
    ['is missing', 'NotFound', async () => undefined],
    ['is another kind of file', 'Damaged', () => writeFile(live, 'just some text, and more of it')],
    ['is empty', 'Damaged', () => writeFile(live, '')],
  ])('when it %s', async (_what, type, make) => {
    await make();
    const failure = { type, nonRetryable: true, message: expect.stringContaining(live) };
    await expect(sqliteEngine.inspect(sourceOf(live), context)).rejects.toMatchObject(failure);
    await expect(sqliteEngine.capture(sourceOf(live), context)).rejects.toMatchObject(failure);
  });

  test('when another process has locked it', async () => {
    const db = createDatabase(live, 'delete');
    db.exec('BEGIN EXCLUSIVE');
    await expect(sqliteEngine.capture(sourceOf(live), context)).rejects.toMatchObject({
      type: 'InUse',
      nonRetryable: false,
      message: expect.stringMatching(/locked/),
    });
    db.close();
  });

  test('when the scratch folder is full', async () => {
    createDatabase(live).close();
    await expect(sqliteEngine.capture(sourceOf(live), { ...context, scratch: '/dev/full' })).rejects.toMatchObject({
      type: expect.stringMatching(/^(DiskFull|Forbidden|NotFound)$/),
    });
  });

  test('and a cancel ends the copy', async () => {
    createDatabase(live).close();
    const control = new AbortController();
    const progress = () => control.abort(new Error('enough'));
    const cancelled = { ...context, signal: control.signal, progress };
    await expect(sqliteEngine.capture(sourceOf(live), cancelled)).rejects.toThrow('enough');
    // Nothing holds it any more.
    const db = new Database(live);
    db.pragma('locking_mode = EXCLUSIVE');
    expect(() => db.exec('BEGIN EXCLUSIVE; COMMIT')).not.toThrow();
    db.close();
  });
});

test('inspect tells the size and what to know', async () => {
  createDatabase(live, 'delete').close();
  expect(await sqliteEngine.inspect(sourceOf(live), context)).toMatchObject({
    identity: `here:${live}`,
    serverVersion: expect.stringMatching(/^3\./),
    estimatedBytes: expect.any(Number),
    warnings: [expect.stringContaining('Journal mode is delete')],
  });
});
