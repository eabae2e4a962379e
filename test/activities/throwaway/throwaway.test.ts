import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  createThrowaway,
  ensureScratchRoot,
  scratchRoot,
  sweepThrowaways,
} from '../../../activities/throwaway/index.js';
import { endProcess, isAlive, markProcess } from '../../../activities/throwaway/process.js';

const run = { workflowId: 'wf', runId: 'r' };
const soon = (): number => Date.now() + 60_000;
const longAgo = (): number => Date.now() - 60_000;
let root: string;
const servers: ChildProcess[] = [];

beforeEach(async () => {
  root = path.join(await mkdtemp(path.join(tmpdir(), 'belay-throwaway-')), 'root');
});
afterEach(async () => {
  for (const child of servers.splice(0)) child.kill('SIGKILL');
  await rm(path.dirname(root), { recursive: true, force: true });
});

/** A program that runs until it is ended; `stubborn` ones by SIGKILL only. */
async function startServer(stubborn = false): Promise<ChildProcess & { pid: number }> {
  const script = `${stubborn ? "trap '' INT TERM; " : ''}echo up; while :; do sleep 0.1; done`;
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  servers.push(child);
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('not started');
  return Object.assign(child, { pid: child.pid });
}

const markerOf = (name: string): string => path.join(root, 't', name, 'throwaway.json');

async function edit(name: string, changes: (marker: Record<string, unknown>) => object): Promise<void> {
  const marker = JSON.parse(await readFile(markerOf(name), 'utf8')) as Record<string, unknown>;
  await writeFile(markerOf(name), JSON.stringify({ ...marker, ...changes(marker) }));
}

/** As if the worker that made it had died. */
const orphan = (name: string): Promise<void> =>
  edit(name, () => ({ worker: { pid: process.pid, identity: 'an earlier process' } }));

const names = (): Promise<string[]> => readdir(path.join(root, 't'));

test('is an empty folder for nobody else, and goes with the servers on it', async () => {
  const throwaway = await createThrowaway('postgres', run, root);
  const server = await startServer();
  expect(await readdir(throwaway.dir)).toEqual([]);
  expect((await stat(throwaway.dir)).mode & 0o777).toBe(0o700);
  // A socket below it must fit into 107 bytes.
  expect(throwaway.dir.length - root.length).toBeLessThan(30);
  await writeFile(path.join(throwaway.dir, 'data'), 'x');
  await throwaway.recordServer(server.pid);
  await throwaway.close();
  expect(await names()).toEqual([]);
  expect(await markProcess(server.pid)).toBeUndefined();
  await throwaway.close();
});

