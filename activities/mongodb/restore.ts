import type { Db, MongoClient } from 'mongodb';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { Copy, Engine, EngineContext, Files } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import type { BackupRun } from '../backup/types.js';
import { TAG } from './catalogue.js';
import { contentsOf } from './contents.js';
import { onServer } from './errors.js';
import { load, openArchive } from './load.js';
import { loginOf, openClient, placeOf } from './login.js';

export const NO_SWAP =
  'MongoDB cannot rename a database. Restore to a new name, point the consumers to it, and drop the old one when it is no longer needed; or copy the collections that are needed with renameCollection.';

const DUPLICATE_KEY = 11_000;
const RESERVED = new Set(['admin', 'config', 'local']);
const NAME = /^[^/\\. "$*<>:|?\0]{1,63}$/;

interface Tag {
  _id: string;
  run: string;
  at: Date;
  system: string;
  source: string;
}

const runOf = (run: BackupRun): string => `${run.workflowId}/${run.runId}`;
const tagOf = (db: Db) => db.collection<Tag>(TAG).findOne({ _id: 'belay' });

/** Restores into a new database of the live server, which gets our tag first. A repeat by the same run starts it over. */
export async function restore(
  source: SourceOf<'mongodb'>,
  files: Files,
  into: string,
  context: EngineContext,
): Promise<Copy> {
  requireName(source, into);
  const archive = await openArchive(files);
  const login = await loginOf(source, context);
  return onServer(placeOf(login, into), context.signal, async () => {
    const client = await openClient(login, context.signal);
    try {
      const db = client.db(into);
      await claim(db, source, context);
      const { ferretdbVersion } = await client.db('admin').command({ buildInfo: 1 });
      const timings = await load(archive, { login, db, standIn: ferretdbVersion !== undefined }, context);
      return {
        contents: (hashes) =>
          onServer(placeOf(login, into), context.signal, () => contentsOf(db, hashes, context.progress)),
        timings: { ...timings },
        close: () => client.close().catch(() => undefined),
      };
    } catch (error) {
      await client.close().catch(() => undefined);
      throw error;
    }
  });
}

/** Makes the database ours, empty. Of two that try at once, one gets the tag. */
async function claim(db: Db, source: SourceOf<'mongodb'>, context: EngineContext): Promise<void> {
  const taken = () =>
    backupError(
      'NameTaken',
      `Database ${db.databaseName} exists already, and this run has not made it. Choose another name.`,
    );
  const run = runOf(context.run);
  if (await exists(db)) {
    if ((await tagOf(db))?.run !== run) throw taken();
    await db.dropDatabase();
  }
  try {
    const { system } = context;
    await db.collection<Tag>(TAG).insertOne({ _id: 'belay', run, at: new Date(), system, source: source.name });
  } catch (error) {
    throw (error as { code?: number }).code === DUPLICATE_KEY ? taken() : error;
  }
}

const exists = (db: Db): Promise<boolean> => db.listCollections({}, { nameOnly: true }).hasNext();

function requireName(source: SourceOf<'mongodb'>, into: string): void {
  const problem = nameProblem(source, into);
  if (problem !== undefined) throw backupError(into === source.database ? 'NameTaken' : 'Unsupported', problem);
}

/** Why a database of this name cannot be restored to; undefined when it can. Pure. */
export function nameProblem(source: Pick<SourceOf<'mongodb'>, 'database'>, into: string): string | undefined {
  if (into === source.database) return `${into} is the live database; choose another name.`;
  if (RESERVED.has(into) || !NAME.test(into))
    return `"${into}" cannot be the name of a database: give at most 63 characters without / \\ . " $ * < > : | ? and spaces, other than admin, config, local.`;
  return undefined;
}

/** See `Engine.inspectRestore`. */
export async function inspectRestore(
  source: SourceOf<'mongodb'>,
  into: string,
  bytes: number,
  context: EngineContext,
): ReturnType<NonNullable<Engine<'mongodb'>['inspectRestore']>> {
  const liveName = source.database;
  const name = nameProblem(source, into);
  if (name !== undefined) return { problems: [name], liveName, warnings: [NO_SWAP] };
  return withDatabase(source, into, context, async (db, client) => {
    const problems: string[] = [];
    if ((await exists(db)) && (await tagOf(db))?.run !== runOf(context.run))
      problems.push(`Database ${into} exists already; choose another name.`);
    const free = await freeBytes(client);
    if (free !== undefined && free < bytes)
      problems.push(`The server has ${free} bytes free; the backup takes ${bytes} at least.`);
    return { problems, liveName, warnings: [NO_SWAP] };
  });
}

/** Of the server's own disk, where it tells. */
async function freeBytes(client: MongoClient): Promise<number | undefined> {
  const { fsTotalSize, fsUsedSize } = await client.db('admin').command({ dbStats: 1 });
  return typeof fsTotalSize === 'number' && typeof fsUsedSize === 'number' ? fsTotalSize - fsUsedSize : undefined;
}

/** Drops a restored database; false when there is none. Throws `NotOurs` for one without our tag, and for the live one. */
export async function drop(source: SourceOf<'mongodb'>, name: string, context: EngineContext): Promise<boolean> {
  if (name === source.database) throw notOurs(name, 'is the live database of the source');
  return withDatabase(source, name, context, async (db) => {
    if (!(await exists(db))) return false;
    if (!(await tagOf(db))) throw notOurs(name, `has no ${TAG} collection: no restore has made it`);
    await db.dropDatabase();
    return true;
  });
}

const notOurs = (name: string, why: string) =>
  backupError('NotOurs', `Database ${name} ${why}; it is not dropped. If it may go, drop it by hand.`);

async function withDatabase<T>(
  source: SourceOf<'mongodb'>,
  name: string,
  context: EngineContext,
  work: (db: Db, client: MongoClient) => Promise<T>,
): Promise<T> {
  const login = await loginOf(source, context);
  return onServer(placeOf(login, name), context.signal, async () => {
    const client = await openClient(login, context.signal);
    try {
      return await work(client.db(name), client);
    } finally {
      await client.close().catch(() => undefined);
    }
  });
}
