import { randomBytes } from 'node:crypto';
import { access, appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../kit/command.js';
import { freePort } from '../kit/ports.js';
import { startDetached, stopPid, waitReady } from '../kit/process.js';
import type { Progress, SandboxState } from '../kit/types.js';
import { findPostgres } from './programs.js';
import { handOver, isRoot, unprivileged } from './unprivileged.js';

export { findPostgres } from './programs.js';

type Postgres = NonNullable<SandboxState['postgres']>;

const READY_MS = 60_000;
const USER = 'belay';

/**
 * A sandbox ends a process with SIGTERM, on which PostgreSQL waits for its clients to leave. SIGINT, sent after it, is the fast
 * shutdown: clients are cut off, the data is closed cleanly.
 */
const SUPERVISE = '"$@" & server=$!; trap \'kill -INT "$server"\' TERM INT; wait "$server"; wait "$server"';

const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
# What base backups and archiving need; the command is for whoever tries them to replace.
wal_level = logical
archive_mode = on
archive_command = 'true'
max_connections = 200
# Losing data with the power is fine here, speed is not.
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = '1GB'
shared_buffers = '64MB'
# Its library may be missing where packages were only unpacked.
jit = off
log_min_messages = warning
timezone = 'UTC'
`;

/**
 * Starts PostgreSQL on 127.0.0.1 with data checksums and passwords (SCRAM), and waits until it answers. Data, and the password of
 * its superuser, lie in `dir/<name>` and are used again when they are there.
 */
export async function startPostgres(options: {
  dir: string;
  progress: Progress;
  /** Name of the process and of its folder; default `postgres`. */
  name?: string;
  /** Further lines of `postgresql.conf`. */
  settings?: string;
}): Promise<{ pids: Record<string, number>; postgres: Postgres }> {
  const name = options.name ?? 'postgres';
  const bin = await findPostgres(options.progress);
  const home = join(options.dir, name);
  const data = join(home, 'data');
  const password = await initialize({ bin, home, data, settings: options.settings ?? '' });
  const port = await freePort();
  const server = await unprivileged(data, [join(bin, 'postgres'), '-D', data, '-p', String(port)]);
  const started = await startDetached({
    name,
    file: '/bin/sh',
    args: ['-c', SUPERVISE, name, ...server],
    dir: options.dir,
    cwd: '/',
  });
  const postgres: Postgres = { host: '127.0.0.1', port, user: USER, password, bin };
  try {
    await waitReady(started, () => checkPostgres(postgres), READY_MS);
  } catch (error) {
    await stopPid(started.pid, 5_000);
    throw error;
  }
  return { pids: { [name]: started.pid }, postgres };
}

/** Throws when the server does not answer a query within a few seconds. */
export async function checkPostgres({ host, port, user, password }: Postgres): Promise<void> {
  const { Client } = await import('pg');
  const wait = { connectionTimeoutMillis: 3_000, query_timeout: 3_000 };
  const client = new Client({ host, port, user, password, database: 'postgres', ...wait });
  // A server that goes away in this moment must not end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Makes the data folder unless it is there, and gives the superuser's password. */
async function initialize(place: { bin: string; home: string; data: string; settings: string }): Promise<string> {
  const { bin, home, data } = place;
  const secret = join(home, 'password');
  const done = join(home, 'initialized');
  const known = await access(done).then(
    () => true,
    () => false,
  );
  if (known) return (await readFile(secret, 'utf8')).trim();
  // What an interrupted start left is of no use to anybody.
  await rm(home, { recursive: true, force: true });
  await mkdir(home, { recursive: true, mode: 0o755 });
  await mkdir(data, { mode: 0o700 });
  const password = randomBytes(18).toString('hex');
  await writeFile(secret, password, { mode: 0o600 });
  await handOver(data);
  await handOver(secret);
  const flags = ['--auth=scram-sha-256', '--data-checksums', '--encoding=UTF8', '--locale=C', '--no-sync'];
  // root's capability to pass closed folders covers the password file too; without root it is ours.
  const initdb = [join(bin, 'initdb'), '-D', data, `--username=${USER}`, `--pwfile=${secret}`, ...flags];
  const [file = '', ...args] = await unprivileged(data, initdb);
  await runCommand(file, args, { cwd: '/', timeoutMs: 120_000 });
  await appendFile(join(data, 'postgresql.conf'), SETTINGS + place.settings);
  await writeFile(done, isRoot ? 'as nobody\n' : 'as this user\n');
  return password;
}
