import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from '../kit/ports.js';
import { startDetached, stopPid, waitReady } from '../kit/process.js';
import { findOrInstall } from '../kit/program.js';
import type { Progress, SandboxState } from '../kit/types.js';
import { ferretdbProgram, findMongod, mongoToolsProgram } from './program.js';

type Mongodb = NonNullable<SandboxState['mongodb']>;

const READY_MS = 30_000;
const PING_MS = 3_000;

/** Throws when the server does not answer. */
export async function pingMongodb({ host, port }: Pick<Mongodb, 'host' | 'port'>): Promise<void> {
  const options = { serverSelectionTimeoutMS: PING_MS, connectTimeoutMS: PING_MS, directConnection: true };
  const client = new MongoClient(`mongodb://${host}:${port}/`, options);
  try {
    await client.db('admin').command({ ping: 1 }, { timeoutMS: PING_MS });
  } finally {
    await client.close().catch(() => undefined);
  }
}

/**
 * Starts a server that speaks MongoDB's protocol on 127.0.0.1, a mongod where there is one, else FerretDB, and waits until it answers.
 * A mongod of the machine is `BELAY_MONGOD_BIN` or on the PATH.
 */
export async function startMongodb(options: {
  dir: string;
  progress: Progress;
}): Promise<{ pids: Record<string, number>; mongodb: Mongodb }> {
  const tools = await findOrInstall(mongoToolsProgram, options.progress);
  const server = await findServer(options.progress);
  const data = join(options.dir, 'mongodb');
  await mkdir(data, { recursive: true, mode: 0o700 });
  const mongodb: Mongodb = { host: '127.0.0.1', port: await freePort(), tools: dirname(tools), server: server.file };
  const started = await startDetached({
    name: 'mongodb',
    file: server.file,
    args: server.args(data, mongodb.port),
    dir: options.dir,
  });
  try {
    await waitReady(started, () => pingMongodb(mongodb), READY_MS);
  } catch (error) {
    await stopPid(started.pid, 2_000);
    throw error;
  }
  return { pids: { mongodb: started.pid }, mongodb };
}

interface Server {
  file: string;
  args(data: string, port: number): string[];
}

/** mongod is always the better one; FerretDB can be built everywhere. */
async function findServer(progress: Progress): Promise<Server> {
  const mongod = await findMongod();
  if (mongod !== undefined) {
    const args = (data: string, port: number) => ['--dbpath', data, '--port', String(port), '--bind_ip', '127.0.0.1'];
    return { file: mongod, args };
  }
  progress('no mongod on this machine: FerretDB stands in for it');
  const file = await findOrInstall(ferretdbProgram, progress);
  return { file, args: (data, port) => [`--listen-addr=127.0.0.1:${port}`, `--sqlite-url=file:${data}/`] };
}
