import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, open, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineContext } from '../backup/engine.js';
import { isError } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { findProgram, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/index.js';
import { createThrowaway, type Throwaway } from '../throwaway/index.js';
import { confinement, othersMayPass, type Confinement } from './confine.js';
import type { Login } from './login.js';
import { openSession } from './session.js';

export const THROWAWAY = 'postgres';

const PORT = 5_432;
const USER = 'belay';
const INIT_MS = 120_000;
const READY_MS = 60_000;
/** A Unix socket's path has room for 107 bytes. */
const SOCKET_BYTES = 107;

const SETTINGS = `
listen_addresses = ''
unix_socket_permissions = 0700
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = '4GB'
archive_mode = off
autovacuum = off
max_connections = 20
max_locks_per_transaction = 256
shared_buffers = '128MB'
maintenance_work_mem = '128MB'
# Containers have little of the usual shared memory; a full one would look like a full disk.
dynamic_shared_memory_type = mmap
jit = off
timezone = 'UTC'
`;

/** A PostgreSQL server that nobody but us can reach, on a folder that goes with it. */
export interface Instance {
  login: Login;
  /** Whether it has no network at all. */
  offline: boolean;
  timings: { initdb: number; start: number };
  /** Ends it and removes its folder. Never throws. */
  close(): Promise<void>;
}

/**
 * Makes and starts an empty server: a Unix socket in a folder of ours, a random password, no network, as a user without rights
 * where we are root. Throws errors of the surroundings only (`MissingProgram`, `DiskFull`, `Unreachable` …).
 */
export async function startInstance(context: EngineContext): Promise<Instance> {
  const way = await confinement();
  if (way === undefined) {
    throw backupError(
      'Forbidden',
      'PostgreSQL does not run as root, and this worker cannot start programs as another user: install util-linux (setpriv), or ' +
        'run the worker as an ordinary user.',
    );
  }
  const [initdb, postgres] = [await serverProgram('initdb', way), await serverProgram('postgres', way)];
  const throwaway = await createThrowaway(THROWAWAY, context.run);
  try {
    return await start(throwaway, { initdb, postgres, way, context });
  } catch (error) {
    await throwaway.close();
    throw error;
  }
}

async function serverProgram(name: string, way: Confinement): Promise<string> {
  const found = await findProgram(name).catch(async (error: unknown) => {
    // Debian keeps them out of the PATH, beside the client programs that its wrappers on the PATH call.
    const beside = await besideWrapper(name);
    if (beside === undefined) throw error;
    return beside;
  });
  if (way.uid === undefined || (await othersMayPass(found))) return found;
  throw backupError(
    'MissingProgram',
    `${found} lies where only root may enter, and PostgreSQL does not run as root: set BELAY_PROGRAMS to a folder for everybody.`,
  );
}

async function besideWrapper(name: string): Promise<string | undefined> {
  const real = await findProgram('pg_restore')
    .then((file) => realpath(file))
    .catch(() => undefined);
  if (real === undefined) return undefined;
  return findProgram(join(dirname(real), name)).catch(() => undefined);
}

async function start(
  throwaway: Throwaway,
  given: { initdb: string; postgres: string; way: Confinement; context: EngineContext },
): Promise<Instance> {
  const { way, context } = given;
  const data = join(throwaway.dir, 'data');
  const socket = join(throwaway.dir, `.s.PGSQL.${PORT}`);
  if (Buffer.byteLength(socket) > SOCKET_BYTES) {
    throw backupError(
      'Unsupported',
      `${socket} is too long a path for a socket; set BELAY_SCRATCH to a shorter folder.`,
    );
  }
  if (way.uid !== undefined && !(await othersMayPass(dirname(throwaway.dir)))) {
    throw backupError(
      'Forbidden',
      `${throwaway.dir} lies where only root may enter, and PostgreSQL does not run as root: set BELAY_SCRATCH to a folder that ` +
        'others may pass (mode 0711).',
    );
  }
  const password = randomBytes(18).toString('hex');
  const secret = join(throwaway.dir, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(secret, password, { mode: 0o600 });
  for (const path of [throwaway.dir, data, secret]) if (way.uid !== undefined) await chown(path, way.uid, way.uid);

  const began = performance.now();
  const flags = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--no-sync', '--data-checksums'];
  const init = [...way.prefix, given.initdb, '-D', data, `--username=${USER}`, `--pwfile=${secret}`, ...flags];
  await run(init, throwaway.dir, context.signal);
  await appendFile(join(data, 'postgresql.conf'), `${SETTINGS}unix_socket_directories = '${throwaway.dir}'\n`);
  const initialized = performance.now();

  const log = join(throwaway.dir, 'log');
  const ended = await launch(throwaway, [...way.prefix, given.postgres, '-D', data, '-p', String(PORT)], log);
  const login: Login = { host: throwaway.dir, port: PORT, user: USER, password, ssl: { mode: 'disable' } };
  await ready(login, { signal: context.signal, ended, log });
  return {
    login,
    offline: way.offline,
    timings: { initdb: Math.round(initialized - began), start: Math.round(performance.now() - initialized) },
    close: () => throwaway.close(),
  };
}

async function run(command: readonly string[], cwd: string, signal: AbortSignal): Promise<void> {
  const [file = '', ...args] = command;
  try {
    await runCommand({ file, args, cwd, env: { HOME: cwd } }, { signal, timeoutMs: INIT_MS });
  } catch (error) {
    // Not the backup's fault, whatever went wrong.
    if (!isError(error, 'ProducerFailed')) throw error;
    throw backupError('Unreachable', `The throwaway server could not be made. ${bounded(String(error), 1_000)}`);
  }
}

/** Starts the server with nothing of our environment; it outlives nobody: its folder's mark tells the sweep of it. */
async function launch(
  throwaway: Throwaway,
  command: readonly string[],
  log: string,
): Promise<() => string | undefined> {
  const [file = '', ...args] = command;
  const output = await open(log, 'w', 0o600);
  try {
    const child = spawn(file, args, {
      cwd: throwaway.dir,
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C', TZ: 'UTC', HOME: throwaway.dir },
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    let ended: string | undefined;
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => (ended = signal === null ? `exit code ${code}` : `signal ${signal}`));
    child.unref();
    if (child.pid !== undefined) await throwaway.recordServer(child.pid);
    return () => ended;
  } finally {
    await output.close();
  }
}

async function ready(
  login: Login,
  server: { signal: AbortSignal; ended: () => string | undefined; log: string },
): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    try {
      const options = { database: 'postgres', application: 'belay', signal: server.signal };
      await (await openSession(login, options)).end();
      return;
    } catch (error) {
      server.signal.throwIfAborted();
      const ended = server.ended();
      if (ended === undefined && Date.now() < until) {
        await sleep(50);
        continue;
      }
      const log = await readFile(server.log, 'utf8').catch(() => '');
      const what = ended === undefined ? `did not answer (${String(error)})` : `ended with ${ended}`;
      const said = bounded(log.slice(-1_500), 1_500);
      const type = /no space left on device/i.test(log) ? 'DiskFull' : 'Unreachable';
      throw backupError(type, `The throwaway server ${what}. It printed: ${said}`);
    }
  }
}
