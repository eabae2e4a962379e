import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { compareContents } from '../../../activities/backup/compare.js';
import type { Contents, Files } from '../../../activities/backup/engine.js';
import { capture } from '../../../activities/postgres/capture.js';
import { drop } from '../../../activities/postgres/live/drop.js';
import { inspectRestore } from '../../../activities/postgres/live/inspectRestore.js';
import { restore } from '../../../activities/postgres/live/restore.js';
import { swap, swapBack } from '../../../activities/postgres/live/swap.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { ask, connect, contextOf, execute, recreate, remove, server, SHOP, sourceOf, store } from './support.js';
import type { PostgresSource, Server, TestContext } from './support.js';

const LIVE = 'live_shop';
const NEW = 'live_shop_restore';
const KEPT = 'live_shop_before';
let at: Server;
let source: PostgresSource;
let context: TestContext;
let files: Files;
let contents: Contents;

const dropAll = async (): Promise<void> => {
  for (const name of [LIVE, NEW, KEPT]) await execute(at, 'postgres', `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
};
const databases = (): Promise<unknown[]> =>
  ask(at, 'postgres', `SELECT datname FROM pg_database WHERE datname LIKE 'live_shop%' AND datallowconn ORDER BY 1`);
const customers = (database: string): Promise<unknown[]> => ask(at, database, 'SELECT count(*)::int FROM customers');
const comment = (database: string): Promise<unknown[]> =>
  ask(at, 'postgres', `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '${database}'`);

beforeAll(async () => {
  at = await server();
  source = sourceOf(at, LIVE);
}, SANDBOX_MS);
beforeEach(async () => {
  context = await contextOf(at, 'restore/shop');
  await dropAll();
  await recreate(at, LIVE);
  await execute(
    at,
    LIVE,
    ...SHOP,
    `DO $$ BEGIN CREATE ROLE live_app; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    `GRANT SELECT ON customers TO live_app`,
    `ALTER TABLE other.noise OWNER TO live_app`,
    `REVOKE CONNECT ON DATABASE ${LIVE} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${LIVE} TO live_app`,
    `ALTER DATABASE ${LIVE} SET search_path TO "$user", public, other`,
    `ALTER DATABASE ${LIVE} SET shop.greeting TO 'it''s me'`,
    `ALTER ROLE live_app IN DATABASE ${LIVE} SET work_mem TO '8MB'`,
    `COMMENT ON DATABASE ${LIVE} IS 'the shop''s own'`,
  );
  const taken = await capture(source, context);
  files = await store(taken, context);
  contents = await taken.contents(true);
  await taken.close();
  await execute(at, LIVE, `INSERT INTO customers (t) VALUES ('came after the backup')`);
});
afterEach(() => remove(context));
afterAll(async () => {
  await dropAll();
  await execute(at, 'postgres', 'DROP ROLE IF EXISTS live_app');
});

async function restored(): Promise<void> {
  const copy = await restore(source, files, NEW, context);
  expect(compareContents(contents, await copy.contents(true), true)).toEqual([]);
  await copy.close();
}

test('a restore stands beside the live data, tagged, with owners, rights and settings', async () => {
  expect(await inspectRestore(source, NEW, 5_000_000, context)).toMatchObject({ problems: [], liveName: LIVE });
  await restored();
  expect(await comment(NEW)).toEqual(['belay: restore/shop r1 restored']);
  expect(await customers(NEW)).toEqual([2000]);
  expect(await customers(LIVE)).toEqual([2001]);
  expect(await ask(at, NEW, `SELECT tableowner FROM pg_tables WHERE tablename = 'noise'`)).toEqual(['live_app']);
  expect(await ask(at, NEW, `SELECT has_table_privilege('live_app', 'customers', 'SELECT')`)).toEqual([true]);
  expect(await ask(at, NEW, 'SHOW search_path')).toEqual(['"$user", public, other']);
  expect(await ask(at, NEW, 'SHOW shop.greeting')).toEqual([`it's me`]);
  const settings = `SELECT setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase AND setrole <> 0 WHERE datname = '${NEW}'`;
  expect(await ask(at, 'postgres', settings)).toEqual(['{work_mem=8MB}']);
  const acl = (name: string) =>
    ask(
      at,
      'postgres',
      `SELECT a.grantee::regrole::text || ' ' || privilege_type FROM pg_database d, aclexplode(datacl) a WHERE datname = '${name}' ORDER BY 1`,
    );
  expect(await acl(NEW)).toEqual(await acl(LIVE));
});

