import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'better-sqlite3';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contents, Files } from '../../../activities/backup/engine.js';
import { sqliteEngine } from '../../../activities/sqlite/index.js';
import { engineContext } from '../host/context.js';
import { createDatabase, sourceOf, startWriter, stopWriter, take } from './support.js';

let dir: string;
let live: string;
let files: Files;
let same: [Contents, Contents | undefined];
let context: Awaited<ReturnType<typeof engineContext>>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-sqlite-'));
  live = join(dir, 'app.db');
  context = await engineContext();
  createDatabase(live).close();
  await chmod(live, 0o640);
  const taken = await take(sourceOf(live), context, join(dir, 'b'));
  files = taken.files;
  const copy = await sqliteEngine.restore?.(sourceOf(live), files, 'app-new.db', context);
  same = [taken.contents, await copy?.contents(true)];
  await copy?.close();
});
afterEach(async () => {
  await context.remove();
  await rm(dir, { recursive: true, force: true });
});

const swap = () => sqliteEngine.swap?.(sourceOf(live), 'app-new.db', 'app-old.db', context);

function balance(file: string): unknown {
  const db = new Database(file, { fileMustExist: true });
  try {
    return db.prepare('SELECT balance FROM account WHERE id = 1').pluck().get();
  } finally {
    db.close();
  }
}

/** A change after the backup whose rows lie in the -wal file when its process dies. */
async function changeAndDie(): Promise<void> {
  const db = new Database(live);
  db.pragma('wal_autocheckpoint = 0');
  db.exec('UPDATE account SET balance = 123 WHERE id = 1');
  const [main, wal] = [await stat(live), await stat(`${live}-wal`)];
  expect(wal.size).toBeGreaterThan(0);
  const [bytes, log] = await Promise.all([readFile(live), readFile(`${live}-wal`)]);
  db.close();
  // As a power failure would have left both.
  await writeFile(live, bytes);
  await writeFile(`${live}-wal`, log);
  expect((await stat(live)).size).toBe(main.size);
}

describe('a restored database', () => {
  test('lies beside the live one, with its contents, its mode, its tag and nothing else', async () => {
    expect(same[1]).toEqual(same[0]);
    expect((await readdir(dir)).toSorted()).toEqual(
      expect.arrayContaining(['app-new.db', 'app-new.db.belay.json', 'app.db']),
    );
    expect((await readdir(dir)).filter((name) => name.startsWith('app-new.db-'))).toEqual([]);
    expect((await stat(join(dir, 'app-new.db'))).mode & 0o777).toBe(0o640);
  });

  test('is swapped in and back without losing what was only in the -wal file', async () => {
    await changeAndDie();
    expect(await swap()).toEqual({ live: 'app.db' });
    expect(balance(live)).toBe(500);
    expect(await swap()).toEqual({ live: 'app.db' });
    expect(balance(join(dir, 'app-old.db'))).toBe(123);
    await sqliteEngine.swapBack?.(sourceOf(live), 'app-new.db', 'app-old.db', context);
    expect(balance(live)).toBe(123);
    expect(balance(join(dir, 'app-new.db'))).toBe(500);
    expect(await sqliteEngine.drop?.(sourceOf(live), 'app-new.db', context)).toBe(true);
    expect((await readdir(dir)).filter((name) => name.startsWith('app-'))).toEqual([]);
  });

  test('replaces one that is too damaged to be opened', async () => {
    await writeFile(live, 'this is no database any more, for whatever reason');
    await writeFile(`${live}-wal`, 'nor is this');
    expect(await swap()).toEqual({ live: 'app.db' });
    expect(balance(live)).toBe(500);
    expect(await readdir(dir)).toEqual(expect.arrayContaining(['app-old.db', 'app-old.db-wal']));
  });

  test('never gets the -wal file of one that is lost', async () => {
    await changeAndDie();
    await rm(live);
    expect(await swap()).toEqual({ live: 'app.db' });
    expect(balance(live)).toBe(500);
    expect(await readdir(dir)).toContain('app-old.db-wal');
  });
});

describe('a swap is refused', () => {
  test('while another process writes', async () => {
    const writer = await startWriter(live);
    try {
      await expect(swap()).rejects.toMatchObject({ type: 'InUse', nonRetryable: false });
    } finally {
      await stopWriter(writer);
    }
    expect(await readdir(dir)).not.toContain('app-old.db.belay.json');
    expect(await swap()).toEqual({ live: 'app.db' });
  }, 60_000);

  test('into a name that is taken', async () => {
    await writeFile(join(dir, 'app-old.db'), 'mine');
    await expect(swap()).rejects.toMatchObject({ type: 'NameTaken' });
    expect(balance(live)).toBe(500);
  });
});

test('a restore beside says what stands in its way', async () => {
  await writeFile(join(dir, 'mine.db'), 'mine');
  const ask = (into: string, bytes: number) => sqliteEngine.inspectRestore?.(sourceOf(live), into, bytes, context);
  expect(await ask('app-2.db', 1_000)).toEqual({ problems: [], liveName: 'app.db', warnings: [] });
  expect(await ask('mine.db', 1_000)).toMatchObject({ problems: [expect.stringContaining('is there already')] });
  expect(await ask('app-2.db', 1e18)).toMatchObject({ problems: [expect.stringContaining('has less than')] });
  await rm(live);
  expect(await ask('app-2.db', 1_000)).toMatchObject({ warnings: [expect.stringContaining('nothing to keep')] });
});
