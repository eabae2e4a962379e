import Database from 'better-sqlite3';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { onFile } from '../host/files.js';
import { sqliteCode, sqliteFailure } from './errors.js';

const MAGIC = 'SQLite format 3\0';
const TRIES = 20;
const PAUSE_MS = 250;
/** Of a copy only we ourselves hold a lock, and for moments. */
const COPY_MS = 2_000;

/**
 * Opens the live database for reading only. Throws `NotFound`, `Forbidden`, `Damaged`. It never waits inside SQLite, which would
 * hold up the whole worker: see `patiently`.
 */
export async function openLive(file: string): Promise<Database.Database> {
  await requireHeader(file);
  return opened(file, { readonly: true });
}

/**
 * Opens a copy of ours. Not read-only, because only then does the last close remove the -wal and -shm files again; nothing is
 * written all the same.
 */
export function openCopy(file: string): Database.Database {
  const db = opened(file, { timeout: COPY_MS });
  try {
    db.pragma('query_only = 1');
    return db;
  } catch (error) {
    db.close();
    throw sqliteFailure(error, file);
  }
}

function opened(file: string, options: Database.Options): Database.Database {
  try {
    return new Database(file, { timeout: 0, ...options, fileMustExist: true });
  } catch (error) {
    throw sqliteFailure(error, file);
  }
}

/** Tries again while another process has the database locked, five seconds at most. Throws `InUse` then. */
export async function patiently<T>(file: string, signal: AbortSignal, work: () => T): Promise<T> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return work();
    } catch (error) {
      if (tries >= TRIES || !sqliteCode(error)?.startsWith('SQLITE_BUSY')) throw sqliteFailure(error, file);
      await sleep(PAUSE_MS);
    }
  }
}

/**
 * Throws `Damaged` unless the file begins as a database does. SQLite takes an empty file for an empty database, and removes the -wal
 * file of one that is too short.
 */
export async function requireHeader(file: string): Promise<void> {
  const head = await onFile(`Reading ${file}`, async () => {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  });
  if (head === MAGIC) return;
  const error = Object.assign(new Error('file is not a database'), { code: 'SQLITE_NOTADB' });
  throw sqliteFailure(error, file);
}
