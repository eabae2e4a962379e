import { ApplicationFailure } from '@temporalio/common';
import Database from 'better-sqlite3';
import { constants } from 'node:fs';
import { chmod, chown, copyFile, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { Copy, EngineContext, Files } from '../backup/engine.js';
import { entryAt, onFile, syncToDisk } from '../host/files.js';
import { refuseHolders } from '../host/holders.js';
import { tagFor } from '../host/beside.js';
import { dropPath, swapPaths, swapPathsBack } from '../host/swapPaths.js';
import { besidePath, claim } from '../host/tag.js';
import { contentsOfCopy } from './capture.js';
import { patiently, requireHeader } from './open.js';
import { payloadOf } from './rehearse.js';

type Sqlite = SourceOf<'sqlite'>;

/** What SQLite keeps beside a database; a -wal that stays behind would be played into whatever gets its name. */
const COMPANIONS = ['-wal', '-shm', '-journal'];

/** Copies the database to a new name beside the live one, with its owner and mode; the name is tagged first. */
export async function restore(source: Sqlite, files: Files, into: string, context: EngineContext): Promise<Copy> {
  const begun = performance.now();
  const target = besidePath(source.path, into);
  const from = payloadOf(source, files);
  // An earlier attempt of this same run may have left half of it.
  if ((await claim(target, { ...tagFor(source, context), belay: 'restored' })) === 'again') {
    for (const ending of ['', ...COMPANIONS]) await rm(target + ending, { force: true });
  }
  await onFile(`Restoring to ${target}`, async () => {
    await copyFile(from, target, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    const live = await entryAt(source.path);
    await chmod(target, live ? Number(live.mode & 0o777n) : 0o600);
    if (live && process.getuid?.() === 0) await chown(target, Number(live.uid), Number(live.gid));
    await syncToDisk(target);
    await syncToDisk(dirname(target));
  });
  return {
    contents: (hashes) => contentsOfCopy(target, hashes, context),
    timings: { restore: Math.round(performance.now() - begun) },
    close: async () => undefined,
  };
}

/**
 * Brings all that is in the -wal file into the database and takes every lock there is, so that nobody is in the middle of something.
 * A database too damaged to be opened has nothing to bring in. Throws `InUse` when another process holds a lock or has it open.
 */
async function quiet(file: string, signal: AbortSignal): Promise<void> {
  try {
    await requireHeader(file);
    await patiently(file, signal, () => {
      const db = new Database(file, { fileMustExist: true, timeout: 0 });
      try {
        // In WAL mode only this makes BEGIN EXCLUSIVE mean "no other connection at all".
        db.pragma('locking_mode = EXCLUSIVE');
        db.exec('BEGIN EXCLUSIVE; COMMIT');
        db.pragma('wal_checkpoint(TRUNCATE)');
      } finally {
        db.close();
      }
    });
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== 'Damaged') throw error;
  }
  await refuseHolders(file);
}

function optionsOf(source: Sqlite, context: EngineContext) {
  const use = (file: string): Promise<void> => quiet(file, context.signal);
  return { tag: tagFor(source, context), quiet: use, companions: COMPANIONS };
}

function namesOf(source: Sqlite, restored: string, kept: string) {
  return { live: source.path, restored: besidePath(source.path, restored), kept: besidePath(source.path, kept) };
}

/** Renames live → kept and restored → live, with their -wal files. Its consumers must be stopped. Safe to repeat. */
export async function swap(
  source: Sqlite,
  restored: string,
  kept: string,
  context: EngineContext,
): Promise<{ live: string }> {
  await swapPaths(namesOf(source, restored, kept), optionsOf(source, context));
  return { live: basename(source.path) };
}

export async function swapBack(source: Sqlite, restored: string, kept: string, context: EngineContext): Promise<void> {
  await swapPathsBack(namesOf(source, restored, kept), optionsOf(source, context));
}

/** Removes a restored or kept database that carries our tag; see `dropPath`. */
export async function drop(source: Sqlite, name: string, { system }: EngineContext): Promise<boolean> {
  return dropPath(besidePath(source.path, name), { system, source: source.name }, COMPANIONS);
}
