import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, open, readFile, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Contents, Files } from '../../../activities/backup/engine.js';
import { redisEngine } from '../../../activities/redis/index.js';
import { scratchRoot } from '../../../activities/throwaway/index.js';
import { freePort } from '../../../sandbox/kit/ports.js';
import { startRedis } from '../../../sandbox/redis/index.js';
import { stopProcesses } from '../../../sandbox/stop.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { engineContext } from '../host/context.js';
import { fill, redisSource, take, withClient, type RedisPlace } from './support.js';

let own: string;
let place: RedisPlace;
let dir: string;
let context: Awaited<ReturnType<typeof engineContext>>;
const before = process.env['BELAY_PROGRAMS'];

// A server of its own: it is emptied, and its users are changed.
beforeAll(async () => {
  own = await mkdtemp(join(tmpdir(), 'belay-redis-'));
  place = (await startRedis({ dir: own, progress: () => undefined })).redis;
  process.env['BELAY_PROGRAMS'] = place.bin;
}, SANDBOX_MS);
afterAll(async () => {
  if (before === undefined) delete process.env['BELAY_PROGRAMS'];
  else process.env['BELAY_PROGRAMS'] = before;
  await stopProcesses(own);
  await rm(own, { recursive: true, force: true });
});
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-rdb-'));
  context = await engineContext({ REDIS_PASSWORD: place.password, WRONG: 'not the password', OTHER: 'other password' });
});
afterEach(async () => {
  await context.remove();
  await rm(dir, { recursive: true, force: true });
});

async function rehearsed(files: Files, more: object = {}): Promise<{ contents: Contents; smoke: string[] }> {
  const rehearsal = await redisEngine.rehearse(redisSource(place, more), files, context);
  try {
    return { contents: await rehearsal.contents(true), smoke: await rehearsal.smoke() };
  } finally {
    await rehearsal.close();
  }
}

describe('a round trip', () => {
  test('brings back every type, also what has expired meanwhile', async () => {
    await fill(place);
    const expiresMs = 5_000;
    await withClient(place, (send) => send('SET', 'soon', 'gone', 'PX', String(expiresMs)));
    const { files, contents, warnings } = await take(redisSource(place), context, join(dir, 'b'));
    expect(warnings).toEqual([]);
    expect(contents.items).toEqual([
      { name: 'db0', rows: 308 },
      { name: 'db3', rows: 1 },
      { name: 'every database', rows: 309, hash: expect.stringMatching(/^[0-9a-f]{40}$/) },
    ]);
    expect(contents.facts).toMatchObject({ 'db0 keys with expiry': '2' });
    expect(await redisEngine.readThrough(redisSource(place), files, context)).toEqual([]);
    await sleep(expiresMs);
    const smoke = [
      { name: 'online', query: 'SCARD online', equals: 2 },
      { name: 'value', query: 'GET user:7', equals: `value 7 ${'abc'.repeat(50)}` },
      { name: 'many', query: 'DBSIZE', min: 10_000 },
      { name: 'write', query: 'SET x y', equals: 'OK' },
    ];
    const restored = await rehearsed(files, { smoke });
    expect(restored.contents).toEqual(contents);
    // Other test files have throwaways of other kinds there.
    const left = await readdir(join(scratchRoot(), 't'));
    expect(left.filter((name) => name.startsWith('redis-'))).toEqual([]);
    expect(restored.smoke).toEqual([
      expect.stringContaining('many: at least 10000'),
      expect.stringMatching(/^write: READONLY/),
    ]);
  });

  test('of a server that is written all the time gives one moment of it', async () => {
    await fill(place);
    const counts = new Set<number>();
    const writing = new AbortController();
    const writer = withClient(place, async (send) => {
      for (let i = 0; !writing.signal.aborted; i++) {
        // Both or neither, at every moment.
        await send(
          'EVAL',
          "redis.call('INCR', 'left'); redis.call('INCR', 'right'); redis.call('SET', 'n:' .. ARGV[1], 'x')",
          '0',
          String(i),
        );
      }
    });
    try {
      for (let i = 0; i < 5; i++) {
        const { files, contents } = await take(redisSource(place), context, join(dir, `b${i}`));
        const rehearsal = await redisEngine.rehearse(redisSource(place), files, context);
        expect(await rehearsal.contents(true)).toEqual(contents);
        await rehearsal.close();
        counts.add(contents.items.find(({ name }) => name === 'db0')?.rows ?? 0);
      }
    } finally {
      writing.abort();
      await writer;
    }
    // It did write all the time.
    expect(counts.size).toBe(5);
  });

  test('needs no more than the rights to replicate', async () => {
    await fill(place);
    await withClient(place, (send) =>
      send(
        'ACL',
        'SETUSER',
        'backup',
        'reset',
        'on',
        '>other password',
        '+info',
        '+sync',
        '+psync',
        '+replconf',
        '+ping',
      ),
    );
    const source = redisSource(place, { user: 'backup', password: 'env:OTHER' });
    expect(await redisEngine.inspect(source, context)).toMatchObject({
      identity: `127.0.0.1:${place.port}`,
      serverVersion: expect.stringMatching(/^\d+\.\d+/),
      warnings: [],
    });
    const { contents } = await take(source, context, join(dir, 'b'));
    expect(contents.items).toContainEqual({ name: 'db3', rows: 1 });
  });
});

