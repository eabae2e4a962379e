import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { downloadAndUnpack, downloadText } from '../kit/download.js';
import { goInstall } from '../kit/goBuild.js';
import { sharingGoCache } from '../kit/goCache.js';
import { findOrInstall } from '../kit/program.js';
import { messageOf } from '../kit/text.js';
import type { ProgramSpec, Progress } from '../kit/types.js';

const VERSION = '0.28.1';
/** With this one came files in place of most secrets, which our configurations use. */
const OLDEST_MINOR = 25;

async function unusable(file: string, name: string): Promise<string | undefined> {
  const { stdout, stderr } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
  const printed = stdout + stderr;
  if (!printed.startsWith(`${name}, version`)) return `it is not ${name}`;
  const [, major = 0, minor = 0] = (/version v?(\d+)\.(\d+)/.exec(printed) ?? []).map(Number);
  // What `go install` builds knows no version of its own.
  if (/version +\(/.test(printed) || major > 0 || minor >= OLDEST_MINOR) return undefined;
  return `version ${major}.${minor} is older than 0.${OLDEST_MINOR}`;
}

/**
 * Alertmanager 0.25 or newer: from its vendor where reachable, else built from source. Debian's package does only when it is installed: it
 * looks for its templates at a fixed place.
 */
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
    // One build cache for both, which share nearly all of their code.
    return sharingGoCache(async () => {
      await built('amtool', dir, progress);
      return built('alertmanager', dir, progress);
    });
  },
  hint: 'Install Alertmanager (Debian and Ubuntu: apt-get install prometheus-alertmanager) so that `alertmanager` or `prometheus-alertmanager` is on the PATH, or set BELAY_ALERTMANAGER_BIN to it.',
};

const built = (name: string, dir: string, progress: Progress): Promise<string> =>
  goInstall(`github.com/prometheus/alertmanager/cmd/${name}`, `v${VERSION}`, {
    ...{ dir, progress },
    ldflags: `-s -w -X github.com/prometheus/common/version.Version=${VERSION}`,
  });

/** amtool, which checks configurations. */
export const amtoolProgram: ProgramSpec = {
  name: 'amtool',
  version: VERSION,
  env: 'BELAY_AMTOOL_BIN',
  path: ['amtool'],
  check: (file) => unusable(file, 'amtool'),
  install: (dir, progress) => built('amtool', dir, progress),
  hint: 'Install amtool (Debian and Ubuntu: in the package prometheus-alertmanager) so that `amtool` is on the PATH, or set BELAY_AMTOOL_BIN to it.',
};

/** Alertmanager and the amtool that belongs to it, which is beside it however it was installed. */
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
