import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pingRedis, startRedis } from '../../sandbox/redis/index.js';
import { stopProcesses } from '../../sandbox/stop.js';
import { SANDBOX_MS } from '../setup/sandbox.js';

let dir: string;
let started: Awaited<ReturnType<typeof startRedis>>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-redis-'));
  started = await startRedis({ dir, progress: () => undefined });
}, SANDBOX_MS);
afterAll(async () => {
  await stopProcesses(dir);
  await rm(dir, { recursive: true, force: true });
});

test('a real Redis answers to its password only, which is no argument of its process', async () => {
  const { redis, pids } = started;
  await pingRedis(redis);
  await expect(pingRedis({ ...redis, password: 'wrong' })).rejects.toThrow(/WRONGPASS/);
  const commandLine = await readFile(`/proc/${pids['redis'] ?? 0}/cmdline`, 'utf8');
  expect(commandLine).toContain('redis-server');
  expect(commandLine).not.toContain(redis.password);
});

test.each(['redis-cli', 'redis-check-rdb'])('%s lies beside it', async (name) => {
  const { stdout } = await promisify(execFile)(join(started.redis.bin, name), ['--version']).catch(
    (error: { stdout: string }) => error,
  );
  expect(stdout).toMatch(/redis/i);
});
