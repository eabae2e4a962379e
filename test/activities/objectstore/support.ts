import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { openBucket } from '../../../activities/objectstore/bucket.js';
import type { Patience } from '../../../activities/objectstore/place.js';
import type { Bucket } from '../../../activities/objectstore/types.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import { objectStoreSchema, type ObjectStoreRef } from '../../../systems/backupSchema.js';
import { sandbox } from '../../setup/sandbox.js';

export const MIB = 1024 * 1024;
export const PART = 5 * MIB;

/** Short bounds, so that a test of silence takes seconds. */
export const IMPATIENT: Patience = { attempts: 3, connectMs: 2_000, idleMs: 1_500, completeMs: 3_000 };

export interface Store {
  client: S3Client;
  endpoint: string;
  env: Record<string, string>;
}

/** The sandbox's store, with a client that sees it as it is. */
export async function startStore(): Promise<Store> {
  const { objectstore } = await sandbox('objectstore');
  if (!objectstore) throw new Error('no object store');
  const { accessKeyId, secretAccessKey, endpoint, region } = objectstore;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
  });
  return { client, endpoint, env: { KEY_ID: accessKeyId, KEY_SECRET: secretAccessKey } };
}

/** A new bucket; with versions and object lock when asked for. */
export async function newBucket(store: Store, kind: 'plain' | 'locked' = 'plain'): Promise<string> {
  const name = `test-${randomBytes(6).toString('hex')}`;
  await store.client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: kind === 'locked' }));
  if (kind === 'locked') {
    const VersioningConfiguration = { Status: 'Enabled' } as const;
    await store.client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
  }
  return name;
}

export function refTo(store: Store, bucket: string, changes: Partial<ObjectStoreRef> = {}): ObjectStoreRef {
  return objectStoreSchema.parse({
    bucket,
    prefix: 'belay',
    endpoint: store.endpoint,
    pathStyle: true,
    accessKeyId: 'env:KEY_ID',
    secretAccessKey: 'env:KEY_SECRET',
    ...changes,
  });
}

export async function open(
  store: Store,
  bucket: string,
  changes: Partial<ObjectStoreRef> = {},
  patience: Partial<Patience> = IMPATIENT,
): Promise<Bucket> {
  const secrets = createSecretResolver({ env: store.env, readFile: () => Promise.reject(new Error('no files')) });
  return openBucket(refTo(store, bucket, changes), secrets, patience);
}

/** What the bucket really holds: (full) keys of open uploads and of all versions. */
export async function contents(store: Store, bucket: string): Promise<{ uploads: string[]; objects: string[] }> {
  const { Uploads = [] } = await store.client.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  const { Versions = [] } = await store.client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  return { uploads: Uploads.map(({ Key = '' }) => Key), objects: Versions.map(({ Key = '' }) => Key) };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that do not repeat, the same for the same seed. */
export function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed >>> 0 || 1;
  for (let at = 0; at + 4 <= length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state | 0, at);
  }
  return bytes;
}

/** In pieces that do not fit the parts. */
export function streamOf(bytes: Buffer, piece = 100_003): Readable {
  let at = 0;
  return new Readable({
    read() {
      this.push(at >= bytes.length ? null : bytes.subarray(at, (at += piece)));
    },
  });
}

export const never = (): AbortSignal => new AbortController().signal;
