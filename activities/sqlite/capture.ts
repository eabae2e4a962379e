import type Database from 'better-sqlite3';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { Capture, Contents, EngineContext } from '../backup/engine.js';
import { onFile } from '../host/files.js';
import { contentsOf } from './contents.js';
import { sqliteFailure } from './errors.js';
import { openCopy, openLive, patiently } from './open.js';

/** Pages per step; between steps other work of this process runs. 1 MiB at the usual page size. */
const PAGES = 256;

/** Payload name: the file's own, so that whoever restores by hand has the database that he knows. */
export const payloadName = (source: SourceOf<'sqlite'>): string => basename(source.path);

/**
 * Copies the database with SQLite's online backup. In WAL mode one read transaction is held over the copy and the hashes:
 * writers go on, the copy is not begun anew with each of their commits, and hashes are of the live database itself. In the other
 * modes a reader keeps writers from committing, so it is held for the copy only, and hashes are of the copy.
 */
export async function capture(source: SourceOf<'sqlite'>, context: EngineContext): Promise<Capture> {
  const { signal, scratch, progress } = context;
  const live = await onFile(`Looking at ${source.path}`, () => realpath(source.path));
  const copy = join(scratch, payloadName(source));
  const db = await openLive(live);
  const at = new Date().toISOString();
  let wal = false;
  try {
    await patiently(live, signal, () => {
      db.exec('BEGIN');
      try {
        // BEGIN alone reads nothing; the first read takes the snapshot.
        wal = db.pragma('journal_mode', { simple: true }) === 'wal';
        db.prepare('SELECT count(*) FROM sqlite_schema').get();
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    });
    await backUp(db, copy, signal, progress);
    if (!wal) db.exec('ROLLBACK');
  } catch (error) {
    db.close();
    throw sqliteFailure(error, live);
  }
  let reading: Promise<unknown> = Promise.resolve();
  return {
    recoveryPoint: { at },
    payloads: [{ name: payloadName(source), from: { file: copy } }],
    excluded: [],
    contents(hashes) {
      const contents = wal ? contentsOf(db, copy, hashes, context) : contentsOfCopy(copy, hashes, context);
      reading = contents.catch(() => undefined);
      return contents;
    },
    async close() {
      // SQLite closes no connection that is in the middle of a query.
      await reading;
      db.close();
    },
  };
}

async function backUp(
  db: Database.Database,
  copy: string,
  signal: AbortSignal,
  progress: (what: string) => void,
): Promise<void> {
  await db.backup(copy, {
    progress({ totalPages, remainingPages }) {
      signal.throwIfAborted();
      progress(`${totalPages - remainingPages} of ${totalPages} pages`);
      return PAGES;
    },
  });
  signal.throwIfAborted();
}

/** Contents of a copy of ours. */
export async function contentsOfCopy(
  file: string,
  hashes: boolean,
  context: Pick<EngineContext, 'signal' | 'progress'>,
): Promise<Contents> {
  const db = openCopy(file);
  try {
    return await contentsOf(db, file, hashes, context);
  } catch (error) {
    throw sqliteFailure(error, file);
  } finally {
    db.close();
  }
}
