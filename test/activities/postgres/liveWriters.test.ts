import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compareContents } from '../../../activities/backup/compare.js';
import { capture } from '../../../activities/postgres/capture.js';
import { rehearse } from '../../../activities/postgres/rehearse.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { ask, connect, contextOf, execute, recreate, remove, server, sourceOf, store, type Server } from './support.js';

const DATABASE = 'busy_shop';
const RUNS = Number(process.env['BELAY_LIVE_WRITER_RUNS'] ?? 3);

let at: Server;

beforeAll(async () => {
  at = await server();
  await recreate(at, DATABASE);
  await execute(
    at,
    DATABASE,
    'CREATE TABLE accounts (id bigserial PRIMARY KEY, owner text NOT NULL, balance numeric NOT NULL DEFAULT 0)',
    'CREATE TABLE history (account bigint NOT NULL, delta int, at timestamptz DEFAULT clock_timestamp()) PARTITION BY HASH (account)',
    'CREATE TABLE history_0 PARTITION OF history FOR VALUES WITH (MODULUS 2, REMAINDER 0)',
    'CREATE TABLE history_1 PARTITION OF history FOR VALUES WITH (MODULUS 2, REMAINDER 1)',
    `INSERT INTO accounts (owner) SELECT md5(n::text) FROM generate_series(1, 40000) AS n`,
    `INSERT INTO history (account, delta) SELECT n, n % 100 FROM generate_series(1, 40000) AS n`,
  );
}, SANDBOX_MS);
afterAll(() => execute(at, 'postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`));

/** Inserts, updates and deletes on one connection until told to stop. Gives the number of transactions. */
async function write(stop: AbortSignal): Promise<number> {
  const client = await connect(at, DATABASE);
  let done = 0;
  for (; !stop.aborted; done++) {
    const account = 1 + Math.floor(Math.random() * 40_000);
    await client.query('BEGIN');
    await client.query('UPDATE accounts SET balance = balance + 1 WHERE id = $1', [account]);
    await client.query('INSERT INTO history (account, delta) VALUES ($1, 1)', [account]);
    await client.query('INSERT INTO accounts (owner) VALUES ($1)', [`new ${done}`]);
    if (done % 3 === 0) await client.query('DELETE FROM history WHERE account = $1', [account]);
    await client.query(done % 10 === 9 ? 'ROLLBACK' : 'COMMIT');
  }
  await client.end();
  return done;
}

test(
  `what is counted is what is dumped, with two writers, ${RUNS} times`,
  async () => {
    for (let run = 0; run < RUNS; run++) {
      const context = await contextOf(at);
      const source = sourceOf(at, DATABASE);
      const stop = new AbortController();
      const writers = [write(stop.signal), write(stop.signal)];
      const taken = await capture(source, context);
      const [files, contents] = await Promise.all([store(taken, context), taken.contents(true)]);
      await taken.close();
      const [rows] = (await ask(at, DATABASE, 'SELECT count(*)::int FROM accounts')) as number[];
      stop.abort();
      const transactions = (await Promise.all(writers)).reduce((sum, one) => sum + one);
      // The writers were at work: a count of a moment later is another one.
      expect(transactions).toBeGreaterThan(20);
      expect(contents.items.find(({ name }) => name === 'public.accounts')?.rows).toBeLessThan(rows ?? 0);

      const rehearsal = await rehearse(source, files, context);
      try {
        expect(compareContents(contents, await rehearsal.contents(true), true)).toEqual([]);
      } finally {
        await rehearsal.close();
        await remove(context);
      }
    }
  },
  60_000 + RUNS * 30_000,
);
