import type { Bucket } from '../objectstore/types.js';
import { backupError } from './errors.js';
import { backupPrefix, manifestKey, placeOf, sourcePrefix } from './keys.js';
import type { BackupTarget } from './types.js';

/** What a removal could and could not remove. */
export interface Removed {
  deleted: number;
  retained: { key: string; until: string }[];
}

/** Throws `AlreadyPublished` when the backup has its manifest. */
export async function refusePublished(bucket: Bucket, target: BackupTarget, backupId: string): Promise<void> {
  const key = manifestKey(target.system, target.source.name, backupId);
  if ((await bucket.head(key)) === undefined) return;
  throw backupError(
    'AlreadyPublished',
    `${bucket.reference(key)} stands: this backup is published and is left as it is.`,
  );
}

/** Ends the open uploads below a prefix and removes its objects. */
export async function clear(bucket: Bucket, prefix: string): Promise<Removed> {
  await bucket.abortUploads(prefix);
  const keys = (await bucket.list(prefix)).map(({ key }) => key);
  return keys.length === 0 ? { deleted: 0, retained: [] } : bucket.remove(keys);
}

/**
 * Ends uploads and removes objects that earlier attempts of this backup left. Throws `AlreadyPublished` when one of them was
 * published. What an object lock keeps stays; no manifest will name it.
 */
export async function clearAttempts(bucket: Bucket, target: BackupTarget, backupId: string): Promise<void> {
  await refusePublished(bucket, target, backupId);
  const prefix = backupPrefix(target.system, target.source.name, backupId);
  await bucket.abortUploads(prefix);
  const all = await bucket.list(prefix);
  const keys = all
    .map(({ key }) => key)
    .filter((key) => placeOf(key, sourcePrefix(target.system, target.source.name))?.kind === 'attempt');
  if (keys.length > 0) await bucket.remove(keys);
}