test('a repeat by the same run starts over; another run, and a foreign database, are refused', async () => {
  await restored();
  await execute(at, NEW, 'DELETE FROM "Odd Orders"');
  await restored();
  const other = await contextOf(at, 'restore/another');
  await expect(restore(source, files, NEW, other)).rejects.toMatchObject({ type: 'NameTaken', nonRetryable: true });
  expect((await inspectRestore(source, NEW, 1, other)).problems).toEqual([
    `database ${NEW} exists already, of the run restore/shop r1`,
  ]);
  await expect(drop(source, NEW, other)).rejects.toMatchObject({ type: 'NotOurs' });
  await expect(restore(source, files, LIVE, context)).rejects.toMatchObject({ type: 'NameTaken' });
  await remove(other);
});

test('a later run of the same workflow takes what an earlier one left half-way, not what it finished', async () => {
  await restored();
  const later = { ...context, run: { ...context.run, runId: 'r2' } };
  await expect(restore(source, files, NEW, later)).rejects.toMatchObject({ type: 'NameTaken' });
  await expect(drop(source, NEW, later)).rejects.toMatchObject({ type: 'NotOurs' });
  await execute(at, 'postgres', `COMMENT ON DATABASE ${NEW} IS 'belay: restore/shop r1 restoring'`);
  expect(await drop(source, NEW, later)).toBe(true);
});

test('swap and swap back, each twice, with a client that will not go', async () => {
  await restored();
  const busy = await connect(at, LIVE);
  await swap(source, NEW, KEPT, context);
  await expect(busy.query('SELECT 1')).rejects.toThrow(/terminat|closed|not queryable/i);
  expect(await databases()).toEqual([LIVE, KEPT]);
  expect(await customers(LIVE)).toEqual([2000]);
  expect(await customers(KEPT)).toEqual([2001]);
  expect(await comment(LIVE)).toEqual([`the shop's own`]);
  expect(await comment(KEPT)).toEqual([`belay: restore/shop r1 kept\nthe shop's own`]);
  expect(await swap(source, NEW, KEPT, context)).toEqual({ live: LIVE });
  expect(await customers(LIVE)).toEqual([2000]);

  await swapBack(source, NEW, KEPT, context);
  await swapBack(source, NEW, KEPT, context);
  expect(await databases()).toEqual([LIVE, NEW]);
  expect(await customers(LIVE)).toEqual([2001]);
  expect(await comment(LIVE)).toEqual([`the shop's own`]);
  expect(await comment(NEW)).toEqual(['belay: restore/shop r1 restored']);
  expect(await drop(source, NEW, context)).toBe(true);
  expect(await drop(source, NEW, context)).toBe(false);
  expect(await databases()).toEqual([LIVE]);
});

test('after a swap the kept copy can be dropped, the live one never', async () => {
  await restored();
  await swap(source, NEW, KEPT, context);
  await expect(drop(source, LIVE, context)).rejects.toMatchObject({ type: 'NotOurs' });
  expect(await drop(source, KEPT, context)).toBe(true);
  expect(await databases()).toEqual([LIVE]);
});

test('databases without our tag are neither dropped nor swapped in', async () => {
  await recreate(at, NEW);
  await expect(drop(source, NEW, context)).rejects.toMatchObject({ type: 'NotOurs', nonRetryable: true });
  await expect(swap(source, NEW, KEPT, context)).rejects.toMatchObject({ type: 'NotOurs' });
  await expect(swap(source, 'live_shop_nowhere', KEPT, context)).rejects.toMatchObject({ type: 'NotFound' });
  expect(await databases()).toEqual([LIVE, NEW]);
  expect(await customers(LIVE)).toEqual([2001]);
});

test('a swap that cannot be done leaves the live database open', async () => {
  await restored();
  // A prepared transaction would keep the database from being renamed; so does a slot's sender. Here the name is taken.
  await recreate(at, KEPT);
  await expect(swap(source, NEW, KEPT, context)).rejects.toMatchObject({ type: 'NameTaken' });
  expect(await databases()).toEqual([LIVE, KEPT, NEW]);
});

test('what an attempt closed before it was cut off is opened by swapBack', async () => {
  await restored();
  await execute(at, 'postgres', `ALTER DATABASE ${LIVE} ALLOW_CONNECTIONS false`);
  await swapBack(source, NEW, KEPT, context);
  expect(await customers(LIVE)).toEqual([2001]);
});
