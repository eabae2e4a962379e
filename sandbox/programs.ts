import { readdir, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runCommand } from './kit/command.js';
import { goInstall } from './kit/goBuild.js';
import { findOrInstall } from './kit/program.js';
import type { ProgramSpec, Progress } from './kit/types.js';

const AGE_VERSION = '1.2.1';

/** zstd 1.4 or newer, Debian's package unpacked without installing it where the machine has none. */
export const zstdProgram: ProgramSpec = {
  name: 'zstd',
  version: 'debian',
  env: 'BELAY_ZSTD_BIN',
  path: ['zstd'],
  async check(file) {
    const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    const [, major = 0, minor = 0] = (/v(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    return major > 1 || (major === 1 && minor >= 4) ? undefined : 'it is not zstd 1.4 or newer';
  },
  async install(dir, progress) {
    progress('unpacking the Debian package zstd');
    // Neither command needs root. apt verifies the package's signature.
    await runCommand('apt-get', ['download', 'zstd'], { cwd: dir, timeoutMs: 180_000 });
    const deb = (await readdir(dir)).find((name) => name.endsWith('.deb'));
    if (deb === undefined) throw new Error('apt-get download left no package');
    await runCommand('dpkg', ['-x', join(dir, deb), dir], { timeoutMs: 120_000 });
    await rm(join(dir, deb));
    return join(dir, 'usr', 'bin', 'zstd');
  },
  hint: 'Install zstd (Debian and Ubuntu: apt-get install zstd; macOS: brew install zstd) so that `zstd` is on the PATH, or set BELAY_ZSTD_BIN to it.',
};

function ageSpec(name: string, env: string): ProgramSpec {
  return {
    name,
    version: AGE_VERSION,
    env,
    path: [name],
    async check(file) {
      const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
      return /^v?\d+\.\d+|devel/.test(stdout.trim()) ? undefined : `it is not ${name}`;
    },
    install: (dir, progress) =>
      goInstall(`filippo.io/age/cmd/${name}`, `v${AGE_VERSION}`, { dir, progress, ldflags: '-s -w' }),
    hint: `Install age (Debian and Ubuntu: apt-get install age; macOS: brew install age) so that \`${name}\` is on the PATH, or set ${env} to it.`,
  };
}

/** age: encryption to public keys (https://age-encryption.org). */
export const ageProgram = ageSpec('age', 'BELAY_AGE_BIN');
/** Makes identities for it. */
export const ageKeygenProgram = ageSpec('age-keygen', 'BELAY_AGE_KEYGEN_BIN');

/**
 * Finds or installs what every backup needs besides the programs of its source, and gives the folders to put into
 * `BELAY_PROGRAMS`: those that are not on the PATH anyway, so that none comes before another component's programs.
 */
export async function backupPrograms(progress: Progress): Promise<string[]> {
  const files: string[] = [];
  for (const spec of [zstdProgram, ageProgram, ageKeygenProgram]) files.push(await findOrInstall(spec, progress));
  const onPath = new Set((process.env['PATH'] ?? '').split(delimiter));
  return [...new Set(files.map((file) => dirname(file)))].filter((folder) => !onPath.has(folder));
}
