import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from 'redis';
import type { Contents, EngineContext, Files } from '../../../activities/backup/engine.js';
import { redisEngine } from '../../../activities/redis/index.js';
import type { SandboxState } from '../../../sandbox/kit/types.js';
import { sourceSchema, type SourceOf } from '../../../systems/backupSchema.js';
import { filesIn } from '../host/context.js';

export type RedisPlace = NonNullable<SandboxState['redis']>;

export function redisSource({ host, port }: { host: string; port: number }, more: object = {}): SourceOf<'redis'> {
  const source = sourceSchema.parse({
    ...{ name: 'sessions', type: 'redis', host, port, password: 'env:REDIS_PASSWORD' },
    ...more,
  });
  if (source.type !== 'redis') throw new Error('another type');
  return source;
}

/** Sends commands to the server under test. */
export async function withClient<T>(
  { host, port, password }: RedisPlace,
  work: (send: (...args: string[]) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const client = createClient({ password, socket: { host, port } });
  await client.connect();
  try {
    return await work((...args) => client.sendCommand(args));
  } finally {
    client.destroy();
  }
}

/** Fills the server with every type, in two databases, with and without an expiry. */
export async function fill(place: RedisPlace): Promise<void> {
  await withClient(place, async (send) => {
    await send('FLUSHALL');
    for (let i = 0; i < 300; i++) await send('SET', `user:${i}`, `value ${i} ${'abc'.repeat(50)}`);
    await send('SET', 'key with blanks', 'x');
    await send('SET', 'later', 'x', 'EX', '100000');
    await send('RPUSH', 'list', 'a', 'b', 'c');
    await send('SADD', 'online', 'a', 'b');
    await send('ZADD', 'scores', '1', 'a', '2.5', 'b');
    await send('HSET', 'hash', 'f', 'v');
    await send('XADD', 'stream', '*', 'f', 'v');
    await send('SELECT', '3');
    await send('SET', 'other', 'database');
    await send('SELECT', '0');
  });
}

/** Takes a backup as the core does: reads the payload and the contents, then closes. */
export async function take(
  source: SourceOf<'redis'>,
  context: EngineContext,
  into: string,
): Promise<{ files: Files; contents: Contents; warnings: string[] }> {
  const capture = await redisEngine.capture(source, context);
  try {
    const [payload] = capture.payloads;
    if (!payload || !('file' in payload.from)) throw new Error('no file');
    await mkdir(into, { recursive: true });
    await copyFile(payload.from.file, join(into, payload.name));
    const contents = await capture.contents(true);
    return { files: filesIn(into, payload.name), contents, warnings: capture.warnings ?? [] };
  } finally {
    await capture.close();
  }
}
