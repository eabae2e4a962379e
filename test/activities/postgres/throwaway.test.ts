import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { capture } from '../../../activities/postgres/capture.js';
import { postgresEngine } from '../../../activities/postgres/index.js';
import { startInstance } from '../../../activities/postgres/instance.js';
import { rehearse } from '../../../activities/postgres/rehearse.js';
import { openSession } from '../../../activities/postgres/session.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import {
  contextOf,
  execute,
  recreate,
  remove,
  server,
  sourceOf,
  store,
  type Server,
  type TestContext,
} from './support.js';

const DATABASE = 'full_shop';

let at: Server;
let context: TestContext;
let scratch: string;

beforeAll(async () => {
  at = await server();
}, SANDBOX_MS);
beforeEach(async () => {
  context = await contextOf(at);
  scratch = await mkdtemp(join(tmpdir(), 's-'));
  await chmod(scratch, 0o711);
  process.env['BELAY_SCRATCH'] = scratch;
});
afterEach(async () => {
  delete process.env['BELAY_SCRATCH'];
  await remove(context);
  await rm(scratch, { recursive: true, force: true });
});
afterAll(() => execute(at, 'postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`));

async function shell(instance: Awaited<ReturnType<typeof startInstance>>, command: string): Promise<string> {
  const options = { database: 'postgres', application: 'test', signal: context.signal };
  const session = await openSession(instance.login, options);
  try {
    await session.query('CREATE TEMP TABLE said (line text)');
    await session.query(`COPY said FROM PROGRAM '${command}'`);
    return (await session.query<{ line: string }>('SELECT line FROM said')).map(({ line }) => line).join('\n');
  } finally {
    await session.end();
  }
}

const left = async (): Promise<string[]> => readdir(join(scratch, 't')).catch(() => []);

test('what runs in a throwaway server has no rights, no network and none of our environment', async () => {
  process.env['BELAY_TEST_VALUE'] = 'of the worker';
  const instance = await startInstance(context);
  try {
    expect(Number(await shell(instance, 'id -u'))).not.toBe(0);
    expect(await shell(instance, 'env')).not.toContain('of the worker');
    const devices = (await shell(instance, 'cut -d: -f1 /proc/net/dev')).split('\n').slice(2);
    const reachable = devices.filter((name) => name.trim() !== 'lo');
    // Where unshare(1) is not possible the instance says so.
    expect(instance.offline ? reachable : []).toEqual([]);
    await expect(
      openSession(
        { ...instance.login, password: 'x' },
        { database: 'postgres', application: 'a', signal: context.signal },
      ),
    ).rejects.toMatchObject({ type: 'WrongPassword' });
  } finally {
    delete process.env['BELAY_TEST_VALUE'];
    await instance.close();
  }
  expect(await left()).toEqual([]);
});

test('an instance that was left behind is found, ended and removed', async () => {
  const instance = await startInstance(context);
  const name = await left();
  expect(await postgresEngine.sweep?.(0)).toEqual([]);
  expect(await postgresEngine.sweep?.(Date.now() + 1)).toEqual(name);
  expect(await left()).toEqual([]);
  await expect(shell(instance, 'id')).rejects.toMatchObject({ type: 'Unreachable' });
});

test('a rehearsal that is cancelled leaves nothing', async () => {
  const signal = AbortSignal.timeout(600);
  await recreate(at, DATABASE);
  await execute(at, DATABASE, 'CREATE TABLE a AS SELECT n FROM generate_series(1, 500000) AS n');
  const source = sourceOf(at, DATABASE);
  const taken = await capture(source, context);
  const files = await store(taken, context);
  await taken.close();
  await expect(rehearse(source, files, { ...context, signal })).rejects.toThrow(/time-?out|abort/i);
  expect(await left()).toEqual([]);
});

test('a disk that is full', async () => {
  await recreate(at, DATABASE);
  await execute(
    at,
    DATABASE,
    `CREATE TABLE wide AS SELECT n, md5(n::text) || md5((n + 1)::text) AS text FROM generate_series(1, 300000) AS n`,
    'CREATE INDEX ON wide (text)',
  );
  const source = sourceOf(at, DATABASE);
  const taken = await capture(source, context);
  const files = await store(taken, context);
  await taken.close();
  const mount = promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=80m,mode=0711', 'tmpfs', scratch]);
  const mounted = await mount.then(
    () => true,
    () => false,
  );
  // Only root may make a small disk; the message of a full one is judged in tables.test.ts as well.
  if (!mounted) return;
  try {
    await expect(rehearse(source, files, context)).rejects.toMatchObject({ type: 'DiskFull', nonRetryable: true });
    expect(await left()).toEqual([]);
  } finally {
    await promisify(execFile)('umount', [scratch]);
  }
});
