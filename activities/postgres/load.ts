import { freemem } from 'node:os';
import { basename } from 'node:path';
import type { EngineContext } from '../backup/engine.js';
import { isError } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { endsOf, runCommand } from '../pipeline/index.js';
import type { Catalogue } from './catalogue.js';
import { databaseArgument, libpqEnvironment, type Login } from './login.js';
import { literal, quoted } from './names.js';
import { openSession, type Session } from './session.js';
import { watchActivity } from './watch.js';

const MB = 1024 * 1024;

/** A container may have less than its machine. */
const roomForUs = (): number => Math.min(freemem(), process.constrainedMemory() || Infinity);

/**
 * Settings for a server of our own: indexes are sorted in memory where this machine has it, and by the job that builds them, since the
 * jobs keep all cores busy. An eighth of what is free, for all jobs together. Pure but for the default.
 */
export function roomySettings(freeBytes = roomForUs()): string {
  const sortMB = Math.round(Math.min(1_024, Math.max(128, freeBytes / MB / (JOBS * 8))));
  return `-c maintenance_work_mem=${sortMB}MB -c max_parallel_maintenance_workers=0`;
}

/** Side by side; a third does no good where server and programs share two cores. */
const JOBS = 2;

export interface LoadOptions {
  login: Login;
  database: string;
  application: string;
  catalogue: Catalogue;
  /** Further arguments of pg_restore. */
  flags: readonly string[];
  /** Settings of its sessions, as `-c name=value`. */
  settings?: string;
}

/**
 * Loads a dump into an empty database: extensions first, in the versions that the source has where the server offers them. Any error
 * that pg_restore tells is `RestoreError`; a full disk is `DiskFull`; a server that went away is `Unreachable`. Gives how long it
 * took, in milliseconds.
 */
export async function load(file: string, options: LoadOptions, context: EngineContext): Promise<{ restore: number }> {
  const { login, database, application, catalogue } = options;
  const open = (): Promise<Session> =>
    openSession(login, { database, application, signal: context.signal, otherwise: 'RestoreError' });
  const session = await open();
  const stopWatching = watchActivity(open, application, context.progress);
  try {
    await createExtensions(session, catalogue.extensions);
    const began = performance.now();
    context.progress('pg_restore');
    await restore(file, options, context);
    return { restore: Math.round(performance.now() - began) };
  } finally {
    await Promise.all([stopWatching(), session.end()]);
  }
}

/** Gathers the statistics that queries are planned with: a restored database has none. Gives the milliseconds that it took. */
export async function analyze(
  place: Omit<LoadOptions, 'catalogue' | 'flags' | 'settings'>,
  context: EngineContext,
): Promise<number> {
  const { login, database, application } = place;
  const began = performance.now();
  context.progress('ANALYZE');
  const session = await openSession(login, {
    database,
    application,
    signal: context.signal,
    otherwise: 'RestoreError',
  });
  try {
    await session.query('ANALYZE');
    return Math.round(performance.now() - began);
  } finally {
    await session.end();
  }
}

/**
 * A restore creates them itself, but in whatever version is the server's default. Only those can be made before it whose schema
 * is there already: the restore insists on making the others.
 */
async function createExtensions(session: Session, extensions: Catalogue['extensions']): Promise<void> {
  for (const { name, version, schema } of extensions) {
    const [possible] = await session.query<{ one: number }>(
      `SELECT 1 AS one FROM pg_available_extension_versions
        WHERE name = $1 AND version = $2 AND $3 IN (SELECT nspname FROM pg_namespace)`,
      [name, version, schema],
    );
    if (!possible) continue;
    const create = `CREATE EXTENSION IF NOT EXISTS ${quoted(name)} WITH SCHEMA ${quoted(schema)} VERSION ${literal(version)}`;
    await session.query(create).catch((error: unknown) => {
      // It may need one that cannot be made yet; the restore tries again in its own order, and then it counts.
      if (!isError(error, 'RestoreError', 'Unsupported')) throw error;
    });
  }
}

async function restore(file: string, options: LoadOptions, context: EngineContext): Promise<void> {
  const { login, database, application, flags, settings } = options;
  const access = await libpqEnvironment(login, context.scratch, { database, application });
  const env = settings === undefined ? access : { ...access, PGOPTIONS: settings };
  const args = ['--exit-on-error', `--jobs=${JOBS}`, '--no-password', '--no-subscriptions', ...flags];
  const target = [`--dbname=${databaseArgument(database)}`, file];
  try {
    await runCommand({ file: 'pg_restore', args: [...args, ...target], env }, { signal: context.signal });
  } catch (error) {
    throw restoreFailure(error, basename(file));
  }
}

/** What a failed pg_restore means: only what it says about the data is the backup's fault. Pure. */
export function restoreFailure(error: unknown, file: string): unknown {
  const [end] = endsOf(error);
  if (end === undefined || !isError(error, 'ProducerFailed')) return error;
  const said = end.stderr === '' ? 'It printed nothing.' : `It printed: ${end.stderr}`;
  if (/no space left on device|could not (extend|write)[^\n]*file/i.test(end.stderr)) {
    return backupError(
      'DiskFull',
      `The disk of the server that restores ${file} is full. Free space and start again. ${said}`,
    );
  }
  const gone = /server closed the connection|connection to server|terminating connection|the database system is/i;
  if (end.signal !== null || gone.test(end.stderr)) {
    const how = end.signal === null ? 'lost its server' : `was ended by ${end.signal}`;
    return backupError('Unreachable', `pg_restore of ${file} ${how}; memory may be short. ${said}`);
  }
  return backupError('RestoreError', `pg_restore of ${file} exited with ${end.code}. ${said}`, [end]);
}
