import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../sandbox/kit/ports.js';
import { inspect } from '../../../activities/postgres/inspect.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { contextOf, execute, recreate, remove, server, sourceOf, type Server, type TestContext } from './support.js';

const DATABASE = 'failing_shop';
const READER = 'failing_reader';

let at: Server;
let context: TestContext;
let dir: string;

beforeAll(async () => {
  at = await server();
  context = await contextOf(at);
  dir = await mkdtemp(join(tmpdir(), 'belay-programs-'));
  await recreate(at, DATABASE);
  await execute(
    at,
    DATABASE,
    `DO $$ BEGIN CREATE ROLE ${READER} LOGIN PASSWORD 'reader-secret'; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    'CREATE TABLE open_table (a int)',
    'CREATE TABLE closed_table (a int)',
    'CREATE TABLE partly (a int)',
    'ALTER TABLE partly ENABLE ROW LEVEL SECURITY',
    `GRANT SELECT ON open_table, partly TO ${READER}`,
    'CREATE SCHEMA hidden',
    'CREATE TABLE hidden.table (a int)',
  );
}, SANDBOX_MS);
afterAll(async () => {
  await execute(at, 'postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`, `DROP ROLE IF EXISTS ${READER}`);
  await remove(context);
  await rm(dir, { recursive: true, force: true });
});

/** The same context, with another value behind `env:PASSWORD`. */
const withPassword = (password: string): TestContext => ({ ...context, secrets: { resolve: async () => password } });

describe('a look at the source fails with cause and cure', () => {
  test('wrong password', async () => {
    const looking = inspect(sourceOf(at, DATABASE), withPassword('not the password'));
    await expect(looking).rejects.toMatchObject({ type: 'WrongPassword', nonRetryable: true });
    await expect(looking).rejects.not.toThrow(/not the password/);
  });
  test('no password', async () => {
    const looking = inspect(sourceOf(at, DATABASE, { password: undefined }), context);
    await expect(looking).rejects.toMatchObject({ type: 'WrongPassword', nonRetryable: true });
  });
  test('no such database', async () => {
    const looking = inspect(sourceOf(at, 'nowhere'), context);
    await expect(looking).rejects.toMatchObject({ type: 'NotFound', message: expect.stringContaining('nowhere') });
  });
  test('nobody listens', async () => {
    const looking = inspect(sourceOf({ ...at, port: await freePort() }, DATABASE), context);
    await expect(looking).rejects.toMatchObject({ type: 'Unreachable', nonRetryable: false });
  });
  test('no encryption where it is asked for', async () => {
    const looking = inspect(sourceOf(at, DATABASE, { sslMode: 'require' }), context);
    await expect(looking).rejects.toMatchObject({ type: 'Unsupported', message: expect.stringContaining('sslMode') });
  });
  test('missing privileges, all of them named', async () => {
    const looking = inspect(sourceOf(at, DATABASE, { user: READER }), withPassword('reader-secret'));
    await expect(looking).rejects.toMatchObject({ type: 'Forbidden', nonRetryable: true });
    await expect(looking).rejects.toThrow(
      'hidden.table lacks USAGE on its schema; public.closed_table lacks SELECT; public.partly lacks BYPASSRLS',
    );
  });
  test('enough privileges for a reader of everything', async () => {
    await execute(at, DATABASE, `GRANT pg_read_all_data TO ${READER}`, `ALTER ROLE ${READER} BYPASSRLS`);
    const facts = await inspect(sourceOf(at, DATABASE, { user: READER }), withPassword('reader-secret'));
    expect(facts.identity).toMatch(/failing_shop$/);
  });
});

test('a client program that is older than the server', async () => {
  const old = join(dir, 'pg_dump');
  await writeFile(old, '#!/bin/sh\necho "pg_dump (PostgreSQL) 12.3"\n');
  await chmod(old, 0o755);
  process.env['BELAY_PG_DUMP_BIN'] = old;
  try {
    const looking = inspect(sourceOf(at, DATABASE), context);
    await expect(looking).rejects.toMatchObject({ type: 'VersionMismatch', nonRetryable: true });
    await expect(looking).rejects.toThrow(/pg_dump is version 12\.3, the server 1[5-9]\.\d+/);
  } finally {
    delete process.env['BELAY_PG_DUMP_BIN'];
  }
});
