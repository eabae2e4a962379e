import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from '../../sandbox/kit/identity.js';
import { withLock } from '../../sandbox/kit/lock.js';

let folder: string;
let lock: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'belay-lock-'));
  lock = join(folder, 'some.lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function leaveLock(pid: number, identity: string): Promise<void> {
  await mkdir(lock);
  await writeFile(join(lock, 'owner.json'), JSON.stringify({ pid, identity }));
}

test('lets one in at a time and leaves nothing behind', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await sleep(5);
    inside--;
  };
  await Promise.all(Array.from({ length: 8 }, () => withLock(lock, { timeoutMs: 60_000 }, work)));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('is released when the work fails', async () => {
  const failing = withLock(lock, { timeoutMs: 60_000 }, () => Promise.reject(new Error('work failed')));
  await expect(failing).rejects.toThrow('work failed');
  expect(await withLock(lock, { timeoutMs: 0 }, () => Promise.resolve('in'))).toBe('in');
});

test('takes over the lock of a process that has ended', async () => {
  await leaveLock(spawnSync('true').pid, 'whatever it was');
  expect(await withLock(lock, { timeoutMs: 0 }, () => Promise.resolve('in'))).toBe('in');
});

test('takes over the lock of an earlier process whose pid another one has now', async () => {
  await leaveLock(process.pid, 'an earlier boot/1');
  expect(await withLock(lock, { timeoutMs: 0 }, () => Promise.resolve('in'))).toBe('in');
});

test('takes over a lock without owner', async () => {
  await mkdir(lock);
  await writeFile(join(lock, 'rest'), '');
  expect(await withLock(lock, { timeoutMs: 0 }, () => Promise.resolve('in'))).toBe('in');
});

test('waits for a living holder, says so, and names it in the end', async () => {
  await leaveLock(process.pid, (await processIdentity(process.pid)) ?? '');
  const waits: number[] = [];
  const late = withLock(lock, { timeoutMs: 150, onWait: (pid) => waits.push(pid) }, () => Promise.resolve('in'));
  await expect(late).rejects.toThrow(`Process ${process.pid} has held`);
  expect(waits).toEqual([process.pid]);
});
