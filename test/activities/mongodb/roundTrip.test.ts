import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { compareContents } from '../../../activities/backup/compare.js';
import { mongodbEngine as engine } from '../../../activities/mongodb/index.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { backedUp, contextOf, seeded, sourceOf, world, type World } from './support.js';

let where: World;
beforeAll(async () => {
  where = await world();
}, SANDBOX_MS);
afterAll(() => where.client.close());

describe('a MongoDB database', () => {
  test('is dumped, read through, restored into a throwaway server, and is equal there', async () => {
    const db = await seeded(where, 2_500);
    const smoke = [
      { name: 'all orders', query: '{"count":"orders"}', equals: 2_500 },
      { name: 'sum', query: '{"aggregate":"orders","pipeline":[{"$group":{"_id":null,"n":{"$sum":"$n"}}}]}', min: 1 },
      { name: 'too many', query: '{"count":"people"}', min: 3 },
      { name: 'writes', query: '{"insert":"people","documents":[{}]}' },
    ];
    const source = sourceOf(where, db, { smoke });
    const context = await contextOf();
    const facts = await engine.inspect(source, context);
    expect(facts).toMatchObject({ identity: `${where.host}:${where.port}/${db.databaseName}` });
    expect(facts.estimatedBytes).toBeGreaterThan(100_000);
    expect(facts.tools).toEqual({
      mongodump: expect.stringMatching(/^100\./),
      mongorestore: expect.stringMatching(/^100\./),
    });
    const { files, contents, excluded } = await backedUp(source, context);
    expect(excluded).toEqual([]);
    expect(contents.items.map(({ name, rows }) => [name, rows])).toEqual([
      ['empty', 0],
      ['orders', 2_500],
      ['people', 2],
    ]);
    expect(contents.facts['index orders.n_unique']).toContain('"unique":true');
    expect(await engine.readThrough(source, files, context)).toEqual([]);
    const rehearsal = await engine.rehearse(source, files, context);
    expect(compareContents(contents, await rehearsal.contents(true), true)).toEqual([]);
    expect(await rehearsal.examine()).toEqual([]);
    expect(await rehearsal.smoke()).toEqual([
      expect.stringContaining('too many: at least 3 is expected'),
      expect.stringContaining('writes: must be a command that begins with aggregate'),
    ]);
    await rehearsal.close();
    expect(await readdir(join(String(process.env['BELAY_SCRATCH']), 't'))).toEqual([]);
  }, 120_000);

  test('is restored beside the live one, tagged, never over another, and dropped only when it is ours', async () => {
    const db = await seeded(where);
    const source = sourceOf(where, db);
    const context = await contextOf();
    const { files, contents } = await backedUp(source, context);
    const into = `${db.databaseName}_copy`;
    expect(await engine.inspectRestore?.(source, into, 1_000, context)).toMatchObject({
      problems: [],
      liveName: db.databaseName,
    });
    for (const attempt of [1, 2]) {
      const copy = await engine.restore?.(source, files, into, context);
      const restored = (await copy?.contents(true)) ?? { items: [], facts: {} };
      expect([attempt, compareContents(contents, restored, true)]).toEqual([attempt, []]);
      await copy?.close();
    }
    const other = await contextOf();
    expect((await engine.inspectRestore?.(source, into, 1_000, other))?.problems).toEqual([
      expect.stringContaining('exists already'),
    ]);
    await expect(engine.restore?.(source, files, into, other)).rejects.toMatchObject({ type: 'NameTaken' });
    await expect(engine.restore?.(source, files, db.databaseName, context)).rejects.toMatchObject({
      type: 'NameTaken',
    });
    await expect(engine.restore?.(source, files, 'a.b', context)).rejects.toMatchObject({ type: 'Unsupported' });
    await expect(engine.drop?.(source, db.databaseName, context)).rejects.toMatchObject({ type: 'NotOurs' });
    const foreign = await seeded(where, 3);
    await expect(engine.drop?.(source, foreign.databaseName, context)).rejects.toMatchObject({ type: 'NotOurs' });
    expect(await foreign.collection('orders').countDocuments()).toBe(3);
    expect(await engine.drop?.(source, into, context)).toBe(true);
    expect(await engine.drop?.(source, into, context)).toBe(false);
    expect(await db.collection('orders').countDocuments()).toBe(500);
    expect(Object.keys(engine)).not.toContain('swap');
    expect(engine.noSwap).toContain('cannot rename');
  }, 120_000);

  test('that is written to meanwhile is not said to be equal, and not called damaged either', async () => {
    const db = await seeded(where);
    const source = sourceOf(where, db);
    const context = await contextOf();
    const { files, contents, excluded } = await backedUp(source, context, async () => {
      await db.collection('orders').insertMany([{ n: 10_000 }, { n: 10_001 }]);
    });
    expect(contents.items.find(({ name }) => name === 'orders')).toEqual({ name: 'orders', rows: 400, maxRows: 602 });
    expect(contents.items.find(({ name }) => name === 'people')?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(excluded).toEqual([
      { name: 'content of orders', why: expect.stringContaining('written to while it was dumped') },
    ]);
    const rehearsal = await engine.rehearse(source, files, context);
    expect(compareContents(contents, await rehearsal.contents(true), true)).toEqual([]);
    await rehearsal.close();
    const removed = backedUp(source, await contextOf(), async () => void (await db.collection('people').drop()));
    await expect(removed).rejects.toMatchObject({ type: 'SnapshotLost', nonRetryable: false });
  }, 120_000);
});
