import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postgresEngine } from '../../../activities/postgres/index.js';
import { compareContents } from '../../../activities/backup/compare.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { contextOf, execute, recreate, remove, server, SHOP, sourceOf, store, type Server } from './support.js';

const DATABASE = 'round_trip';

let at: Server;

beforeAll(async () => {
  at = await server();
  await recreate(at, DATABASE);
  await execute(at, DATABASE, ...SHOP);
}, SANDBOX_MS);
afterAll(() => execute(at, 'postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`));

test('a look at the source finds versions, size and identity', async () => {
  const context = await contextOf(at);
  const facts = await postgresEngine.inspect(sourceOf(at, DATABASE), context);
  expect(facts.identity).toMatch(/^\d{10,}\/round_trip$/);
  expect(facts.estimatedBytes).toBeGreaterThan(1_000_000);
  expect(Object.keys(facts.tools)).toEqual(['pg_dump', 'pg_dumpall', 'pg_restore', 'postgres']);
  await remove(context);
});

test('dump, read through, restore, compare, examine, ask', async () => {
  const context = await contextOf(at);
  const smoke = [
    { name: 'customers', query: 'SELECT count(*) FROM customers', equals: 2000 },
    { name: 'too many', query: 'SELECT count(*) FROM "Odd Orders"', max: 10 },
  ];
  const source = sourceOf(at, DATABASE, { smoke, excludeTables: ['other.noise'] });
  const capture = await postgresEngine.capture(source, context);
  expect(capture.recoveryPoint.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  expect(capture.recoveryPoint.position).toMatch(/^[\dA-F]+\/[\dA-F]+$/);
  const files = await store(capture, context);
  const contents = await capture.contents(true);
  await capture.close();
  expect(contents.items.map(({ name, rows }) => [name, rows])).toEqual([
    ['large objects', 1],
    ['public.child', 1],
    ['public.customers', 2000],
    ['public.nothing', 0],
    ['public.orders_2025', 213],
    ['public.orders_2026', 187],
    ['public.parent', 1],
  ]);
  expect(capture.excluded.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['other.noise', 'public.totals', 'public.scratchpad', 'passwords of roles']),
  );
  expect(contents.facts).toMatchObject({
    'relations of kind p': '1',
    'sequence public.customers_id_seq': 'not behind the snapshot',
  });

  expect(await postgresEngine.readThrough(source, files, context)).toEqual([]);
  const rehearsal = await postgresEngine.rehearse(source, files, context);
  try {
    expect(compareContents(contents, await rehearsal.contents(true), true)).toEqual([]);
    expect(await rehearsal.examine()).toEqual([]);
    expect(compareContents(contents, await rehearsal.contents(true), true)).toEqual([]);
    expect(await rehearsal.smoke()).toEqual(['too many: at most 10 is expected, but the answer is "400"']);
    expect(rehearsal.timings).toMatchObject({ restore: expect.any(Number), analyze: expect.any(Number) });
  } finally {
    await rehearsal.close();
  }
  await remove(context);
});
