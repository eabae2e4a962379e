import type { Db, Document } from 'mongodb';
import { BSON } from 'mongodb';
import type { EngineContext, Files } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { endsOf, runCommand } from '../pipeline/index.js';
import { BrokenArchive, type Prelude, readArchive, readPrelude } from './archive.js';
import { isKept } from './catalogue.js';
import { ARCHIVE } from './capture.js';
import { toolFailure } from './errors.js';
import { type Login, placeOf, toolLogin } from './login.js';

const TELL_BYTES = 64 * 1024 * 1024;

/** Path of the archive among a backup's files. Throws `Damaged` when it is not there. */
export function archiveOf(files: Files): string {
  const path = files.paths[ARCHIVE];
  if (path === undefined) throw backupError('Damaged', `The backup has no ${ARCHIVE}; choose another one.`);
  return path;
}

/** See `Engine.readThrough`. */
export async function readThrough(files: Files, context: EngineContext): Promise<string[]> {
  let told = 0;
  try {
    const found = await readArchive(archiveOf(files), (bytes) => {
      context.signal.throwIfAborted();
      if (bytes - told < TELL_BYTES) return;
      told = bytes;
      context.progress(`${ARCHIVE}: ${bytes} bytes read`);
    });
    return found.size > 0 ? [] : [`${ARCHIVE} holds no collection`];
  } catch (error) {
    if (error instanceof BrokenArchive) return [`${ARCHIVE}: ${error.message}`];
    throw error;
  }
}

/** The archive's list of collections, and the one database that it is of. Throws `RestoreError`. */
export async function openArchive(files: Files): Promise<Prelude & { file: string; database: string }> {
  const file = archiveOf(files);
  try {
    const prelude = await readPrelude(file);
    const databases = [...new Set(prelude.collections.map(({ db }) => db))];
    const [database] = databases;
    if (database === undefined || databases.length > 1)
      throw new BrokenArchive(`it is of ${databases.length} databases, not of one`);
    return { ...prelude, file, database };
  } catch (error) {
    if (error instanceof BrokenArchive)
      throw backupError('RestoreError', `${ARCHIVE} cannot be restored: ${error.message}.`);
    throw error;
  }
}

/** Where an archive is restored to. FerretDB wants its indexes made one by one. */
export interface Target {
  login: Login;
  db: Db;
  standIn: boolean;
}

/** Restores an archive into an empty database; any error ends it. Gives milliseconds. Throws `RestoreError`, `MissingProgram`. */
export async function load(
  archive: Awaited<ReturnType<typeof openArchive>>,
  { login, db, standIn }: Target,
  context: EngineContext,
): Promise<{ restore: number; indexes?: number }> {
  const from = archive.database;
  const into = db.databaseName;
  const rename = into === from ? [] : [`--nsFrom=${from}.*`, `--nsTo=${into}.*`];
  const tool = await toolLogin(login, context.scratch);
  const args = [
    ...tool.args,
    `--archive=${archive.file}`,
    `--nsInclude=${from}.*`,
    ...rename,
    '--stopOnError',
    ...(standIn ? ['--noIndexRestore'] : []),
  ];
  const started = performance.now();
  try {
    await runCommand({ file: 'mongorestore', ...tool, args }, { signal: context.signal });
  } catch (error) {
    if (context.signal.aborted) throw error;
    if (standIn && endsOf(error).some((end) => /NotImplemented|not implemented/.test(end.stderr))) throw standInLacks();
    throw toolFailure(error, placeOf(login, into), 'RestoreError');
  }
  const restored = performance.now();
  if (!standIn) return { restore: Math.round(restored - started) };
  await makeIndexes(archive, db, context);
  return { restore: Math.round(restored - started), indexes: Math.round(performance.now() - restored) };
}

/** This says nothing of the backup: the worker lacks a server that could hold it. */
const standInLacks = () =>
  backupError(
    'MissingProgram',
    'The backup has what FerretDB does not know (views, partial or expiring indexes, validators …). Install mongod on this worker, so that it is rehearsed by MongoDB itself.',
  );

/** Without what servers write into an index by themselves, and may refuse to be told. */
function plainIndex(index: Document): Document {
  return Object.fromEntries(Object.entries(index).filter(([key]) => key !== 'ns' && key !== 'v'));
}

async function makeIndexes({ collections }: Prelude, db: Db, context: EngineContext): Promise<void> {
  for (const { collection, metadata } of collections.filter(
    (one) => one.type === 'collection' && isKept(one.collection),
  )) {
    const { indexes } = BSON.EJSON.parse(metadata) as { indexes?: Document[] };
    const wanted = (indexes ?? []).filter((index) => index['name'] !== '_id_');
    if (wanted.length === 0) continue;
    context.progress(`indexes of ${collection}`);
    try {
      await db.command({ createIndexes: collection, indexes: wanted.map(plainIndex) });
    } catch (error) {
      if ((error as { codeName?: string }).codeName === 'NotImplemented') throw standInLacks();
      const said = error instanceof Error ? error.message : String(error);
      throw backupError('RestoreError', `The indexes of ${collection} cannot be made: ${said}`);
    }
  }
}
