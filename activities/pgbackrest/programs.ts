import { dirname, join } from 'node:path';
import { isError } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { findProgram, runCommand } from '../pipeline/index.js';

const OLDEST = 14;

/** Where packages put the programs of a major version. */
const USUAL = (major: string): string[] => [`/usr/lib/postgresql/${major}/bin`, `/usr/pgsql-${major}/bin`];

/**
 * Folder with the server programs of exactly this major version: a physical backup starts with no other. Throws `VersionMismatch` or
 * `MissingProgram`, which say what to install.
 */
export async function serverFolder(version: string, signal: AbortSignal): Promise<string> {
  const major = version.split('.')[0] ?? version;
  // pg_amcheck came with 14, settings of recovery outside of recovery.conf with 12.
  if (Number(major) < OLDEST) {
    throw backupError(
      'Unsupported',
      `PostgreSQL ${major} is older than ${OLDEST}, whose backups cannot be tested or restored here.`,
    );
  }
  const inPath = await findProgram('postgres').then(dirname, (error: unknown) => {
    if (isError(error, 'MissingProgram')) return undefined;
    throw error;
  });
  const seen: string[] = [];
  for (const folder of [...(inPath === undefined ? [] : [inPath]), ...USUAL(major)]) {
    const file = join(folder, 'postgres');
    const found = await runCommand({ file, args: ['--version'], cwd: '/' }, { signal, timeoutMs: 20_000 }).then(
      ({ stdout }) => /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1],
      (error: unknown) => {
        if (isError(error, 'MissingProgram')) return undefined;
        throw error;
      },
    );
    if (found === major) return folder;
    if (found !== undefined) seen.push(`${found} in ${folder}`);
  }
  throw backupError(
    seen.length > 0 ? 'VersionMismatch' : 'MissingProgram',
    `The backup needs the server of PostgreSQL ${major} to be started; this worker has ${seen.join(', ') || 'none'}. ` +
      `Install it (Debian: package postgresql-${major}), or set BELAY_PROGRAMS to the folder with its programs.`,
  );
}
