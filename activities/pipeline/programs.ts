import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { backupError } from '../backup/errors.js';

/** Debian package of a program, where it is not called like it. */
const PACKAGES: Record<string, string> = {
  pg_dump: 'postgresql-client',
  pg_dumpall: 'postgresql-client',
  pg_restore: 'postgresql-client',
  psql: 'postgresql-client',
  pg_amcheck: 'postgresql',
  initdb: 'postgresql',
  pg_ctl: 'postgresql',
  postgres: 'postgresql',
  'redis-cli': 'redis-tools',
  'redis-check-rdb': 'redis-tools',
  mongodump: 'mongodb-database-tools',
  mongorestore: 'mongodb-database-tools',
  'age-keygen': 'age',
  amtool: 'prometheus-alertmanager',
};

/** Name of the variable that holds the path of a program: `pg_dump` → `BELAY_PG_DUMP_BIN`. */
export function programVariable(name: string): string {
  return `BELAY_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_BIN`;
}

/** Folders where programs are looked for, in order: those of `BELAY_PROGRAMS`, then those of PATH. */
export function programFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const all = [env['BELAY_PROGRAMS'], env['PATH']].flatMap((list) => (list ?? '').split(delimiter));
  // A relative folder would mean another program for each folder that the worker is started in.
  return [...new Set(all.filter((folder) => isAbsolute(folder)))];
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}

/**
 * Path of a program: from its variable (`BELAY_PG_DUMP_BIN`), else from the folders of `BELAY_PROGRAMS` (separated by `:`), else from
 * PATH. An absolute path is only checked. Throws `MissingProgram`, which says what to install or to set.
 */
export async function findProgram(name: string, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const variable = programVariable(name);
  if (name.includes('/')) {
    if (isAbsolute(name) && (await isProgram(name))) return name;
    throw backupError('MissingProgram', `${name} is not a program that this worker may run; give an absolute path.`);
  }
  const given = env[variable];
  if (given !== undefined && given !== '') {
    if (isAbsolute(given) && (await isProgram(given))) return given;
    throw backupError(
      'MissingProgram',
      `${variable}=${given} is not a program that this worker may run; set it to the absolute path of ${name}, or unset it.`,
    );
  }
  for (const folder of programFolders(env)) {
    const file = join(folder, name);
    if (await isProgram(file)) return file;
  }
  throw backupError(
    'MissingProgram',
    `${name} is not on this worker. Install it (Debian: package ${PACKAGES[name] ?? name}) so that it is on the PATH, ` +
      `or set ${variable} to its path or BELAY_PROGRAMS to its folder.`,
  );
}
