import type { Bucket } from '../objectstore/types.js';
import { clear, refusePublished, type Removed } from './attempts.js';
import { canonical } from './canonical.js';
import { notedExternals, TOMBSTONE } from './external.js';
import { backupPrefix, manifestKey } from './keys.js';
import { readManifest } from './lookup.js';
import { parseExternal } from './manifest.js';
import { usingCopy } from './stores.js';
import type { BackupActivities, BackupTarget, ExternalBackup } from './types.js';
import { engineContext, engineOf, working, type BackupOptions, type Work } from './work.js';

/** See `BackupActivities.discardBackup`. */
export async function discardBackup(
  options: BackupOptions,
  input: Parameters<BackupActivities['discardBackup']>[0],
): Promise<Removed> {
  return working(options, input, (work) => discard(work, input.backupId));
}

/** Removes what an unpublished backup has left. Throws `AlreadyPublished` when it has a manifest. */
export async function discard(work: Work, backupId: string): Promise<Removed> {
  const { bucket, target } = work;
  await refusePublished(bucket, target, backupId);
  for (const external of await notedExternals(bucket, target, backupId)) await removeExternal(work, external);
  return clear(bucket, backupPrefix(target.system, target.source.name, backupId));
}

async function removeExternal(work: Work, external: ExternalBackup): Promise<void> {
  const found = await engineOf(work.options, work.target.source);
  if (found.external) await found.engine.remove(work.target.source, external, engineContext(work));
}

/** See `BackupActivities.deleteBackup`. */
export async function deleteBackup(
  options: BackupOptions,
  input: Parameters<BackupActivities['deleteBackup']>[0],
): Promise<Removed> {
  const { target, backupId, reason } = input;
  const key = manifestKey(target.system, target.source.name, backupId);
  return working(options, input, async (work) => {
    const { bucket } = work;
    const prefix = backupPrefix(target.system, target.source.name, backupId);
    const external = await externalOf(bucket, target, backupId, `${prefix}${TOMBSTONE}`);
    if (external)
      await bucket.create(`${prefix}${TOMBSTONE}`, canonical({ ...external, reason }), 'application/json', {
        lock: false,
      });
    // The manifest goes first: a deletion that is cut off must leave no backup that looks whole.
    const first = await remove(bucket, [key]);
    // With its manifest locked the backup stays one; to take its data would break it.
    if (first.retained.length > 0) return withData(bucket, prefix, first);
    const copied = await usingCopy(options.secrets, target.policy.manifestCopy, (copy) => remove(copy, [key]));
    if (external) await removeExternal(work, external);
    const keys = (await bucket.list(prefix)).map((object) => object.key);
    const rest = await remove(
      bucket,
      keys.filter((one) => one !== `${prefix}${TOMBSTONE}`),
    );
    const last = await remove(
      bucket,
      keys.filter((one) => one === `${prefix}${TOMBSTONE}`),
    );
    return sum([first, copied ?? none, rest, last]);
  });
}

const none: Removed = { deleted: 0, retained: [] };

const sum = (all: readonly Removed[]): Removed => ({
  deleted: all.reduce((total, { deleted }) => total + deleted, 0),
  retained: all.flatMap(({ retained }) => retained),
});

const remove = async (bucket: Bucket, keys: readonly string[]): Promise<Removed> =>
  keys.length === 0 ? none : bucket.remove(keys);

/** What else the lock keeps, for the report. */
async function withData(bucket: Bucket, prefix: string, first: Removed): Promise<Removed> {
  const retained = [...first.retained];
  for (const { key } of await bucket.list(prefix)) {
    if (retained.some((one) => one.key === key)) continue;
    const lockedUntil = (await bucket.head(key))?.lockedUntil;
    if (lockedUntil !== undefined) retained.push({ key, until: lockedUntil });
  }
  return { deleted: 0, retained };
}

/** The vendor's backup: from the manifest, or from what an earlier try of the deletion left in its place. */
async function externalOf(
  bucket: Bucket,
  target: BackupTarget,
  backupId: string,
  tombstone: string,
): Promise<ExternalBackup | undefined> {
  if (target.source.type !== 'rds' && target.source.type !== 'pgbackrest') return undefined;
  const left = await bucket.read(tombstone);
  if (left) return parseExternal(left);
  if ((await bucket.head(manifestKey(target.system, target.source.name, backupId))) === undefined) return undefined;
  const read = await readManifest(bucket, target, backupId);
  return 'manifest' in read ? read.manifest.external : undefined;
}
