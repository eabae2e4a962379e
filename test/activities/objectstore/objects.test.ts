import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bucket } from '../../../activities/objectstore/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { bytesOf, contents, never, newBucket, open, PART, startStore, streamOf, type Store } from './support.js';

let store: Store;
let name: string;
let bucket: Bucket;

beforeAll(async () => {
  store = await startStore();
}, SANDBOX_MS);
afterAll(() => store.client.destroy());
beforeEach(async () => {
  bucket?.close();
  name = await newBucket(store);
  bucket = await open(store, name);
});

const create = (key: string, body = key) => bucket.create(key, body, 'text/plain');

describe('objects', () => {
  test('create, read, head; what is not there is undefined', async () => {
    expect(await create('a/manifest.json', 'text ü')).toBe('created');
    expect(await create('a/manifest.json', 'other')).toBe('exists');
    expect((await bucket.read('a/manifest.json'))?.toString()).toBe('text ü');
    expect(await bucket.head('a/manifest.json')).toMatchObject({ bytes: 7, modified: expect.any(Date) });
    expect(await bucket.read('a/nothing')).toBeUndefined();
    expect(await bucket.head('a/nothing')).toBeUndefined();
    await expect(bucket.open('a/nothing')).rejects.toMatchObject({ type: 'NotFound' });
    expect(bucket.reference('a/manifest.json')).toBe(`s3://${name}/belay/a/manifest.json`);
  });

  test('an object that is too big to be what is looked for is not read into memory', async () => {
    await create('big', 'x'.repeat(2_000));
    await expect(bucket.read('big', 1_000)).rejects.toMatchObject({ type: 'Damaged' });
  });

  test('a listing has every page and nothing of a neighbour', async () => {
    const keys = Array.from({ length: 1_050 }, (_, index) => `db/${String(index).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 50) await Promise.all(keys.slice(at, at + 50).map((key) => create(key)));
    await create('db2/other');
    const found = await bucket.list('db');
    expect(found.map(({ key }) => key).toSorted()).toEqual(keys);
    expect(await bucket.listFolders('')).toEqual(['db', 'db2']);
    expect(await bucket.listFolders('db')).toEqual([]);
    expect(await bucket.list('none')).toEqual([]);
    expect(await bucket.list('')).toHaveLength(1_051);
  });

  test('open uploads are ended below the folder only', async () => {
    for (const key of ['db/a1/x', 'db/a1/y', 'db/a2/z', 'db2/a1/x']) {
      const upload = { Bucket: name, Key: `belay/${key}` };
      const { UploadId } = await store.client.send(new CreateMultipartUploadCommand(upload));
      await store.client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: bytesOf(1_000) }));
    }
    expect((await bucket.abortUploads('db/a1')).toSorted()).toEqual(['db/a1/x', 'db/a1/y']);
    expect(await bucket.abortUploads('db')).toEqual(['db/a2/z']);
    expect((await contents(store, name)).uploads).toEqual(['belay/db2/a1/x']);
    expect(await bucket.abortUploads('db')).toEqual([]);
  });

  test('remove takes exactly these keys, and is safe to repeat', async () => {
    for (const key of ['r/a', 'r/ab', 'r/b']) await create(key);
    expect(await bucket.remove(['r/a', 'r/b', 'r/none'])).toEqual({ deleted: 2, retained: [] });
    expect(await bucket.remove(['r/a', 'r/b'])).toEqual({ deleted: 0, retained: [] });
    expect((await contents(store, name)).objects).toEqual(['belay/r/ab']);
  });

  test('facts of a plain bucket', async () => {
    const facts = await bucket.facts();
    expect(facts).toMatchObject({ versioning: false, objectLock: false });
    expect(Math.abs(facts.clockSkewMs)).toBeLessThan(1_500);
  });
});

describe('versions and object lock', () => {
  test('remove takes every version and every delete marker', async () => {
    const versioned = await newBucket(store, 'locked');
    const place = await open(store, versioned);
    for (const Body of ['one', 'two']) {
      await store.client.send(
        new PutObjectCommand({ Bucket: versioned, Key: 'belay/v', Body, ChecksumAlgorithm: 'SHA256' }),
      );
    }
    await store.client.send(new DeleteObjectCommand({ Bucket: versioned, Key: 'belay/v' }));
    expect(await place.read('v')).toBeUndefined();
    expect(await place.remove(['v'])).toEqual({ deleted: 2, retained: [] });
    expect((await contents(store, versioned)).objects).toEqual([]);
    place.close();
  });

  test('an upload is locked, says until when, and cannot be removed', async () => {
    const locked = await newBucket(store, 'locked');
    const place = await open(store, locked, { lock: { mode: 'GOVERNANCE', days: 3 } });
    const wanted = Date.now() + 3 * 86_400_000;
    for (const [key, length] of [
      ['small', 1_000],
      ['large', PART + 1],
    ] as const) {
      const result = await place.upload(streamOf(bytesOf(length)), { key, partBytes: PART, signal: never() });
      expect(result.versionId).toEqual(expect.any(String));
      expect(Math.abs(Date.parse(result.lockedUntil ?? '') - wanted)).toBeLessThan(60_000);
      expect(await place.head(key)).toMatchObject({ lockedUntil: result.lockedUntil, versionId: result.versionId });
      expect(await place.remove([key])).toEqual({ deleted: 0, retained: [{ key, until: result.lockedUntil }] });
      expect(await place.head(key)).toBeDefined();
    }
    await place.create('probe', 'x', 'text/plain', { lock: false });
    expect(await place.remove(['probe'])).toEqual({ deleted: 1, retained: [] });
    place.close();
  });

  test('the very version that was written is read, whatever came after it', async () => {
    const versioned = await newBucket(store, 'locked');
    const place = await open(store, versioned);
    const { versionId } = await place.upload(streamOf(Buffer.from('first')), {
      key: 'v',
      partBytes: PART,
      signal: never(),
    });
    await sleep(10);
    await store.client.send(
      new PutObjectCommand({ Bucket: versioned, Key: 'belay/v', Body: 'later', ChecksumAlgorithm: 'SHA256' }),
    );
    const { body, bytes } = await place.open('v', versionId);
    expect(bytes).toBe(5);
    expect(Buffer.concat(await body.toArray()).toString()).toBe('first');
    place.close();
  });

  test('facts of a bucket with versions and lock', async () => {
    const locked = await newBucket(store, 'locked');
    const place = await open(store, locked);
    expect(await place.facts()).toMatchObject({ versioning: true, objectLock: true });
    place.close();
  });
});
