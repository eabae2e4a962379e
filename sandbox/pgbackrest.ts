import { appendFile, chmod, copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runCommand } from './kit/command.js';
import { startDetached, stopPid, waitReady } from './kit/process.js';
import { findOrInstall } from './kit/program.js';
import type { ProgramSpec, Progress } from './kit/types.js';
import { findPostgres } from './postgres/index.js';
import { handOver, unprivileged } from './postgres/unprivileged.js';

const READY_MS = 60_000;
const STOP_MS = 20_000;
const ROLE = 'belay';

/** pgBackRest 2.40 or newer: from the PATH, else Debian's package, unpacked without installing it. */
export const pgbackrestProgram: ProgramSpec = {
  name: 'pgbackrest',
  version: 'debian',
  env: 'BELAY_PGBACKREST_BIN',
  path: ['pgbackrest'],
  async check(file) {
    const { stdout } = await runCommand(file, ['version'], { timeoutMs: 20_000 });
    const [, major = 0, minor = 0] = (/pgBackRest (\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    return major > 2 || (major === 2 && minor >= 40) ? undefined : 'it is not pgBackRest 2.40 or newer';
  },
  async install(dir, progress) {
    progress('unpacking the Debian package pgbackrest');
    // Neither command needs root. apt verifies the package's signature.
    await runCommand('apt-get', ['download', 'pgbackrest'], { cwd: dir, timeoutMs: 180_000 });
    const deb = (await readdir(dir)).find((name) => name.endsWith('.deb'));
    if (deb === undefined) throw new Error('apt-get download left no package');
    await runCommand('dpkg', ['-x', join(dir, deb), dir], { timeoutMs: 120_000 });
    await rm(join(dir, deb));
    const file = join(dir, 'usr', 'bin', 'pgbackrest');
    // The package is only unpacked: what it depends on must be on the machine already.
    const { stdout } = await runCommand('ldd', [file], { timeoutMs: 20_000 });
    const missing = stdout.split('\n').filter((line) => line.includes('not found'));
    if (missing.length > 0) throw new Error(`libraries are missing: ${missing.map((line) => line.trim()).join('; ')}`);
    return file;
  },
  hint: 'Install pgBackRest (Debian and Ubuntu: apt-get install pgbackrest, which brings the libraries that it needs) so that `pgbackrest` is on the PATH, or set BELAY_PGBACKREST_BIN to it.',
};

/** A PostgreSQL that archives through pgBackRest into a repository of its own. */
export interface SandboxStanza {
  stanza: string;
  /** Configuration file of pgBackRest. */
  config: string;
  /** Folder with pgBackRest, and that with the programs of PostgreSQL: for `BELAY_PROGRAMS`. */
  programs: string[];
  data: string;
  repo: string;
  /** Rows of a query, fields separated by tabs. */
  query(sql: string): Promise<string>;
  /** A command of pgBackRest as the cluster's user; gives what it printed. */
  pgbackrest(...args: string[]): Promise<string>;
  /** Starts a server on another data folder of the same user, and gives a way to ask it and to stop it. */
  startOn(data: string): Promise<{ query(sql: string): Promise<string>; stop(): Promise<void> }>;
  stop(): Promise<void>;
}

/**
 * Makes a cluster with data checksums below `dir`, starts it on a socket of its own without TCP, and makes the stanza `main`. `dir` is opened for
 * all to pass, since PostgreSQL refuses to run as root. Its processes are recorded like those of a sandbox.
 */
export async function startStanza(options: { dir: string; progress: Progress }): Promise<SandboxStanza> {
  const { dir, progress } = options;
  const bin = await findPostgres(progress);
  const installed = await findOrInstall(pgbackrestProgram, progress);
  await chmod(dir, 0o755);
  const folder = async (name: string): Promise<string> => {
    const path = join(dir, name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    await handOver(path);
    return path;
  };
  // The cache may lie in a home that only its owner may enter.
  await mkdir(join(dir, 'bin'), { mode: 0o755 });
  const program = join(dir, 'bin', 'pgbackrest');
  await copyFile(installed, program);
  await chmod(program, 0o755);
  const home = await folder('pg');
  const [data, socket, repo, lock] = [join(home, 'data'), join(home, 's'), join(home, 'repo'), join(home, 'lock')];
  for (const path of [data, socket, repo, lock]) await folder(join('pg', path.slice(home.length + 1)));

  const run = async (file: string, args: readonly string[], timeoutMs = 120_000): Promise<string> => {
    const [first = '', ...rest] = await unprivileged(data, [file, ...args]);
    return (await runCommand(first, rest, { cwd: '/', timeoutMs })).stdout;
  };
  const flags = ['--auth=trust', '--data-checksums', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(join(bin, 'initdb'), ['-D', data, `--username=${ROLE}`, ...flags]);
  const config = join(dir, 'pgbackrest.conf');
  await writeFile(config, pgbackrestConfig({ data, socket, repo, lock }), { mode: 0o644 });
  const archive = `${program} --config=${config} --stanza=main archive-push %p`;
  await appendFile(join(data, 'postgresql.conf'), settings(socket, archive));

  const query =
    (host: string) =>
    (sql: string): Promise<string> =>
      run(join(bin, 'psql'), [
        ...['--no-psqlrc', '-qAt', '-F', '\t', '-v', 'ON_ERROR_STOP=1'],
        ...[`--host=${host}`, '--port=5432', `--username=${ROLE}`, '--dbname=postgres', '-c', sql],
      ]).then((text) => text.trimEnd());
  const start = async (name: string, place: string, host: string, more: string[] = []): Promise<number> => {
    const server = await unprivileged(place, [join(bin, 'postgres'), '-D', place, ...more]);
    const [file = '', ...args] = server;
    const started = await startDetached({ name, file, args, dir, cwd: '/' });
    await waitReady(started, async () => void (await query(host)('SELECT 1')), READY_MS).catch(
      async (error: unknown) => {
        await stopPid(started.pid, 2_000);
        throw error;
      },
    );
    return started.pid;
  };
  const stop = async (pid: number): Promise<void> => {
    try {
      // The fast shutdown; SIGTERM would wait for clients.
      process.kill(pid, 'SIGINT');
    } catch {
      return;
    }
    await stopPid(pid, STOP_MS);
  };
  const pgbackrest = (...args: string[]): Promise<string> =>
    run(program, [`--config=${config}`, '--stanza=main', ...args], 300_000);
  const pid = await start('stanza', data, socket);
  try {
    await pgbackrest('stanza-create');
  } catch (error) {
    await stop(pid);
    throw error;
  }
  let copies = 0;
  return {
    stanza: 'main',
    config,
    programs: [dirname(program), bin],
    data,
    repo,
    query: query(socket),
    pgbackrest,
    async startOn(place) {
      const host = await folder(join('pg', `c${++copies}`));
      const copy = await start(`copy-${copies}`, place, host, ['-c', `unix_socket_directories=${host}`]);
      return { query: query(host), stop: () => stop(copy) };
    },
    stop: () => stop(pid),
  };
}

function pgbackrestConfig(place: { data: string; socket: string; repo: string; lock: string }): string {
  return `[global]
repo1-path=${place.repo}
lock-path=${place.lock}
log-level-file=off
start-fast=y
archive-timeout=20
compress-type=lz4

[main]
pg1-path=${place.data}
pg1-socket-path=${place.socket}
pg1-port=5432
pg1-user=${ROLE}
pg1-database=postgres
`;
}

function settings(socket: string, archive: string): string {
  return `
listen_addresses = ''
unix_socket_directories = '${socket}'
archive_mode = on
archive_command = '${archive}'
wal_level = replica
max_connections = 120
shared_buffers = '32MB'
fsync = off
jit = off
log_min_messages = warning
timezone = 'UTC'
`;
}
