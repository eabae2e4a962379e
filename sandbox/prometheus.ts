import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { runCommand } from './kit/command.js';
import { downloadAndUnpack, downloadText } from './kit/download.js';
import { freePort } from './kit/ports.js';
import { httpProbe } from './kit/probes.js';
import { startDetached, stopPid, waitReady } from './kit/process.js';
import { findOrInstall } from './kit/program.js';
import { messageOf } from './kit/text.js';
import type { ProgramSpec, Progress, SandboxState } from './kit/types.js';

const VERSION = '3.5.0';
const READY_MS = 60_000;

/** Prometheus 2.30 or newer: from its vendor where reachable, else Debian's package, unpacked without installing it. */
export const prometheusProgram: ProgramSpec = {
  name: 'prometheus',
  version: VERSION,
  env: 'BELAY_PROMETHEUS_BIN',
  path: ['prometheus'],
  async check(file) {
    const { stdout, stderr } = await runCommand(file, ['--version'], { timeoutMs: 20_000 });
    const found = /prometheus, version (\d+)\.(\d+)/.exec(stdout + stderr);
    if (!found) return 'it is not Prometheus';
    const [, major = 0, minor = 0] = found.map(Number);
    return major > 2 || (major === 2 && minor >= 30) ? undefined : `version ${major}.${minor} is older than 2.30`;
  },
  async install(dir, progress) {
    try {
      return await installFromVendor(dir, progress);
    } catch (error) {
      progress(`vendor download not possible (${messageOf(error)})`);
    }
    return installFromDebian(dir, progress);
  },
  hint: 'Install Prometheus (Debian and Ubuntu: apt-get install prometheus) so that `prometheus` is on the PATH, or set BELAY_PROMETHEUS_BIN to it.',
};

async function installFromVendor(dir: string, progress: Progress): Promise<string> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const folder = `prometheus-${VERSION}.${process.platform === 'darwin' ? 'darwin' : 'linux'}-${arch}`;
  const base = `https://github.com/prometheus/prometheus/releases/download/v${VERSION}`;
  progress('downloading prometheus from its vendor');
  const sums = await downloadText(`${base}/sha256sums.txt`);
  const sum = sums
    .split('\n')
    .find((line) => line.endsWith(`  ${folder}.tar.gz`))
    ?.slice(0, 64);
  if (sum === undefined) throw new Error(`no checksum for ${folder}.tar.gz`);
  await downloadAndUnpack(`${base}/${folder}.tar.gz`, dir, sum);
  return join(dir, folder, 'prometheus');
}

async function installFromDebian(dir: string, progress: Progress): Promise<string> {
  progress('unpacking the Debian package prometheus');
  // Neither command needs root: the package is only unpacked, its service is not set up. apt verifies its signature.
  await runCommand('apt-get', ['download', 'prometheus'], { cwd: dir, timeoutMs: 180_000 });
  const deb = (await readdir(dir)).find((name) => name.endsWith('.deb'));
  if (deb === undefined) throw new Error('apt-get download left no package');
  await runCommand('dpkg', ['-x', join(dir, deb), dir], { timeoutMs: 120_000 });
  await rm(join(dir, deb));
  return join(dir, 'usr', 'bin', 'prometheus');
}

/** What Prometheus scrapes: `host:port` addresses under one job, all with the same path. */
export interface ScrapeJob {
  job: string;
  targets: string[];
  /** Default `/metrics`. */
  path?: string;
}

/** Rule groups by the name of their file, as Prometheus reads them: `{shop: {groups: [{name, rules: […]}]}}`. */
export type RuleFiles = Record<string, { groups: object[] }>;

const ruleFolder = (dir: string): string => join(dir, 'prometheus', 'rules');

/**
 * Puts rule files in the place of those that a sandbox's Prometheus has; one that runs takes them over when its `url` is given.
 * Throws with what it says when it refuses them.
 */
export async function setRules(dir: string, files: RuleFiles, url?: string): Promise<void> {
  const folder = ruleFolder(dir);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, `${name}.yml`), stringify(content));
  if (url === undefined) return;
  const response = await fetch(`${url}/-/reload`, { method: 'POST', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`Prometheus refused the rules: ${(await response.text()).trim()}`);
}

/** Tells the Prometheus of a sandbox, now or when it is started, which Alertmanagers (`host:port`) get its alerts. It notices by itself. */
export async function tellPrometheus(dir: string, alertmanagers: string[]): Promise<void> {
  await mkdir(join(dir, 'prometheus'), { recursive: true });
  const file = join(dir, 'prometheus', 'alertmanagers.json');
  await writeFile(`${file}.new`, JSON.stringify([{ targets: alertmanagers }]));
  await rename(`${file}.new`, file);
}

/** Starts Prometheus on 127.0.0.1, scraping and evaluating its rules every second, and waits until it is ready. */
export async function startPrometheus(options: {
  dir: string;
  targets: ScrapeJob[];
  rules?: RuleFiles;
  progress: Progress;
}): Promise<{
  pids: Record<string, number>;
  prometheus: NonNullable<SandboxState['prometheus']>;
}> {
  const file = await findOrInstall(prometheusProgram, options.progress);
  const data = join(options.dir, 'prometheus');
  await mkdir(data, { recursive: true });
  const config = join(data, 'prometheus.yml');
  await writeFile(config, stringify(configuration(options.targets)));
  if (options.rules) await setRules(options.dir, options.rules);
  const port = await freePort();
  const args = [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(data, 'data')}`,
    '--storage.tsdb.retention.time=6h',
    `--web.listen-address=127.0.0.1:${port}`,
    // Debian's package looks for its console templates at fixed places otherwise.
    `--web.console.templates=${join(data, 'consoles')}`,
    `--web.console.libraries=${join(data, 'consoles')}`,
    // For `setRules`.
    '--web.enable-lifecycle',
    // What is sent while an Alertmanager is not found yet is lost; a minute is a long time in a demonstration.
    '--rules.alert.resend-delay=2s',
    '--log.level=warn',
  ];
  const started = await startDetached({ name: 'prometheus', file, args, dir: options.dir });
  const url = `http://127.0.0.1:${port}`;
  try {
    await waitReady(started, httpProbe(`${url}/-/ready`), READY_MS);
  } catch (error) {
    await stopPid(started.pid, 2_000);
    throw error;
  }
  return { pids: { prometheus: started.pid }, prometheus: { url } };
}

function configuration(jobs: ScrapeJob[]): object {
  return {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    // Paths are relative to this file. Neither needs to be there: see `setRules` and `tellPrometheus`.
    rule_files: ['rules/*.yml'],
    alerting: { alertmanagers: [{ file_sd_configs: [{ files: ['alertmanagers.json'], refresh_interval: '5s' }] }] },
    scrape_configs: jobs.map(({ job, targets, path }) => ({
      job_name: job,
      metrics_path: path ?? '/metrics',
      // The sandbox's endpoints answer for many pods and set `job` and `instance` themselves where they mean something.
      honor_labels: true,
      static_configs: [{ targets }],
    })),
  };
}
