import { realpath, stat } from 'node:fs/promises';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { Engine, EngineContext } from '../backup/engine.js';
import type { SourceFacts } from '../backup/types.js';
import { inspectBeside } from '../host/beside.js';
import { freeBytes, onFile } from '../host/files.js';
import { sweepThrowaways } from '../throwaway/index.js';
import { capture } from './capture.js';
import { integrityProblems } from './contents.js';
import { sqliteFailure } from './errors.js';
import { openLive, patiently } from './open.js';
import { payloadOf, rehearse } from './rehearse.js';
import { drop, restore, swap, swapBack } from './restore.js';

/**
 * One SQLite database file of the worker's host. The payload is a database file that anyone can open; restoring by hand is copying
 * it into place while nobody has the old one open, without the old -wal and -shm.
 */
export const sqliteEngine: Engine<'sqlite'> = {
  inspect,
  capture,
  readThrough: (source, files, context) => integrityProblems(payloadOf(source, files), context),
  rehearse,
  restore,
  inspectRestore: (source, into, bytes, context) => inspectBeside(source.path, into, bytes, context),
  swap,
  swapBack,
  drop,
  sweep: (before) => sweepThrowaways('sqlite', before),
};

async function inspect(source: SourceOf<'sqlite'>, context: EngineContext): Promise<SourceFacts> {
  const live = await onFile(`Looking at ${source.path}`, () => realpath(source.path));
  const { size } = await onFile(`Looking at ${live}`, () => stat(live));
  const db = await openLive(live);
  try {
    const mode = await patiently(live, context.signal, () => {
      db.prepare('SELECT count(*) FROM sqlite_schema').get();
      return String(db.pragma('journal_mode', { simple: true }));
    });
    const warnings: string[] = [];
    if (mode !== 'wal')
      warnings.push(`Journal mode is ${mode}: writers wait while the file is copied. WAL mode avoids that.`);
    const wal = await stat(`${live}-wal`).catch(() => undefined);
    const bytes = size + (wal?.size ?? 0);
    const room = await freeBytes(context.scratch).catch(() => undefined);
    if (room !== undefined && room < bytes) {
      warnings.push(
        `The worker's scratch folder has room for ${room} bytes; the copy takes ${bytes}. Set BELAY_SCRATCH.`,
      );
    }
    return {
      identity: `${source.host}:${live}`,
      serverVersion: String(db.prepare('SELECT sqlite_version()').pluck().get()),
      tools: {},
      estimatedBytes: bytes,
      warnings,
    };
  } catch (error) {
    throw sqliteFailure(error, live);
  } finally {
    db.close();
  }
}
