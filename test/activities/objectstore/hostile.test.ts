import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import type { Bucket } from '../../../activities/objectstore/types.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { startProxy, type Fate, type Proxy } from './proxy.js';
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

beforeAll(async () => {
  store = await startStore();
}, SANDBOX_MS);
afterAll(() => store.client.destroy());
beforeEach(async () => {
  proxy = await startProxy(store.endpoint);
  name = await newBucket(store);
  bucket = await open(store, name, { endpoint: proxy.endpoint });
});
afterEach(async () => {
  bucket.close();
  await proxy.close();
});

/** This fate for the first `times` requests of an operation. */
function happen(operation: string, fate: Fate, times = Infinity): void {
  let left = times;
  proxy.fate = (request) => (request.operation === operation && left-- > 0 ? fate : 'pass');
}

const bytes = bytesOf(2 * PART + 77);
const upload = (key = 'a/payload', body = bytes) =>
  bucket.upload(streamOf(body), { key, partBytes: PART, concurrency: 2, signal: never() });
const stored = async (key = 'a/payload'): Promise<string> => sha256(await buffer((await bucket.open(key)).body));

describe('what a try heals', () => {
  test.each<[string, Fate, number]>([
    ['UploadPart', 'slowDown', 2],
    ['UploadPart', 'cut', 2],
    ['UploadPart', 'loseReply', 2],
    ['UploadPart', 'hang', 1],
    ['CreateMultipartUpload', 'slowDown', 1],
    ['CreateMultipartUpload', 'loseReply', 1],
    ['CompleteMultipartUpload', 'slowDown', 2],
    ['CompleteMultipartUpload', 'loseReply', 1],
    ['CompleteMultipartUpload', 'loseReply', Infinity],
    ['CompleteMultipartUpload', 'hang', 1],
  ])('%s: %s, %s times', async (operation, fate, times) => {
    happen(operation, fate, times);
    expect(await upload()).toMatchObject({ bytes: bytes.length, sha256: sha256(bytes) });
    proxy.fate = () => 'pass';
    expect(await stored()).toBe(sha256(bytes));
    expect(await contents(store, name)).toEqual({ uploads: [], objects: ['belay/a/payload'] });
  });

  test('a small object whose answer is lost counts as created', async () => {
    happen('PutObject', 'loseReply', 1);
    expect(await bucket.create('manifest.json', '{}', 'application/json')).toBe('created');
    expect(await bucket.create('manifest.json', '{"other":1}', 'application/json')).toBe('exists');
  });

  test("a small object is not taken for ours when another's stands there after a lost answer", async () => {
    await bucket.create('manifest.json', '{"theirs":1}', 'application/json');
    happen('PutObject', 'slowDown', 1);
    expect(await bucket.create('manifest.json', '{"ours":11}', 'application/json')).toBe('exists');
  });

  test('a small stream survives a lost answer too', async () => {
    happen('PutObject', 'loseReply', Infinity);
    const small = bytesOf(1_000);
    expect(await upload('small', small)).toMatchObject({ sha256: sha256(small) });
  });

  test('a download goes on where it was cut', async () => {
    await upload();
    let cuts = 3;
    proxy.fate = ({ operation }) => (operation === 'GET' && cuts-- > 0 ? 'cutReply' : 'pass');
    expect(await stored()).toBe(sha256(bytes));
    expect(proxy.seen.filter(({ operation }) => operation === 'GET')).toHaveLength(4);
  });
});

describe('what no try heals', () => {
  test.each<[string, Fate, string]>([
    ['UploadPart', 'slowDown', 'Throttled'],
    ['UploadPart', 'cut', 'Unreachable'],
    ['UploadPart', 'hang', 'Unreachable'],
    ['UploadPart', 'flip', 'Unreachable'],
    ['CreateMultipartUpload', 'slowDown', 'Throttled'],
    ['CreateMultipartUpload', 'loseReply', 'Unreachable'],
    ['CompleteMultipartUpload', 'slowDown', 'Throttled'],
    ['CompleteMultipartUpload', 'hang', 'Unreachable'],
  ])('%s: %s ends in %s, with nothing left in the store', async (operation, fate, type) => {
    happen(operation, fate);
    const body = streamOf(bytes);
    const uploading = bucket.upload(body, { key: 'a/payload', partBytes: PART, concurrency: 2, signal: never() });
    await expect(uploading).rejects.toMatchObject({ type, message: expect.stringContaining(`s3://${name}/belay`) });
    expect(body.destroyed).toBe(true);
    expect(await contents(store, name)).toEqual({ uploads: [], objects: [] });
  });

  test('a silent store is left in bounded time', async () => {
    proxy.fate = () => 'hang';
    const began = Date.now();
    await expect(bucket.list('')).rejects.toMatchObject({ type: 'Unreachable', nonRetryable: false });
    await expect(bucket.read('a')).rejects.toMatchObject({ type: 'Unreachable' });
    expect(Date.now() - began).toBeLessThan(20_000);
  });

  test('a download that is cut again and again without a byte fails, and never ends early', async () => {
    await upload();
    let first = true;
    proxy.fate = ({ operation }) => {
      if (operation !== 'GET') return 'pass';
      const fate = first ? 'cutReply' : 'slowDown';
      first = false;
      return fate;
    };
    await expect(stored()).rejects.toMatchObject({ type: 'Throttled' });
  });

  test('a listing that fails is an error, never empty', async () => {
    await bucket.create('a/b', 'x', 'text/plain');
    happen('ListObjects', 'slowDown');
    await expect(bucket.list('a')).rejects.toMatchObject({ type: 'Throttled' });
    await expect(bucket.listFolders('')).rejects.toMatchObject({ type: 'Throttled' });
  });
});

describe('what is wrong from the start', () => {
  test('no such bucket', async () => {
    const wrong = await open(store, 'no-such-bucket');
    const failure = { type: 'NotFound', nonRetryable: true, message: expect.stringContaining('create it') };
    for (const request of [
      () => wrong.list(''),
      () => wrong.read('a'),
      () => wrong.head('a'),
      () => wrong.create('a', 'b', 'text/plain'),
      () => wrong.facts(),
      () => wrong.upload(streamOf(bytes), { key: 'a', partBytes: PART, signal: never() }),
      () => wrong.remove(['a']),
    ])
      await expect(request()).rejects.toMatchObject(failure);
    wrong.close();
  });

  test('wrong key, wrong secret', async () => {
    for (const change of [{ KEY_ID: 'nobody' }, { KEY_SECRET: 'wrong-secret-value' }]) {
      const wrong = await open({ ...store, env: { ...store.env, ...change } }, name);
      const error: unknown = await wrong.list('').catch((failure: unknown) => failure);
      expect(error).toMatchObject({ type: 'WrongPassword', nonRetryable: true });
      expect(String(error)).not.toContain('wrong-secret-value');
      wrong.close();
    }
  });

  test('a reference that leads nowhere is found when the place is opened', async () => {
    await expect(open({ ...store, env: {} }, name)).rejects.toMatchObject({ type: 'SecretUnresolved' });
  });

  test('nobody listens', async () => {
    await proxy.close();
    await expect(bucket.list('')).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('nothing listens there'),
    });
  });
});
