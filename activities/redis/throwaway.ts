import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../backup/errors.js';
import type { EngineContext } from '../backup/engine.js';
import { onFile } from '../host/files.js';
import { findProgram, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';
import { createThrowaway } from '../throwaway/index.js';
import { openSession, type RedisSession } from './connection.js';
import { isOlder } from './info.js';

const LOAD_MS = 2 * 3_600_000;
const PAUSE_MS = 50;
/** A digest of everything is one command. */
const COMMAND_MS = 3_600_000;
/** Longest path of a socket on Linux; 103 elsewhere. */
const SOCKET_PATH = 103;

/** Version of the redis-server that throwaways run, such as `7.0.15`. */
export async function serverVersion({ signal }: Pick<EngineContext, 'signal'>): Promise<string> {
  const { stdout } = await runCommand({ file: 'redis-server', args: ['--version'] }, { signal, timeoutMs: 20_000 });
  return /v=([\d.]+)/.exec(stdout)?.[1] ?? '0';
}

/** A server that holds a backup's data, reached by a socket in a folder that only we may enter. */
export interface ThrowawayRedis {
  session: RedisSession;
  loadMs: number;
  /** Never throws. */
  close(): Promise<void>;
}

/**
 * Loads an RDB file into a server of its own, without a port. The server is a replica of nothing (port 0 of this machine, which
 * nobody can listen on): a replica keeps keys whose time has passed until its master says otherwise, so counts and digests are the same
 * whenever it is loaded, whereas a master drops them while it loads. Throws `RestoreError` when the server refuses the file.
 */
export async function loadRdb(rdb: string, context: EngineContext): Promise<ThrowawayRedis> {
  const { signal, run, progress } = context;
  const program = await findProgram('redis-server');
  const version = await serverVersion(context);
  const throwaway = await createThrowaway('redis', run);
  const begun = performance.now();
  let session: RedisSession | undefined;
  const close = async (): Promise<void> => {
    session?.close();
    await throwaway.close();
  };
  try {
    const dir = throwaway.dir;
    const socket = join(dir, 's');
    if (Buffer.byteLength(socket) > SOCKET_PATH) {
      throw backupError('Unsupported', `${socket} is too long for a socket; set BELAY_SCRATCH to a shorter folder.`);
    }
    await onFile(`Copying into ${dir}`, () => copyFile(rdb, join(dir, 'dump.rdb'), constants.COPYFILE_FICLONE));
    const config = join(dir, 'redis.conf');
    await writeFile(config, configuration(dir, version), { mode: 0o600 });
    const child = spawn(program, [config], {
      cwd: dir,
      stdio: 'ignore',
      env: { PATH: process.env['PATH'] ?? '', LANG: 'C' },
    });
    await started(child, program);
    if (child.pid !== undefined) await throwaway.recordServer(child.pid);
    session = await whenLoaded(child, socket, dir, signal, progress);
  } catch (error) {
    await close();
    throw error;
  }
  return { session, loadMs: Math.round(performance.now() - begun), close };
}

async function started(child: ChildProcess, program: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(
        backupError('MissingProgram', `${program} cannot be started (${error.message}); install another build of it.`),
      ),
    );
  });
}

function configuration(dir: string, version: string): string {
  return [
    'port 0',
    'unixsocket s',
    'unixsocketperm 700',
    `dir "${dir}"`,
    'dbfilename dump.rdb',
    'logfile log',
    // Nothing is ever written, also not at the end.
    'save ""',
    'appendonly no',
    'replicaof 127.0.0.1 0',
    // For DEBUG DIGEST. Before 7.0 it needs no leave.
    ...(isOlder(version, '7.0') ? [] : ['enable-debug-command yes']),
    '',
  ].join('\n');
}

async function whenLoaded(
  child: ChildProcess,
  socket: string,
  dir: string,
  signal: AbortSignal,
  progress: (what: string) => void,
): Promise<RedisSession> {
  const end = Date.now() + LOAD_MS;
  for (;;) {
    signal.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) throw await whyEnded(dir, child.signalCode);
    if (Date.now() > end)
      throw backupError('Stalled', `A throwaway Redis did not load the backup in ${LOAD_MS / 60_000} minutes.`);
    const session = await openSession({ socket }, COMMAND_MS).catch(() => undefined);
    try {
      if (session !== undefined) {
        const persistence = await session.info('persistence');
        if (/^loading:0/m.test(persistence)) return session;
        progress(`loaded ${/loading_loaded_perc:([\d.]+)/.exec(persistence)?.[1] ?? '0'} %`);
      }
    } catch {
      // Not yet, or it has just ended: the next round finds out.
    }
    session?.close();
    await sleep(PAUSE_MS);
  }
}

/**
 * Why the server ended, by what it wrote. Only a refusal of the file speaks against the backup. Lines that name keys are left out:
 * they may be personal data.
 */
async function whyEnded(dir: string, signal: string | null): Promise<Error> {
  const log = await readFile(join(dir, 'log'), 'utf8').catch(() => '');
  return endOf(log, signal);
}

/** Pure. */
export function endOf(log: string, signal: string | null): Error {
  const lines = log.split('\n').filter((line) => / # /.test(line) && !/\bkey\b| WARNING /i.test(line));
  const said = bounded(
    lines
      .map((line) => line.replace(/^.* # /, ''))
      .slice(-3)
      .join(' '),
  );
  if (/Can't handle RDB format version|unknown module/i.test(log)) {
    return backupError(
      'VersionMismatch',
      `The worker's redis-server cannot load the backup: ${said}. Install the source's version and modules.`,
    );
  }
  if (signal === null && /\bRDB\b|checksum|short read|Wrong signature|Fatal error loading/i.test(lines.join(' '))) {
    return backupError('RestoreError', `Redis refused to load the backup: ${said}. Verify an older backup.`);
  }
  const how = signal === null ? '' : ` by ${signal}`;
  return backupError(
    'Stalled',
    `A throwaway Redis was ended${how} while it loaded the backup. ${said} Has the worker enough memory?`,
  );
}
