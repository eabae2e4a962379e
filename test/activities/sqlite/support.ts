import Database from 'better-sqlite3';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contents, EngineContext, Files } from '../../../activities/backup/engine.js';
import { sqliteEngine } from '../../../activities/sqlite/index.js';
import { sourceSchema, type SourceOf } from '../../../systems/backupSchema.js';
import { projectRoot } from '../../../sandbox/kit/paths.js';
import { filesIn } from '../host/context.js';

export function sourceOf(path: string, more: object = {}): SourceOf<'sqlite'> {
  const source = sourceSchema.parse({ name: 'app', type: 'sqlite', host: 'here', path, ...more });
  if (source.type !== 'sqlite') throw new Error('another type');
  return source;
}

/** A WAL database with tables that hold every kind of value; the connection stays open, so that rows lie in the -wal file. */
export function createDatabase(file: string, mode = 'wal'): Database.Database {
  const db = new Database(file);
  db.pragma(`journal_mode = ${mode}`);
  db.exec(`
    CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
    CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, note TEXT, amount INTEGER);
    CREATE TABLE odd ("a ""b" ANY, c REAL, d BLOB) STRICT;
    CREATE TABLE pair (k TEXT PRIMARY KEY, v) WITHOUT ROWID;
    CREATE TABLE child (parent INTEGER REFERENCES account (id));
    CREATE INDEX log_note ON log (note);
    CREATE VIEW total AS SELECT sum(balance) AS total FROM account;
    CREATE TRIGGER stamp AFTER DELETE ON log BEGIN SELECT 1; END;
    CREATE VIRTUAL TABLE words USING fts5(text);
    PRAGMA user_version = 7;
    INSERT INTO account VALUES (1, 500), (2, 500);
    INSERT INTO odd VALUES (1, 1.5, x'00ff'), (9007199254740993, -0.0, NULL), (CAST(x'ff41' AS TEXT), 9e999, x''), (NULL, NULL, CAST('a marked value' AS BLOB));
    INSERT INTO pair VALUES ('1', 1), ('2', 1.0), ('3', '1'), ('4', x'31');
    INSERT INTO words VALUES ('the quick brown fox');
  `);
  const insert = db.prepare('INSERT INTO log (note, amount) VALUES (?, 0)');
  db.transaction(() => {
    for (let i = 0; i < 5_000; i++) insert.run(`note ${i} ${'x'.repeat(50)}`);
  })();
  return db;
}

/** A process that writes all the time; stop it with SIGTERM. */
export async function startWriter(file: string): Promise<ChildProcess> {
  const script = join(projectRoot(), 'test', 'activities', 'sqlite', 'writer.mjs');
  const child = spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (child.stdout) await once(child.stdout, 'data');
  return child;
}

export async function stopWriter(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** Takes a backup as the core does: reads the payload and the contents, then closes. */
export async function take(
  source: SourceOf<'sqlite'>,
  context: EngineContext,
  into: string,
): Promise<{ files: Files; contents: Contents }> {
  const capture = await sqliteEngine.capture(source, context);
  try {
    const [payload] = capture.payloads;
    if (!payload || !('file' in payload.from)) throw new Error('no file');
    await mkdir(into, { recursive: true });
    await copyFile(payload.from.file, join(into, payload.name));
    return { files: filesIn(into, payload.name), contents: await capture.contents(true) };
  } finally {
    await capture.close();
  }
}
