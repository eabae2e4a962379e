import { CreateMultipartUploadCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { Bucket } from '../../../activities/objectstore/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { startProxy, type Proxy } from './proxy.js';
import {
  bytesOf,
  contents,
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
let proxy: Proxy;
let name: string;
let bucket: Bucket;
let dir: string;

const bytes = bytesOf(6 * PART + 1_234);
const sum = sha256(bytes);
const options = (changes = {}) => ({ key: 'b/payload', partBytes: PART, concurrency: 2, signal: never(), ...changes });
const file = (): string => join(dir, 'staged');

beforeAll(async () => {
  store = await startStore();
  dir = await mkdtemp(join(tmpdir(), 'belay-upload-'));
}, SANDBOX_MS);
afterAll(async () => {
  store.client.destroy();
  await rm(dir, { recursive: true, force: true });
});
beforeEach(async () => {
  proxy = await startProxy(store.endpoint);
  name = await newBucket(store);
  bucket = await open(store, name, { endpoint: proxy.endpoint });
  await writeFile(file(), bytes);
});
afterEach(async () => {
  bucket.close();
  await proxy.close();
});

const sentParts = (): number => proxy.seen.filter(({ operation }) => operation === 'UploadPart').length;

/** Sends some parts, then dies: the upload stays open. */
async function cutAfter(parts: number): Promise<void> {
  let left = parts;
  proxy.fate = ({ operation }) => (operation === 'UploadPart' && left-- <= 0 ? 'cut' : 'pass');
  await expect(bucket.uploadFile(file(), sum, options({ concurrency: 1 }))).rejects.toMatchObject({
    type: 'Unreachable',
  });
  proxy.fate = () => 'pass';
  proxy.seen.length = 0;
  expect((await contents(store, name)).uploads).toEqual(['belay/b/payload']);
}

async function expectStored(): Promise<void> {
  expect(sha256(await buffer((await bucket.open('b/payload')).body))).toBe(sum);
  expect(await contents(store, name)).toEqual({ uploads: [], objects: ['belay/b/payload'] });
}

describe('uploadFile', () => {
  test('sends everything the first time', async () => {
    const result = await bucket.uploadFile(file(), sum, options());
    expect(result).toMatchObject({ bytes: bytes.length, sha256: sum, sentBytes: bytes.length });
    await expectStored();
  });

  test('goes on with what is missing, and no more', async () => {
    await cutAfter(4);
    const confirmed: number[] = [];
    const progress = (total: number): void => void confirmed.push(total);
    const result = await bucket.uploadFile(file(), sum, options({ progress }));
    expect(result.sentBytes).toBe(bytes.length - 4 * PART);
    expect(sentParts()).toBe(3);
    expect(confirmed.at(-1)).toBe(bytes.length);
    await expectStored();
  });

  test('an attempt after one that had completed sends nothing', async () => {
    await bucket.uploadFile(file(), sum, options());
    expect(await bucket.uploadFile(file(), sum, options())).toMatchObject({ sentBytes: 0, sha256: sum });
    await expectStored();
  });

  test('a small file is one request, and a repeat none', async () => {
    const small = bytesOf(10_000);
    await writeFile(file(), small);
    const first = await bucket.uploadFile(file(), sha256(small), options());
    expect(first).toMatchObject({ sentBytes: 10_000, storeChecksum: expect.stringMatching(/^SHA256-full:/) });
    expect(await bucket.uploadFile(file(), sha256(small), options())).toMatchObject({ sentBytes: 0 });
  });

  test('a stored part with other bytes is sent again', async () => {
    const upload = { Bucket: name, Key: 'belay/b/payload' };
    const { UploadId } = await store.client.send(
      new CreateMultipartUploadCommand({ ...upload, ChecksumAlgorithm: 'SHA256' }),
    );
    for (const PartNumber of [1, 2, 3]) {
      const good = bytes.subarray((PartNumber - 1) * PART, PartNumber * PART);
      const Body = PartNumber === 2 ? bytesOf(PART, 99) : good;
      await store.client.send(
        new UploadPartCommand({ ...upload, UploadId, PartNumber, Body, ChecksumAlgorithm: 'SHA256' }),
      );
    }
    const result = await bucket.uploadFile(file(), sum, options());
    expect(result.sentBytes).toBe(bytes.length - 2 * PART);
    await expectStored();
  });

  test('an open upload with parts of another size is ended and not mixed in', async () => {
    await cutAfter(2);
    const result = await bucket.uploadFile(file(), sum, options({ partBytes: PART + 1024 * 1024 }));
    expect(result.sentBytes).toBe(bytes.length);
    await expectStored();
  });

  test('of two open uploads the fuller one is gone on with, the other ended', async () => {
    await cutAfter(3);
    const upload = { Bucket: name, Key: 'belay/b/payload' };
    await store.client.send(new CreateMultipartUploadCommand({ ...upload, ChecksumAlgorithm: 'SHA256' }));
    expect((await bucket.uploadFile(file(), sum, options())).sentBytes).toBe(bytes.length - 3 * PART);
    await expectStored();
  });

  test('a file that changed since it was staged is not published', async () => {
    await cutAfter(2);
    await writeFile(file(), bytesOf(bytes.length, 2));
    await expect(bucket.uploadFile(file(), sum, options())).rejects.toMatchObject({
      type: 'Damaged',
      nonRetryable: true,
    });
    expect(await contents(store, name)).toEqual({ uploads: [], objects: [] });
  });

  test("another's object under the key is neither overwritten nor taken for ours", async () => {
    const other = bytesOf(bytes.length, 3);
    await bucket.upload(streamOf(other), options());
    await expect(bucket.uploadFile(file(), sum, options())).rejects.toMatchObject({ type: 'AlreadyPublished' });
    expect(sha256(await buffer((await bucket.open('b/payload')).body))).toBe(sha256(other));
  });

  test('an object of ours that was divided otherwise is recognised by its bytes', async () => {
    await bucket.upload(streamOf(bytes), options({ partBytes: 2 * PART }));
    expect(await bucket.uploadFile(file(), sum, options())).toMatchObject({ sentBytes: 0 });
  });

  test('two at once: both find it stored, once', async () => {
    const both = await Promise.allSettled([1, 2].map(() => bucket.uploadFile(file(), sum, options())));
    const values = both.flatMap((result) => (result.status === 'fulfilled' ? [result.value.sha256] : []));
    expect(values.length).toBeGreaterThan(0);
    expect(new Set(values)).toEqual(new Set([sum]));
    // Whoever lost its upload to the other may try again, and then finds it done.
    expect(await bucket.uploadFile(file(), sum, options())).toMatchObject({ sentBytes: 0 });
    await expectStored();
  });

  test('an abort keeps the upload for the next attempt', async () => {
    const control = new AbortController();
    const progress = (total: number): void => {
      if (total >= 2 * PART) control.abort(new Error('worker shuts down'));
    };
    const uploading = bucket.uploadFile(file(), sum, options({ signal: control.signal, progress, concurrency: 1 }));
    await expect(uploading).rejects.toThrow('worker shuts down');
    const result = await bucket.uploadFile(file(), sum, options());
    expect(result.sentBytes).toBeLessThanOrEqual(bytes.length - 2 * PART);
    await expectStored();
  });

  test('a file that is not there', async () => {
    await expect(bucket.uploadFile(join(dir, 'gone'), sum, options())).rejects.toMatchObject({ type: 'NotFound' });
  });
});
