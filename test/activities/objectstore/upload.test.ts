import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Bucket } from '../../../activities/objectstore/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import {
  bytesOf,
  contents,
  MIB,
  never,
  newBucket,
  open,
  PART,
  sha256,
  startStore,
  streamOf,
  type Store,
} from './support.js';

let store: Store;
let name: string;
let bucket: Bucket;

beforeAll(async () => {
  store = await startStore();
  name = await newBucket(store);
  bucket = await open(store, name);
}, SANDBOX_MS);
afterAll(() => {
  bucket.close();
  store.client.destroy();
});

const stored = async (key: string, versionId?: string): Promise<Buffer> =>
  buffer((await bucket.open(key, versionId)).body);

describe('upload', () => {
  test.each([
    ['nothing', 0],
    ['one byte', 1],
    ['one less than a part', PART - 1],
    ['exactly one part', PART],
    ['two parts', 2 * PART],
    ['three parts and a bit', 3 * PART + 17],
  ])('%s comes back as it was', async (title, length) => {
    const key = `sizes/${title.replaceAll(' ', '-')}`;
    const bytes = bytesOf(length);
    const confirmed: number[] = [];
    const result = await bucket.upload(streamOf(bytes), {
      ...{ key, partBytes: PART, concurrency: 2, signal: never(), progress: (sum) => confirmed.push(sum) },
    });
    expect(result).toMatchObject({ key, bytes: length, sha256: sha256(bytes), partBytes: PART });
    expect(result.storeChecksum).toMatch(
      length < PART ? /^SHA256-full:/ : new RegExp(`^SHA256-composite:.*-${Math.ceil(length / PART)}$`),
    );
    expect(confirmed.at(-1)).toBe(length);
    expect((await stored(key)).equals(bytes)).toBe(true);
    expect((await contents(store, name)).uploads).toEqual([]);
  });

  test('a source that fails leaves neither object nor open upload, and its own error is told', async () => {
    for (const after of [1_000, PART + 1_000, 3 * PART]) {
      const body = Readable.from(
        (async function* () {
          yield bytesOf(after);
          throw new Error('the producer died');
        })(),
      );
      const uploading = bucket.upload(body, { key: `failed/${after}`, partBytes: PART, signal: never() });
      await expect(uploading).rejects.toThrow('the producer died');
    }
    const left = await contents(store, name);
    expect(left.uploads).toEqual([]);
    expect(left.objects.filter((key) => key.includes('failed'))).toEqual([]);
  });

  test('a source that closes before its end is a failure', async () => {
    const body = new Readable({ read: () => undefined });
    body.push(bytesOf(PART + 5));
    setTimeout(() => body.destroy(), 200);
    await expect(bucket.upload(body, { key: 'closed', partBytes: PART, signal: never() })).rejects.toThrow(
      /premature/i,
    );
    expect(await contents(store, name)).toMatchObject({ uploads: [] });
    expect(await bucket.head('closed')).toBeUndefined();
  });

  test.each([
    ['before the first byte', 0],
    ['between parts', PART + 10],
  ])('an abort %s ends the source and the upload', async (_title, length) => {
    const body = new Readable({ read: () => undefined });
    body.push(bytesOf(length));
    const control = new AbortController();
    setTimeout(() => control.abort(new Error('cancelled')), 300);
    const uploading = bucket.upload(body, { key: 'aborted', partBytes: PART, signal: control.signal });
    await expect(uploading).rejects.toThrow('cancelled');
    expect(body.destroyed).toBe(true);
    expect(await contents(store, name)).toMatchObject({ uploads: [] });
    expect(await bucket.head('aborted')).toBeUndefined();
  });

  test('of two uploads of a key at once one wins, the other says so', async () => {
    for (const length of [1_000, 2 * PART]) {
      const key = `race/${length}`;
      const both = await Promise.allSettled(
        [1, 2].map((seed) => bucket.upload(streamOf(bytesOf(length, seed)), { key, partBytes: PART, signal: never() })),
      );
      const won = both.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      const lost = both.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
      expect(won).toHaveLength(1);
      expect(lost).toMatchObject([{ type: 'AlreadyPublished', nonRetryable: true }]);
      expect(sha256(await stored(key))).toBe(won[0]?.sha256);
    }
    expect((await contents(store, name)).uploads).toEqual([]);
  });

  test('a key that is taken is not overwritten', async () => {
    await bucket.create('taken', 'first', 'text/plain');
    const uploading = bucket.upload(streamOf(bytesOf(PART)), { key: 'taken', partBytes: PART, signal: never() });
    await expect(uploading).rejects.toMatchObject({ type: 'AlreadyPublished' });
    expect((await stored('taken')).toString()).toBe('first');
  });

  test.each([4 * MIB, 5.5, 6 * 1024 * MIB])('parts of %s bytes are refused', async (partBytes) => {
    const body = streamOf(bytesOf(10));
    await expect(bucket.upload(body, { key: 'x', partBytes, signal: never() })).rejects.toMatchObject({
      type: 'Unsupported',
    });
    expect(body.destroyed).toBe(true);
  });

  test.each(['', '/a', 'a//b', 'a/../b', 'a/'])('the key "%s" is refused', async (key) => {
    await expect(bucket.upload(streamOf(bytesOf(1)), { key, partBytes: PART, signal: never() })).rejects.toMatchObject({
      type: 'Unsupported',
    });
  });
});
