import { backupError } from './errors.js';
import { manifestKey } from './keys.js';
import { parseManifest, type Manifest } from './manifest.js';
import { usingCopy } from './stores.js';
import type { BackupTarget } from './types.js';
import type { BackupOptions } from './work.js';
import type { Bucket } from '../objectstore/types.js';

/** The manifest of a backup, or why it cannot be used. Throws `NotFound` when there is none. */
export async function readManifest(
  bucket: Bucket,
  target: BackupTarget,
  id: string,
): Promise<{ manifest: Manifest } | { unreadable: string }> {
  const expected = { system: target.system, source: target.source.name, id };
  const key = manifestKey(expected.system, expected.source, id);
  const bytes = await bucket.read(key);
  if (bytes !== undefined) return parseManifest(bytes, expected);
  throw backupError('NotFound', `${bucket.reference(key)} does not exist: there is no such published backup.`);
}

/** The manifest for a restore: when the one beside the data cannot be used, its second copy. Throws `Damaged` or `NotFound`. */
export async function usableManifest(
  options: BackupOptions,
  bucket: Bucket,
  target: BackupTarget,
  id: string,
): Promise<Manifest> {
  const first = await readManifest(bucket, target, id).catch((error: unknown) => ({ error }));
  if ('manifest' in first) return first.manifest;
  const second = await usingCopy(options.secrets, target.policy.manifestCopy, (copy) =>
    readManifest(copy, target, id).catch(() => undefined),
  );
  if (second && 'manifest' in second) return second.manifest;
  if ('error' in first) throw first.error;
  const key = bucket.reference(manifestKey(target.system, target.source.name, id));
  throw backupError('Damaged', `${key} cannot be used: ${first.unreadable}. Choose another backup.`);
}
