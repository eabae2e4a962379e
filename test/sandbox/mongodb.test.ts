import { beforeAll, describe, expect, test } from '@jest/globals';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { pingMongodb } from '../../sandbox/mongodb/index.js';
import { findMongod } from '../../sandbox/mongodb/program.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';

let state: SandboxState;
beforeAll(async () => {
  state = await sandbox('mongodb');
}, SANDBOX_MS);

describe('the MongoDB of the sandbox', () => {
  test('keeps documents and indexes, and has its tools beside it', async () => {
    const { host, port, tools, server } = state.mongodb ?? { host: '', port: 0, tools: '', server: '' };
    for (const file of [server, join(tools, 'mongodump'), join(tools, 'mongorestore')]) {
      await expect(access(file, constants.X_OK)).resolves.toBeUndefined();
    }
    const client = new MongoClient(`mongodb://${host}:${port}/`);
    const collection = client.db(`sandbox_${process.pid}`).collection('things');
    await collection.insertMany([{ n: 1 }, { n: 2 }]);
    await collection.createIndex({ n: 1 }, { unique: true, name: 'n_unique' });
    expect(await collection.countDocuments({ n: { $gt: 1 } })).toBe(1);
    expect((await collection.indexes()).map((index) => index.name)).toContain('n_unique');
    await expect(collection.insertOne({ n: 2 })).rejects.toMatchObject({ code: 11_000 });
    await client.db(`sandbox_${process.pid}`).dropDatabase();
    await client.close();
  });

  test('is found to be away, and a wrong program is refused', async () => {
    await expect(pingMongodb({ host: '127.0.0.1', port: 1 })).rejects.toThrow(/ECONNREFUSED/);
    await expect(findMongod({ BELAY_MONGOD_BIN: process.execPath })).rejects.toThrow(/is not MongoDB/);
    expect(await findMongod({ PATH: '/nonexistent' })).toBeUndefined();
  });
});
