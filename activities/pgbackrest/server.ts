import { spawn, type ChildProcess } from 'node:child_process';
import { chown, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../backup/errors.js';
import { forgetGroup, watchGroup } from '../pipeline/guard.js';
import { runCommand, type Command } from '../pipeline/index.js';
import { bounded } from '../secrets/index.js';
import type { Owner } from './stanza.js';

const POLL_MS = 250;
const STOP_MS = 5 * 60_000;
const REPLAY_MS = 24 * 60 * 60_000;
const QUERY_MS = 12 * 60 * 60_000;

/** A server on a restored data folder, reachable by nobody but us: on a socket in a folder that only its user may enter. */
export interface RestoredServer {
  /** Arguments that lead a client program to it. */
  where: readonly string[];
  /** Rows of a query in one of its databases. */
  query(database: string, sql: string): Promise<string[][]>;
  /** A client program of its version, as its user. */
  client(program: string, args: readonly string[]): Command;
  /** Fast shutdown; waits until the data is closed. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  /** Folder with the programs of the right major version. */
  bin: string;
  data: string;
  /** Folder for socket, configuration and log; belongs to the owner. Short, since socket paths are. */
  work: string;
  owner: Owner | undefined;
  user: string;
  /** Where it can be asked whether it has left recovery. */
  database: string;
  restoreCommand: string;
  signal: AbortSignal;
  progress: (what: string) => void;
  /** Losing it with the power is fine: it is thrown away. */
  careless: boolean;
  started: (pid: number) => Promise<void>;
}

/**
 * Starts PostgreSQL on restored data and waits until it has replayed to its target and left recovery. It runs with settings of our own,
 * since those of the live server may reserve memory, listen, archive or run programs. Throws `RestoreError` with the end of its log when
 * it ends instead, `Unsupported` when the WAL does not reach the target.
 */
export async function startRestored(options: ServerOptions): Promise<RestoredServer> {
  const { bin, data, work, owner, signal } = options;
  const files = { config_file: 'postgresql.conf', hba_file: 'pg_hba.conf', ident_file: 'pg_ident.conf' };
  const texts = { config_file: '', hba_file: 'local all all trust\n', ident_file: '' };
  for (const [key, name] of Object.entries(files)) {
    await writeFile(join(work, name), texts[key as keyof typeof texts], { mode: 0o600 });
    if (owner) await chown(join(work, name), owner.uid, owner.gid);
  }
  const settings = {
    ...Object.fromEntries(Object.entries(files).map(([key, name]) => [key, join(work, name)])),
    ...(await controlSettings(options)),
    unix_socket_directories: work,
    unix_socket_permissions: '0700',
    listen_addresses: '',
    port: '5432',
    ssl: 'off',
    // A copy that archives would write its own timeline into the archive of the live server.
    archive_mode: 'off',
    restore_command: options.restoreCommand,
    archive_cleanup_command: '',
    recovery_end_command: '',
    primary_conninfo: '',
    // Nobody gets in before the target is reached.
    hot_standby: 'off',
    shared_preload_libraries: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    external_pid_file: '',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_min_messages: 'log',
    shared_buffers: '128MB',
    huge_pages: 'off',
    autovacuum: 'off',
    jit: 'off',
    ...(options.careless && { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
  const log = join(work, 'server.log');
  const output = await open(log, 'w', 0o600);
  let child: ChildProcess;
  try {
    signal.throwIfAborted();
    child = spawn(
      join(bin, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
      {
        cwd: '/',
        detached: true,
        stdio: ['ignore', output.fd, output.fd],
        env: { PATH: `${bin}:/usr/bin:/bin`, LANG: 'C', TZ: 'UTC' },
        ...owner,
      },
    );
  } finally {
    await output.close();
  }
  const server = new Running(child, options, log);
  try {
    if (child.pid !== undefined) {
      watchGroup(child.pid);
      await options.started(child.pid);
    }
    await server.waitReplayed();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class Running implements RestoredServer {
  readonly where: readonly string[];
  private ended: string | undefined;

  constructor(
    private readonly child: ChildProcess,
    private readonly options: ServerOptions,
    private readonly log: string,
  ) {
    this.where = [`--host=${options.work}`, '--port=5432', `--username=${options.user}`];
    child.once('error', (error) => (this.ended = error.message));
    child.once('exit', (code, signal) => {
      this.ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
      if (child.pid !== undefined) forgetGroup(child.pid);
    });
  }

  client(program: string, args: readonly string[]): Command {
    const env = { PGAPPNAME: 'belay', PGCONNECT_TIMEOUT: '10' };
    return { file: join(this.options.bin, program), args, env, cwd: '/', ...this.options.owner };
  }

  async query(database: string, sql: string): Promise<string[][]> {
    const how = ['--no-psqlrc', '--no-password', '-qAt', '-F', '\t', '-v', 'ON_ERROR_STOP=1'];
    const command = this.client('psql', [...how, ...this.where, `--dbname=${database}`, '-c', sql]);
    const { stdout } = await runCommand(command, { signal: this.options.signal, timeoutMs: QUERY_MS });
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'));
  }

  async waitReplayed(): Promise<void> {
    const { signal, progress } = this.options;
    const end = Date.now() + REPLAY_MS;
    let logged = 0;
    for (;;) {
      signal.throwIfAborted();
      if (this.ended !== undefined) throw await this.failure();
      const rows = await this.query(this.options.database, 'SELECT pg_is_in_recovery()').catch(() => {
        signal.throwIfAborted();
        return undefined;
      });
      if (rows?.[0]?.[0] === 'f') return;
      const { size } = await stat(this.log);
      // The log grows with every segment that is replayed, and every 10 s within one.
      if (size > logged) progress(`replay: ${(await this.logTail(1)).slice(-120)}`);
      logged = size;
      if (Date.now() > end)
        throw backupError(
          'Stalled',
          `The restored server did not leave recovery within a day. ${await this.logTail(5)}`,
        );
      await sleep(POLL_MS);
    }
  }

  private async failure(): Promise<Error> {
    const tail = await this.logTail(8);
    if (/recovery ended before configured recovery target was reached/.test(tail)) {
      return backupError(
        'Unsupported',
        'The archive ends before the time that was asked for: no transaction after it has reached the archive. Choose an earlier time, or leave the time out.',
      );
    }
    if (/No space left on device|Disk quota exceeded/i.test(tail)) {
      return backupError(
        'DiskFull',
        `The disk is full under ${this.options.data}; free space, or set BELAY_SCRATCH to a larger disk.`,
      );
    }
    if (this.child.signalCode !== null) {
      return backupError(
        'ProducerFailed',
        `The restored server was ended by ${this.child.signalCode}; the system may have run out of memory.`,
      );
    }
    return backupError('RestoreError', `The restored server does not start (${this.ended}). Its log ends: ${tail}`);
  }

  private async logTail(lines: number): Promise<string> {
    const text = await readFile(this.log, 'utf8').catch(() => '');
    return bounded(text.trimEnd().split('\n').slice(-lines).join('\n'), 1_500);
  }

  async stop(): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined) return;
    for (const [signal, ms] of [
      ['SIGINT', STOP_MS],
      ['SIGKILL', 10_000],
    ] as const) {
      if (this.ended !== undefined) return;
      try {
        process.kill(pid, signal);
      } catch {
        return;
      }
      const end = Date.now() + (this.options.careless ? Math.min(ms, 20_000) : ms);
      while (this.ended === undefined && Date.now() < end) await sleep(50);
    }
  }
}

/** Replay refuses smaller values than those that the cluster ran with; pg_controldata knows them. */
async function controlSettings({ bin, data, owner, signal }: ServerOptions): Promise<Record<string, string>> {
  const command: Command = { file: join(bin, 'pg_controldata'), args: ['-D', data], cwd: '/', ...owner };
  const { stdout } = await runCommand(command, { signal, timeoutMs: 60_000 });
  const names = {
    max_connections: 'max_connections',
    max_worker_processes: 'max_worker_processes',
    max_wal_senders: 'max_wal_senders',
    max_prepared_transactions: 'max_prepared_xacts',
    max_locks_per_transaction: 'max_locks_per_xact',
  };
  return Object.fromEntries(
    Object.entries(names).flatMap(([setting, name]) => {
      const value = new RegExp(`^${name} setting:\\s+(\\d+)$`, 'm').exec(stdout)?.[1];
      return value === undefined ? [] : [[setting, value]];
    }),
  );
}
