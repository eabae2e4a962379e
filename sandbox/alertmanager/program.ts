import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { downloadAndUnpack, downloadText } from '../kit/download.js';
import { goInstall } from '../kit/goBuild.js';
import { findOrInstall } from '../kit/program.js';
import { messageOf } from '../kit/text.js';
import type { ProgramSpec, Progress } from '../kit/types.js';

const VERSION = '0.28.1';
const AMTOOL_VERSION = '0.34.2';
/** With this one came files in place of most secrets, which our configurations use. */
const OLDEST_MINOR = 25;

async function unusable(file: string, name: string): Promise<string | undefined> {
  const { stdout, stderr } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
  const printed = stdout + stderr;
  if (!printed.startsWith(`${name}, version`)) return `it is not ${name}`;
  const [, major = 0, minor = 0] = (/version v?(\d+)\.(\d+)/.exec(printed) ?? []).map(Number);
  // What `go install` builds knows no version of its own.
  if (/version \(/.test(printed) || major > 0 || minor >= OLDEST_MINOR) return undefined;
  return `version ${major}.${minor} is older than 0.${OLDEST_MINOR}`;
}

/** Alertmanager 0.25 or newer: from its vendor where reachable, else Debian's package, unpacked without installing it. */
export const alertmanagerProgram: ProgramSpec = {
  name: 'alertmanager',
  version: VERSION,
  env: 'BELAY_ALERTMANAGER_BIN',
  path: ['alertmanager', 'prometheus-alertmanager'],
  check: (file) => unusable(file, 'alertmanager'),
  async install(dir, progress) {
    try {
      return await installFromVendor(dir, progress);
    } catch (error) {
      progress(`vendor download not possible (${messageOf(error)})`);
    }
    return installFromDebian(dir, progress);
  },
  hint: 'Install Alertmanager (Debian and Ubuntu: apt-get install prometheus-alertmanager) so that `alertmanager` or `prometheus-alertmanager` is on the PATH, or set BELAY_ALERTMANAGER_BIN to it.',
};

/** amtool, which checks configurations. */
export const amtoolProgram: ProgramSpec = {
  name: 'amtool',
  version: AMTOOL_VERSION,
  env: 'BELAY_AMTOOL_BIN',
  path: ['amtool'],
  check: (file) => unusable(file, 'amtool'),
  install: (dir, progress) =>
    goInstall('github.com/prometheus/alertmanager/cmd/amtool', `v${AMTOOL_VERSION}`, {
      ...{ dir, progress, ldflags: '-s -w' },
    }),
  hint: 'Install amtool (Debian and Ubuntu: in the package prometheus-alertmanager) so that `amtool` is on the PATH, or set BELAY_AMTOOL_BIN to it.',
};

/** Alertmanager and the amtool that belongs to it: both come in one package, so the second is rarely built. */
export async function alertmanagerPrograms(progress: Progress): Promise<{ alertmanager: string; amtool: string }> {
  const alertmanager = await findOrInstall(alertmanagerProgram, progress);
  const beside = join(dirname(alertmanager), 'amtool');
  if (!process.env[amtoolProgram.env] && existsSync(beside) && (await unusable(beside, 'amtool')) === undefined)
    return { alertmanager, amtool: beside };
  return { alertmanager, amtool: await findOrInstall(amtoolProgram, progress) };
}

async function installFromVendor(dir: string, progress: Progress): Promise<string> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const folder = `alertmanager-${VERSION}.${process.platform === 'darwin' ? 'darwin' : 'linux'}-${arch}`;
  const base = `https://github.com/prometheus/alertmanager/releases/download/v${VERSION}`;
  progress('downloading alertmanager from its vendor');
  const sums = await downloadText(`${base}/sha256sums.txt`);
  const sum = sums
    .split('\n')
    .find((line) => line.endsWith(`  ${folder}.tar.gz`))
    ?.slice(0, 64);
  if (sum === undefined) throw new Error(`no checksum for ${folder}.tar.gz`);
  await downloadAndUnpack(`${base}/${folder}.tar.gz`, dir, sum);
  return join(dir, folder, 'alertmanager');
}

async function installFromDebian(dir: string, progress: Progress): Promise<string> {
  progress('unpacking the Debian package prometheus-alertmanager');
  // Neither command needs root: the package is only unpacked, its service is not set up. apt verifies its signature.
  await runCommand('apt-get', ['download', 'prometheus-alertmanager'], { cwd: dir, timeoutMs: 180_000 });
  const deb = (await readdir(dir)).find((name) => name.endsWith('.deb'));
  if (deb === undefined) throw new Error('apt-get download left no package');
  await runCommand('dpkg', ['-x', join(dir, deb), dir], { timeoutMs: 120_000 });
  await rm(join(dir, deb));
  return join(dir, 'usr', 'bin', 'prometheus-alertmanager');
}
