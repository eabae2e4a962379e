import type { Db } from 'mongodb';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { EngineContext, Files, Rehearsal } from '../backup/engine.js';
import { readCatalogue } from './catalogue.js';
import { contentsOf } from './contents.js';
import { onServer } from './errors.js';
import { load, openArchive } from './load.js';
import { startServer } from './server.js';
import { smoke } from './smoke.js';

/** Restores into a server that listens only at a socket of ours. */
export async function rehearse(source: SourceOf<'mongodb'>, files: Files, context: EngineContext): Promise<Rehearsal> {
  const archive = await openArchive(files);
  const started = performance.now();
  const server = await startServer(archive.serverVersion, context);
  const start = Math.round(performance.now() - started);
  try {
    const db = server.client.db(archive.database);
    const timings = await load(archive, { ...server, db }, context);
    const ask = <T>(work: () => Promise<T>): Promise<T> => onServer('the throwaway server', context.signal, work);
    return {
      contents: (hashes) => ask(() => contentsOf(db, hashes, context.progress)),
      examine: () => ask(() => examine(db, context)),
      smoke: () => ask(() => smoke(db, source.smoke)),
      timings: { start, ...timings },
      close: () => server.close(),
    };
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** MongoDB's own check of documents and indexes. */
async function examine(db: Db, context: EngineContext): Promise<string[]> {
  const problems: string[] = [];
  for (const name of (await readCatalogue(db)).collections) {
    context.progress(`validating ${name}`);
    const { valid, errors } = await db.command({ validate: name, full: true });
    if (valid !== true) problems.push(`${name}: ${JSON.stringify(errors).slice(0, 300)}`);
  }
  return problems;
}
