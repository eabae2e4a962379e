import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { findProgram, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';
import { createThrowaway, type Throwaway } from '../throwaway/index.js';
import { type Login, openClient } from './login.js';

const READY_MS = 60_000;
const POLL_MS = 100;
const VERSION_MS = 20_000;

/** A throwaway server without a route to the network: it listens at a socket in a folder of ours. */
export interface Server {
  login: Login;
  client: MongoClient;
  /** FerretDB stands in where there is no mongod; it does not know every index and option. */
  standIn: boolean;
  /** Never throws. */
  close(): Promise<void>;
}

interface Choice {
  file: string;
  standIn: boolean;
  args(dir: string, socket: string): string[];
}

/** Starts a server for data of `serverVersion`. Throws `MissingProgram`, `VersionMismatch`, `RestoreError` when it does not come up. */
export async function startServer(serverVersion: string, context: EngineContext): Promise<Server> {
  const choice = await choose(serverVersion, context.signal);
  const throwaway = await createThrowaway('mongodb', context.run);
  try {
    const data = join(throwaway.dir, 'data');
    const socket = join(throwaway.dir, 'm.sock');
    await mkdir(data, { mode: 0o700 });
    const log = join(throwaway.dir, 'log');
    const child = start(choice.file, choice.args(data, socket), throwaway.dir, log);
    if (child.pid !== undefined) await throwaway.recordServer(child.pid);
    const login: Login = { at: { socket }, authSource: 'admin', tls: false };
    const client = await ready(child, login, log, context.signal);
    return { login, client, standIn: choice.standIn, close: () => close(throwaway, client) };
  } catch (error) {
    await throwaway.close();
    throw error;
  }
}

async function close(throwaway: Throwaway, client: MongoClient): Promise<void> {
  await client.close().catch(() => undefined);
  await throwaway.close();
}

async function choose(serverVersion: string, signal: AbortSignal): Promise<Choice> {
  const mongod = await findProgram('mongod').catch((error: unknown) => ({ error }));
  if (typeof mongod === 'string') {
    const { stdout } = await runCommand({ file: mongod, args: ['--version'] }, { signal, timeoutMs: VERSION_MS });
    const own = /db version v(\S+)/.exec(stdout)?.[1] ?? '0';
    if (isOlder(own, serverVersion))
      throw backupError(
        'VersionMismatch',
        `mongod ${own} of this worker is older than the server of the backup (${serverVersion}). Install ${serverVersion} or newer.`,
      );
    const args = (data: string, socket: string) => [
      '--dbpath',
      data,
      '--bind_ip',
      socket,
      '--setParameter',
      'diagnosticDataCollectionEnabled=false',
    ];
    return { file: mongod, standIn: false, args };
  }
  // The error for a person is that mongod is missing.
  const file = await findProgram('ferretdb').catch(() => Promise.reject(mongod.error as Error));
  const args = (data: string, socket: string) => [
    '--listen-addr=',
    `--listen-unix=${socket}`,
    '--debug-addr=-',
    '--telemetry=disable',
    '--handler=sqlite',
    `--sqlite-url=file:${data}/`,
    `--state-dir=${data}`,
  ];
  return { file, standIn: true, args };
}

/** Whether version `a` is of an older release series than `b`. Pure. */
export function isOlder(a: string, b: string): boolean {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number);
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number);
  return aMajor < bMajor || (aMajor === bMajor && aMinor < bMinor);
}

/** A process group of its own, so that a signal to the worker's group does not reach it before we have closed it. */
function start(file: string, args: string[], cwd: string, log: string): ChildProcess {
  const output = openSync(log, 'wx', 0o600);
  try {
    const { PATH = '', HOME = cwd } = process.env;
    const env = { PATH, HOME, LANG: 'C', TZ: 'UTC' };
    const child = spawn(file, args, { cwd, env, detached: true, stdio: ['ignore', output, output] });
    // Whether it runs is found out by asking it.
    child.on('error', () => undefined);
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

async function ready(child: ChildProcess, login: Login, log: string, signal: AbortSignal): Promise<MongoClient> {
  const end = Date.now() + READY_MS;
  for (;;) {
    signal.throwIfAborted();
    const ended = child.exitCode ?? child.signalCode ?? (child.pid === undefined ? 'not started' : undefined);
    if (ended !== undefined || Date.now() >= end) {
      const said = bounded((await readFile(log, 'utf8').catch(() => '')).slice(-2_000), 500);
      const how = ended === undefined ? `is not ready after ${READY_MS / 1_000} s` : `ended at once (${ended})`;
      throw backupError('Unreachable', `The throwaway server ${how}. It printed: ${said}`);
    }
    try {
      return await openClient(login, signal);
    } catch {
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
