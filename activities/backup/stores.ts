import type { ObjectStoreRef } from '../../systems/backupSchema.js';
import { openBucket } from '../objectstore/index.js';
import type { Bucket } from '../objectstore/types.js';
import type { SecretResolver } from '../secrets/index.js';

/** Opens a place in a store, and closes it at the end. Throws the typed errors of `Bucket`. */
export async function usingBucket<T>(
  secrets: SecretResolver,
  store: ObjectStoreRef,
  use: (bucket: Bucket) => Promise<T>,
): Promise<T> {
  const bucket = await openBucket(store, secrets);
  try {
    return await use(bucket);
  } finally {
    bucket.close();
  }
}

/** The same for a place that may not be described; `use` is not called then. */
export async function usingCopy<T>(
  secrets: SecretResolver,
  store: ObjectStoreRef | undefined,
  use: (bucket: Bucket) => Promise<T>,
): Promise<T | undefined> {
  return store === undefined ? undefined : usingBucket(secrets, store, use);
}
