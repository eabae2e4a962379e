import { beforeAll, expect, test } from '@jest/globals';
import { deploy, sandbox, SANDBOX_MS } from '../../support.js';
import { close, intercepted, keysOf, take, world } from './support.js';

beforeAll(async () => {
  await sandbox('kubernetes');
}, SANDBOX_MS);

test('200 objects are saved with few calls', async () => {
  const where = await world({});
  const names = Array.from({ length: 200 }, (_, index) => `w-${index}`);
  for (let at = 0; at < names.length; at += 20)
    await Promise.all(names.slice(at, at + 20).map((name) => deploy(where, { name, replicas: 0 })));
  let calls = 0;
  const counted = intercepted(where, () => void calls++);
  for (const id of ['first', 'second', 'third']) {
    const taken = await take(counted, id, keysOf(...names));
    expect(taken).toMatchObject({ adopted: false, warnings: [] });
    expect(taken.objects).toHaveLength(200);
    await close(where, id);
  }
  // What it takes in seconds is measured in bench/emergency.
  expect(calls).toBeLessThan(3 * 30);
}, 300_000);
