import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { connect as dial, createServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Capture } from '../../../activities/backup/engine.js';
import { startPipeline, type Pipeline } from '../../../activities/pipeline/index.js';
import { capture } from '../../../activities/postgres/capture.js';
import { inspect } from '../../../activities/postgres/inspect.js';
import { startPostgres } from '../../../sandbox/postgres/index.js';
import { stopProcesses } from '../../../sandbox/stop.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { ask, contextOf, execute, remove, server, sourceOf, type Server, type TestContext } from './support.js';

let dir: string;
let at: Server;
let other: Server;
let context: TestContext;

let leader = 0;

async function start(tries = 20): Promise<Server> {
  try {
    const { pids, postgres } = await startPostgres({ dir, name: 'own', progress: () => undefined });
    leader = pids['own'] ?? 0;
    return postgres;
  } catch (error) {
    // Backends of a server that was killed hold its memory until they notice.
    if (tries === 0) throw error;
    await sleep(500);
    return start(tries - 1);
  }
}

beforeAll(async () => {
  other = await server();
  dir = await mkdtemp(join(tmpdir(), 'belay-postgres-'));
  at = await start();
  // Much more than the buffers of pipes and sockets hold: nobody reads it, so that the dump stays in the middle.
  await execute(
    at,
    'postgres',
    `CREATE TABLE wide AS SELECT n, repeat(md5(n::text), 100) AS text FROM generate_series(1, 20000) AS n`,
  );
}, SANDBOX_MS);
beforeEach(async () => {
  context = await contextOf(at);
});
afterEach(() => remove(context));
afterAll(async () => {
  await stopProcesses(dir);
  await rm(dir, { recursive: true, force: true });
});

/** Starts the dump and waits until its backend sends rows. */
async function dumpOf(taken: Capture): Promise<Pipeline> {
  const payload = taken.payloads.find(({ name }) => name === 'database.dump');
  if (!payload || !('commands' in payload.from)) throw new Error('no dump');
  const running = await startPipeline(payload.from.commands, { signal: context.signal });
  for (let tries = 0; (await copies()) === 0; tries++) {
    if (tries > 100) throw new Error('the dump does not start');
    await sleep(50);
  }
  return running;
}

const copies = async (): Promise<number> =>
  Number((await ask(at, 'postgres', `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'COPY %'`))[0]);
const ours = (): Promise<unknown[]> =>
  ask(at, 'postgres', `SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'belay %'`);

/** Arguments of all processes of this machine. */
async function allArguments(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

/** Programs that this process has started and that still run. */
async function children(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const states = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return states
    .map((text) => /^\d+ \((.*)\) (\S) (\d+)/.exec(text))
    .filter((found) => found?.[3] === String(process.pid) && found[2] !== 'Z' && found[1]?.startsWith('pg_'))
    .map((found) => found?.[1] ?? '');
}

test('the password stands in no argument, and in no file that others can read', async () => {
  const taken = await capture(sourceOf(at, 'postgres'), context);
  const running = await dumpOf(taken);
  const seen = await allArguments();
  expect(seen.filter((line) => line.includes('--snapshot='))).not.toEqual([]);
  expect(seen.filter((line) => line.includes(at.password))).toEqual([]);
  expect(JSON.stringify(taken.payloads)).not.toContain(at.password);
  const files = await readdir(context.scratch);
  expect(files).toHaveLength(1);
  for (const file of files) expect((await stat(join(context.scratch, file))).mode & 0o777).toBe(0o600);
  await running.kill();
  await taken.close();
});

test('a dump that is given up leaves no session and no process', async () => {
  const taken = await capture(sourceOf(at, 'postgres'), context);
  const running = await dumpOf(taken);
  expect((await ours()).length).toBeGreaterThan(1);
  context.control.abort(new Error('cancelled'));
  await expect(running.ended).rejects.toThrow('cancelled');
  await expect(taken.contents(true)).rejects.toThrow('cancelled');
  await taken.close();
  expect(await ours()).toEqual([]);
  expect(await children()).toEqual([]);
});

test('a dump that still runs is ended on the server', async () => {
  const taken = await capture(sourceOf(at, 'postgres'), context);
  const running = await dumpOf(taken);
  running.output.on('error', () => undefined);
  await taken.close();
  running.output.resume();
  await expect(running.ended).rejects.toMatchObject({ type: 'ProducerFailed' });
  expect(await ours()).toEqual([]);
});

test('a server that is killed in the middle of the dump', async () => {
  const taken = await capture(sourceOf(at, 'postgres'), context);
  const running = await dumpOf(taken);
  running.output.on('error', () => undefined);
  const counting = taken.contents(true);
  counting.catch(() => undefined);
  process.kill(-leader, 'SIGKILL');
  running.output.resume();
  await expect(running.ended).rejects.toMatchObject({ type: 'ProducerFailed', nonRetryable: false });
  await expect(taken.contents(true)).rejects.toMatchObject({ type: 'Unreachable', nonRetryable: false });
  await counting.catch(() => undefined);
  await taken.close();
  expect(await children()).toEqual([]);
  at = await start();
  expect(await ask(at, 'postgres', 'SELECT count(*)::int FROM wide')).toEqual([20_000]);
});

test('a snapshot whose session was ended', async () => {
  const taken = await capture(sourceOf(at, 'postgres'), context);
  await execute(
    at,
    'postgres',
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'belay %'`,
  );
  await expect(taken.contents(false)).rejects.toMatchObject({ type: 'SnapshotLost', nonRetryable: false });
  await taken.close();
  expect(await ours()).toEqual([]);
});

test('a TRUNCATE waits for the dump', async () => {
  const taken = await capture(sourceOf(at, 'postgres'), context);
  await expect(execute(at, 'postgres', `SET lock_timeout = '200ms'`, 'TRUNCATE wide')).rejects.toMatchObject({
    code: '55P03',
  });
  await taken.close();
});

test('a load balancer before two servers', async () => {
  const ports = [at.port, other.port];
  let connections = 0;
  const balancer: TcpServer = createServer((client) => {
    const port = ports[connections++ % ports.length] ?? 0;
    const upstream = dial(port, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  }).listen(0, '127.0.0.1');
  await once(balancer, 'listening');
  const { port } = balancer.address() as AddressInfo;
  // Both know the same user with the same password, as readers of one cluster do.
  try {
    await execute(at, 'postgres', `ALTER USER ${at.user} PASSWORD '${other.password}'`);
    const looking = inspect(sourceOf({ ...at, port }, 'postgres'), await contextOf(other));
    await expect(looking).rejects.toMatchObject({ type: 'PoolerBetween', nonRetryable: true });
  } finally {
    await execute({ ...at, password: other.password }, 'postgres', `ALTER USER ${at.user} PASSWORD '${at.password}'`);
    balancer.close();
  }
});
