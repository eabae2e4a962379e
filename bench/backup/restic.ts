import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../sandbox/kit/command.js';
import { goBuildModule } from '../../sandbox/kit/goBuild.js';
import { projectRoot } from '../../sandbox/kit/paths.js';
import type { ProgramSpec } from '../../sandbox/kit/types.js';
import { PREFIX, type BackupPlace } from './place.js';
import { timed } from './program.js';
import type { Run } from './types.js';

const VERSION = '0.18.0';
const FOLDER = 'restic';
const SHORT_MS = 120_000;

/** restic, built from source where it is not installed. */
export const resticProgram: ProgramSpec = {
  name: 'restic',
  version: VERSION,
  env: 'BELAY_RESTIC_BIN',
  path: ['restic'],
  async check(file) {
    const { stdout } = await runCommand(file, ['version'], { timeoutMs: 20_000 });
    const [, major = 0, minor = 0] = (/^restic (\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    return major > 0 || minor >= 17 ? undefined : 'it is older than 0.17, which first has --stdin-from-command';
  },
  install: (dir, progress) =>
    goBuildModule(join(projectRoot(), 'bench', 'backup', 'restic'), 'restic', {
      ...{ dir, progress, ldflags: '-s -w', pkg: 'github.com/restic/restic/cmd/restic' },
    }),
  hint: 'Install restic 0.17 or newer (Debian and Ubuntu: apt-get install restic), or set BELAY_RESTIC_BIN to it.',
};

/**
 * Backs the dump up into a fresh repository: in one that knows the data already, nothing would be sent. restic compresses
 * (zstd), hashes and always encrypts.
 */
export async function resticBackup(place: BackupPlace, options: { restic: string; database: string }): Promise<Run> {
  const { restic, database } = options;
  const password = join(place.dir, 'restic-password');
  await writeFile(password, randomBytes(18).toString('hex'), { mode: 0o600 });
  const env = {
    ...place.toolEnv,
    RESTIC_REPOSITORY: `s3:${place.store.endpoint ?? ''}/${place.store.bucket}/${PREFIX}/${FOLDER}`,
    RESTIC_PASSWORD_FILE: password,
    RESTIC_CACHE_DIR: join(place.dir, 'restic-cache'),
  };
  await runCommand(restic, ['init', '--quiet'], { env, timeoutMs: SHORT_MS });
  const dump = ['pg_dump', '-Fc', '-Z0', database];
  const name = ['--stdin-filename', 'database.dump', '--stdin-from-command', '--'];
  const run = await timed(place, [restic, 'backup', '--quiet', '--compression', 'auto', ...name, ...dump], env);
  return { ...run, storedBytes: await place.stored(FOLDER) };
}
