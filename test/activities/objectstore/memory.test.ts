import { beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../sandbox/kit/paths.js';
import { built } from '../../client/cli.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { MIB, newBucket, refTo, startStore, type Store } from './support.js';

let store: Store;

beforeAll(async () => {
  store = await startStore();
  await built();
}, SANDBOX_MS);

/** Peak growth in bytes of a process of its own that uploads so many MiB in parts of 8 MiB, 4 at a time. */
async function growth(bucket: string, mib: number): Promise<number> {
  const file = join(projectRoot(), 'dist', 'test', 'activities', 'objectstore', 'appetite.js');
  const args = [file, JSON.stringify(refTo(store, bucket)), String(mib), '8', '4'];
  const env = { ...store.env, PATH: process.env['PATH'] };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, timeout: 100_000 });
  const { bytes, grown } = JSON.parse(stdout) as { bytes: number; grown: number };
  expect(bytes).toBe(mib * MIB);
  return grown;
}

test('memory is bounded by the parts in flight, whatever the size', async () => {
  const bucket = await newBucket(store);
  const [small, large] = [await growth(bucket, 100), await growth(bucket, 400)];
  expect(large).toBeLessThan(8 * MIB * (4 + 2) + 60 * MIB);
  expect(large - small).toBeLessThan(40 * MIB);
});
