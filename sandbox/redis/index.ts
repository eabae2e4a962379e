import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createClient } from 'redis';
import { freePort } from '../kit/ports.js';
import { startDetached, stopPid, waitReady } from '../kit/process.js';
import { findOrInstall } from '../kit/program.js';
import type { Progress, SandboxState } from '../kit/types.js';
import { redisProgram } from './program.js';

const READY_MS = 30_000;
const PING_MS = 2_000;

type Redis = NonNullable<SandboxState['redis']>;

/** Throws when the server does not answer, or does not take the password. */
export async function pingRedis({ host, port, password }: Redis): Promise<void> {
  const client = createClient({
    password,
    disableOfflineQueue: true,
    socket: { host, port, connectTimeout: PING_MS, reconnectStrategy: false },
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.destroy();
  }
}

/** Starts Redis with a password, on 127.0.0.1, and waits until it answers. `bin` is the folder of its programs. */
export async function startRedis(options: {
  dir: string;
  progress: Progress;
}): Promise<{ pids: Record<string, number>; redis: Redis }> {
  const file = await findOrInstall(redisProgram, options.progress);
  const data = join(options.dir, 'redis');
  await mkdir(data, { recursive: true });
  const password = randomBytes(24).toString('hex');
  const redis: Redis = { host: '127.0.0.1', port: await freePort(), password, bin: dirname(file) };
  const config = join(data, 'redis.conf');
  // Not as arguments: those can be read by every user of the machine.
  await writeFile(config, configuration(data, redis), { mode: 0o600 });
  const started = await startDetached({ name: 'redis', file, args: [config], dir: options.dir });
  try {
    await waitReady(started, () => pingRedis(redis), READY_MS);
  } catch (error) {
    await stopPid(started.pid, 2_000);
    throw error;
  }
  return { pids: { redis: started.pid }, redis };
}

function configuration(data: string, { host, port, password }: Redis): string {
  return [
    `bind ${host}`,
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${data}"`,
    'save 300 1',
    'appendonly no',
    // A transfer to `redis-cli --rdb` would wait five seconds for others to join it.
    'repl-diskless-sync-delay 0',
    '',
  ].join('\n');
}
