import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { checkPostgres, startPostgres } from '../../sandbox/postgres/index.js';
import { stopProcesses } from '../../sandbox/stop.js';
import { SANDBOX_MS } from '../setup/sandbox.js';

type Postgres = NonNullable<SandboxState['postgres']>;

let dir: string;
let postgres: Postgres;

const start = async (): Promise<Postgres> => (await startPostgres({ dir, progress: () => undefined })).postgres;

async function ask(query: string, overrides: ClientConfig = {}): Promise<unknown> {
  const { host, port, user, password } = postgres;
  const client = new Client({ host, port, user, password, database: 'postgres', ...overrides });
  await client.connect();
  try {
    return ((await client.query({ text: query, rowMode: 'array' })).rows[0] as unknown[])[0];
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-postgres-'));
  postgres = await start();
}, SANDBOX_MS);
afterAll(async () => {
  await stopProcesses(dir);
  await rm(dir, { recursive: true, force: true });
});

test('the server has what backups need', async () => {
  expect(await ask('SHOW data_checksums')).toBe('on');
  expect(await ask('SHOW wal_level')).toBe('logical');
  expect(await ask('SHOW server_encoding')).toBe('UTF8');
  expect(Number(await ask('SHOW server_version_num'))).toBeGreaterThanOrEqual(150_000);
});

test('nobody enters without the password', async () => {
  await expect(ask('SELECT 1', { password: 'a wrong one' })).rejects.toMatchObject({ code: '28P01' });
});

test('it stops at once though a client is connected, and starts again with its data', async () => {
  await ask('CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer').catch(() => undefined);
  const { host, port, user, password } = postgres;
  const idle = new Client({ host, port, user, password, database: 'postgres' });
  idle.on('error', () => undefined);
  await idle.connect();
  const since = Date.now();
  expect(await stopProcesses(dir)).toEqual(['postgres']);
  expect(Date.now() - since).toBeLessThan(4_500);
  await expect(checkPostgres(postgres)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  postgres = await start();
  expect(postgres.password).toBe(password);
  expect(await ask('SELECT answer FROM kept')).toBe(42);
});