describe('sweepThrowaways', () => {
  test('leaves the young ones of a living worker', async () => {
    const { name } = await createThrowaway('redis', run, root);
    expect(await sweepThrowaways('redis', longAgo(), undefined, root)).toEqual([]);
    expect(await names()).toEqual([name]);
  });

  test('removes those of a dead worker, with the server that runs on', async () => {
    const throwaway = await createThrowaway('redis', run, root);
    const server = await startServer();
    await throwaway.recordServer(server.pid);
    await orphan(throwaway.name);
    expect(await sweepThrowaways('redis', longAgo(), undefined, root)).toEqual([throwaway.name]);
    expect(await names()).toEqual([]);
    expect(await markProcess(server.pid)).toBeUndefined();
    expect(await sweepThrowaways('redis', longAgo(), undefined, root)).toEqual([]);
  });

  test('a worker that was killed is a dead one', async () => {
    const worker = await startServer();
    const throwaway = await createThrowaway('redis', run, root);
    const mark = await markProcess(worker.pid);
    await edit(throwaway.name, () => ({ worker: mark }));
    expect(await sweepThrowaways('redis', longAgo(), undefined, root)).toEqual([]);
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    expect(await sweepThrowaways('redis', longAgo(), undefined, root)).toEqual([throwaway.name]);
  });

  test('removes the old ones of a living worker', async () => {
    const { name } = await createThrowaway('redis', run, root);
    expect(await sweepThrowaways('redis', soon(), undefined, root)).toEqual([name]);
  });

  test('never ends a process that merely has the pid of a server that is gone', async () => {
    const throwaway = await createThrowaway('redis', run, root);
    const foreign = await startServer();
    await edit(throwaway.name, () => ({ servers: [{ pid: foreign.pid, identity: 'of the server before' }] }));
    const stopped: number[] = [];
    const stop = async ({ pid }: { pid: number }): Promise<void> => void stopped.push(pid);
    await sweepThrowaways('redis', soon(), stop, root);
    expect(stopped).toEqual([]);
    expect(await markProcess(foreign.pid)).toBeDefined();
    expect(await names()).toEqual([]);
  });

  test('ends a server in its own way where it has one', async () => {
    const throwaway = await createThrowaway('redis', run, root);
    const server = await startServer(true);
    await throwaway.recordServer(server.pid);
    const stop = async ({ pid }: { pid: number }): Promise<void> => void process.kill(pid, 'SIGKILL');
    const exit = once(server, 'exit');
    await sweepThrowaways('redis', soon(), stop, root);
    expect(await exit).toEqual([null, 'SIGKILL']);
    expect(await names()).toEqual([]);
  });

  test('a server that does not end when asked is killed', async () => {
    const server = await startServer(true);
    const exit = once(server, 'exit');
    const mark = await markProcess(server.pid);
    if (!mark) throw new Error('no mark');
    await endProcess(mark, 300);
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  test('leaves what has no mark of ours, and other kinds', async () => {
    const { name } = await createThrowaway('redis', run, root);
    for (const other of ['redis-0badcafe', 'redis-forged']) await mkdir(path.join(root, 't', other));
    await writeFile(markerOf('redis-forged'), '{"belay":"throwaway","kind":"redis"}');
    const { name: disguised } = await createThrowaway('redis', run, root);
    await edit(disguised, () => ({ kind: 'postgres' }));
    expect(await sweepThrowaways('redis', soon(), undefined, root)).toEqual([name]);
    expect((await names()).toSorted()).toEqual(['redis-0badcafe', 'redis-forged', disguised].toSorted());
    expect(await sweepThrowaways('postgres', soon(), undefined, root)).toEqual([]);
  });

  test("of another host's it knows the age only, and leaves its processes", async () => {
    const throwaway = await createThrowaway('redis', run, root);
    const server = await startServer();
    await throwaway.recordServer(server.pid);
    await edit(throwaway.name, () => ({ host: 'elsewhere', worker: { pid: 2, identity: 'x' } }));
    expect(await sweepThrowaways('redis', longAgo(), undefined, root)).toEqual([]);
    expect(await sweepThrowaways('redis', soon(), undefined, root)).toEqual([throwaway.name]);
    expect(await markProcess(server.pid)).toBeDefined();
  });

  test('has nothing to do where nothing was made', async () => {
    expect(await sweepThrowaways('redis', soon(), undefined, path.join(root, 'none'))).toEqual([]);
  });
});

describe('the scratch folder', () => {
  test('comes from BELAY_SCRATCH, else is one of the user alone', () => {
    expect(scratchRoot({ BELAY_SCRATCH: '/big/disk' })).toBe('/big/disk');
    expect(scratchRoot({})).toMatch(/belay-\d+$/);
  });

  test.each([
    [
      'that others may write',
      async () => {
        await mkdir(root, { recursive: true });
        await chmod(root, 0o777);
      },
    ],
    [
      'that is a link',
      async () => {
        await mkdir(`${root}-elsewhere`, { recursive: true });
        await symlink(`${root}-elsewhere`, root);
      },
    ],
  ])('is refused when it is one %s', async (_what, prepare) => {
    await prepare();
    await expect(ensureScratchRoot(root)).rejects.toMatchObject({ type: 'Forbidden' });
    await expect(createThrowaway('redis', run, root)).rejects.toThrow('BELAY_SCRATCH');
  });
});

test('a process is told from a later one with its pid', async () => {
  const mark = await markProcess(process.pid);
  if (!mark) throw new Error('no mark');
  expect(await isAlive(mark)).toBe(true);
  expect(await isAlive({ ...mark, identity: `${mark.identity}1` })).toBe(false);
  expect(await markProcess(2 ** 22 + 1)).toBeUndefined();
});
