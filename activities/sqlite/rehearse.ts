import { constants } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceOf } from '../../systems/backupSchema.js';
import { backupError } from '../backup/errors.js';
import type { EngineContext, Files, Rehearsal } from '../backup/engine.js';
import { smokeProblem } from '../backup/smoke.js';
import { onFile } from '../host/files.js';
import { bounded } from '../secrets/redact.js';
import { createThrowaway } from '../throwaway/index.js';
import { contentsOfCopy, payloadName } from './capture.js';
import { integrityProblems } from './contents.js';
import { speaksAgainst, sqliteFailure } from './errors.js';
import { query } from './thread.js';

const SMOKE_MS = 60_000;

/** The database file among a backup's files. Throws `Damaged` when it is not there. */
export function payloadOf(source: SourceOf<'sqlite'>, files: Files): string {
  // The file may have had another name when the backup was taken.
  const path = files.paths[payloadName(source)] ?? Object.values(files.paths)[0];
  if (path === undefined) throw backupError('Damaged', 'The backup holds no database file; take another backup.');
  return path;
}

/** Opens a copy in a folder of its own. Throws `RestoreError` when SQLite does not take it for a database. */
export async function rehearse(source: SourceOf<'sqlite'>, files: Files, context: EngineContext): Promise<Rehearsal> {
  const { signal } = context;
  const begun = performance.now();
  const throwaway = await createThrowaway('sqlite', context.run);
  const file = join(throwaway.dir, 'database.db');
  try {
    await onFile(`Copying into ${throwaway.dir}`, () =>
      copyFile(payloadOf(source, files), file, constants.COPYFILE_FICLONE),
    );
    const [rows] = await query(file, 'SELECT count(*) FROM sqlite_schema', { signal, timeoutMs: SMOKE_MS });
    context.progress(`${String(rows?.[0])} objects`);
  } catch (error) {
    await throwaway.close();
    if (!speaksAgainst(error)) throw sqliteFailure(error, file);
    const why = bounded(error instanceof Error ? error.message : String(error));
    throw backupError('RestoreError', `SQLite does not open the restored file: ${why}. Verify an older backup.`);
  }
  return {
    contents: (hashes) => contentsOfCopy(file, hashes, context),
    examine: () => integrityProblems(file, context),
    smoke: () => smoke(source, file, signal),
    timings: { restore: Math.round(performance.now() - begun) },
    close: () => throwaway.close(),
  };
}

async function smoke(source: SourceOf<'sqlite'>, file: string, signal: AbortSignal): Promise<string[]> {
  const problems: string[] = [];
  for (const one of source.smoke) {
    try {
      const [row] = await query(file, one.query, { signal, timeoutMs: SMOKE_MS, most: 1 });
      problems.push(smokeProblem(one, row?.[0]) ?? '');
    } catch (error) {
      if (signal.aborted) throw error;
      problems.push(`${one.name}: ${bounded(error instanceof Error ? error.message : String(error))}`);
    }
  }
  return problems.filter((problem) => problem !== '');
}