describe('damage', () => {
  let files: Files;
  let contents: Contents;
  let file: string;

  beforeEach(async () => {
    await fill(place);
    ({ files, contents } = await take(redisSource(place), context, join(dir, 'b')));
    file = files.paths['dump.rdb'] ?? '';
  });

  async function flip(at: number): Promise<void> {
    const handle = await open(file, 'r+');
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    await handle.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, at);
    await handle.close();
  }

  test.each([
    ['a cut', async () => truncate(file, Math.floor((await stat(file)).size / 2))],
    ['a flipped bit in a value', async () => flip((await readFile(file)).indexOf('abcabc') + 2)],
    ['a flipped bit in the header', () => flip(2)],
  ])('by %s is found by reading through, and refused by a server', async (_what, damage) => {
    await damage();
    const problems = await redisEngine.readThrough(redisSource(place), files, context);
    expect(problems).toEqual([expect.stringMatching(/^redis-check-rdb: ./)]);
    expect(problems.join()).not.toContain('user:');
    await expect(redisEngine.rehearse(redisSource(place), files, context)).rejects.toMatchObject({
      type: 'RestoreError',
      message: expect.not.stringContaining('user:'),
    });
  });

  test('by another value under the same key is found by the hash alone', async () => {
    await withClient(place, (send) => send('SET', 'user:7', 'another value'));
    const other = await take(redisSource(place), context, join(dir, 'other'));
    expect(other.contents.items.map(({ rows }) => rows)).toEqual(contents.items.map(({ rows }) => rows));
    expect(other.contents.items.at(-1)?.hash).not.toBe(contents.items.at(-1)?.hash);
  });
});

describe('a source that cannot be backed up says why', () => {
  test('when it is away', async () => {
    const source = redisSource({ host: '127.0.0.1', port: await freePort() });
    const failure = { type: 'Unreachable', nonRetryable: false, message: expect.stringContaining('ECONNREFUSED') };
    await expect(redisEngine.inspect(source, context)).rejects.toMatchObject(failure);
    await expect(redisEngine.capture(source, context)).rejects.toMatchObject(failure);
  });

  test('when the password is wrong, without telling it', async () => {
    const source = redisSource(place, { password: 'env:WRONG' });
    await expect(redisEngine.capture(source, context)).rejects.toMatchObject({
      type: 'WrongPassword',
      nonRetryable: true,
      message: expect.not.stringContaining('not the password'),
    });
  });

  test('when the user may not replicate', async () => {
    await withClient(place, (send) =>
      send('ACL', 'SETUSER', 'weak', 'reset', 'on', '>other password', '+info', '+ping'),
    );
    const source = redisSource(place, { user: 'weak', password: 'env:OTHER' });
    await expect(redisEngine.capture(source, context)).rejects.toMatchObject({
      type: 'Forbidden',
      nonRetryable: true,
      message: expect.stringContaining('+psync'),
    });
  });

  test('when a program is not on the worker', async () => {
    const { BELAY_PROGRAMS, PATH } = process.env;
    process.env['BELAY_PROGRAMS'] = '';
    process.env['PATH'] = '/nowhere';
    try {
      await expect(redisEngine.capture(redisSource(place), context)).rejects.toMatchObject({
        type: 'MissingProgram',
        message: expect.stringContaining('redis-cli'),
      });
    } finally {
      Object.assign(process.env, { BELAY_PROGRAMS, PATH });
    }
  });

  test('and has no swap, but says what to do by hand', () => {
    expect(redisEngine).not.toHaveProperty('swap');
    expect(redisEngine.noSwap).toMatch(/dump\.rdb/);
  });
});
