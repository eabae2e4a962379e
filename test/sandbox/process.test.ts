import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupMembers, processIdentity } from '../../sandbox/kit/identity.js';
import { freePort } from '../../sandbox/kit/ports.js';
import { httpProbe } from '../../sandbox/kit/probes.js';
import { startDetached, stopPid, waitReady, type StartedProcess } from '../../sandbox/kit/process.js';
import { readProcesses } from '../../sandbox/kit/state.js';
import { stopProcesses } from '../../sandbox/stop.js';

let dir: string;
const strays: ChildProcess[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-process-'));
});
afterEach(async () => {
  await stopProcesses(dir);
  for (const child of strays.splice(0)) child.kill('SIGKILL');
  await rm(dir, { recursive: true, force: true });
});

function node(name: string, script: string): Promise<StartedProcess> {
  return startDetached({ name, file: process.execPath, args: ['-e', script], dir, env: { NODE_OPTIONS: '' } });
}

const never = (): Promise<void> => Promise.reject(new Error('not yet'));

async function logSays(started: StartedProcess, text: string): Promise<void> {
  const probe = async (): Promise<void> => {
    if (!(await readFile(started.log, 'utf8')).includes(text)) throw new Error(`log does not say "${text}"`);
  };
  await waitReady(started, probe, 30_000);
}

describe('waitReady', () => {
  test('returns when the probe passes', async () => {
    const port = await freePort();
    const server = await node('server', `require('http').createServer((_, r) => r.end()).listen(${port}, '127.0.0.1')`);
    await waitReady(server, httpProbe(`http://127.0.0.1:${port}`), 30_000);
    expect(await processIdentity(server.pid)).toBeDefined();
  });

  test('fails with the end of the log when the process dies', async () => {
    const dying = await node('dying', `console.error('no such flag: --x'); process.exit(3)`);
    await expect(waitReady(dying, never, 30_000)).rejects.toThrow(/dying ended with exit code 3[^]*no such flag: --x/);
  });

  test("fails with the probe's reason when the time is up", async () => {
    const idle = await node('idle', `setInterval(() => {}, 1000)`);
    await expect(waitReady(idle, never, 100)).rejects.toThrow('idle was not ready within 0.1 s (not yet)');
  });

  test('does not wait for a probe that hangs', async () => {
    const idle = await node('idle', `setInterval(() => {}, 1000)`);
    await expect(waitReady(idle, () => new Promise(() => undefined), 100)).rejects.toThrow('no answer in time');
  });
});

test('a program that does not exist is named', async () => {
  const start = startDetached({ name: 'ghost', file: '/no/such/program', args: [], dir });
  await expect(start).rejects.toThrow('ghost cannot be started');
});

describe('stopPid', () => {
  test('ends a process and the children of its group', async () => {
    const parent = await node(
      'parent',
      `require('child_process').spawn('sleep', ['1000']); setInterval(() => {}, 1000); console.log('up')`,
    );
    await logSays(parent, 'up');
    expect(await groupMembers(parent.pid)).toHaveLength(2);
    expect(await stopPid(parent.pid, 10_000)).toBe(true);
    expect(await groupMembers(parent.pid)).toEqual([]);
    expect(parent.ended()).toBe('signal SIGTERM');
  });

  test('kills a process that ignores SIGTERM', async () => {
    const stubborn = await node(
      'stubborn',
      `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up')`,
    );
    await logSays(stubborn, 'up');
    expect(await stopPid(stubborn.pid, 100)).toBe(true);
    expect(await processIdentity(stubborn.pid)).toBeUndefined();
  });

  test('says that an ended process was not running', async () => {
    const brief = await node('brief', '');
    await expect(waitReady(brief, never, 30_000)).rejects.toThrow('exit code 0');
    expect(await stopPid(brief.pid, 100)).toBe(false);
  });

  test('never touches a stranger that has got the pid of ours', async () => {
    const stranger = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
    strays.push(stranger);
    await once(stranger, 'spawn');
    const pid = stranger.pid ?? 0;
    const { identity } = { identity: `${(await processIdentity(pid)) ?? ''}0` };
    expect(await stopPid(pid, 100, identity)).toBe(false);
    expect(await processIdentity(pid)).toBeDefined();
  });

  test('does not end the group of whoever started the process', async () => {
    const follower = spawn('sleep', ['1000'], { stdio: 'ignore' });
    strays.push(follower);
    await once(follower, 'spawn');
    expect(await stopPid(follower.pid ?? 0, 5_000)).toBe(true);
  });
});

test('processes are stopped by their records, the last started first', async () => {
  await node('first', `setInterval(() => {}, 1000)`);
  await node('second', `setInterval(() => {}, 1000)`);
  await node('other', `setInterval(() => {}, 1000)`);
  expect(await stopProcesses(dir, (name) => name !== 'other')).toEqual(['second', 'first']);
  expect((await readProcesses(dir)).map((record) => record.name)).toEqual(['other']);
});

test('freePort gives the preferred port only while it is free, and no port twice', async () => {
  const ports = await Promise.all(Array.from({ length: 5 }, () => freePort()));
  expect(new Set(ports).size).toBe(5);
  const [taken = 0] = ports;
  expect(await freePort(taken)).not.toBe(taken);
});
