import type { Bucket } from '../objectstore/types.js';
import { clear } from './attempts.js';
import { canonical } from './canonical.js';
import { backupError } from './errors.js';
import { foldEntry } from './fold.js';
import { backupPrefix, manifestKey, placeOf, sourcePrefix } from './keys.js';
import { manifestOf, parseManifest, type Manifest } from './manifest.js';
import { usingBucket, usingCopy } from './stores.js';
import type { BackupActivities, BackupEntry, BackupTarget, Draft } from './types.js';
import { typed, type BackupOptions } from './work.js';

const JSON_TYPE = 'application/json';

/** See `BackupActivities.publishBackup`. */
export async function publishBackup(
  options: BackupOptions,
  { target, draft, run }: Parameters<BackupActivities['publishBackup']>[0],
): Promise<BackupEntry> {
  const { policy } = target;
  return typed(options, async () => {
    const manifest = await usingBucket(options.secrets, policy.store, async (bucket) => {
      await checkObjects(bucket, draft);
      return writeManifest(bucket, target, draft, manifestOf(target, draft, run, new Date().toISOString()));
    });
    await usingCopy(options.secrets, policy.manifestCopy, (copy) => writeCopy(copy, target, manifest));
    return foldEntry(manifest, []);
  });
}

/** A manifest must not name what is not there: another attempt may have removed it since it was read back. */
async function checkObjects(bucket: Bucket, draft: Draft): Promise<void> {
  for (const { key, bytes } of draft.objects) {
    const found = await bucket.head(key);
    if (found?.bytes === bytes) continue;
    const is = found ? `has ${found.bytes} bytes instead of ${bytes}` : 'is not there any more';
    throw backupError('Damaged', `${bucket.reference(key)} ${is}; nothing was published.`);
  }
}

async function writeManifest(bucket: Bucket, target: BackupTarget, draft: Draft, mine: Manifest): Promise<Manifest> {
  const key = manifestKey(target.system, target.source.name, draft.backupId);
  if ((await bucket.create(key, canonical(mine), JSON_TYPE)) === 'created') return mine;
  const standing = await readAt(bucket, target, draft.backupId);
  if (standing && sameBackup(standing, mine)) return standing;
  const prefix = ownPrefix(target, draft);
  // Not when the other one uses the same objects, however that came to be.
  const shared = standing?.objects.some((object) => prefix !== undefined && object.key.startsWith(prefix)) ?? true;
  if (prefix !== undefined && !shared) await clear(bucket, prefix).catch(() => undefined);
  const whose = standing ? `attempt ${standing.attempt} of ${standing.run.workflowId}` : 'another run';
  throw backupError('AlreadyPublished', `${bucket.reference(key)} stands: ${whose} published this backup first.`);
}

async function readAt(bucket: Bucket, target: BackupTarget, id: string): Promise<Manifest | undefined> {
  const bytes = await bucket.read(manifestKey(target.system, target.source.name, id));
  const parsed = bytes && parseManifest(bytes, { system: target.system, source: target.source.name, id });
  return parsed && 'manifest' in parsed ? parsed.manifest : undefined;
}

/** Whether both manifests are of the same draft: then the other one is an earlier try of this one. */
function sameBackup(a: Manifest, b: Manifest): boolean {
  const drafted = ({ attempt, startedAt, endedAt, objects, external, contents }: Manifest) =>
    canonical({ attempt, startedAt, endedAt, objects, external, contents });
  return drafted(a) === drafted(b);
}

/** The folder of the attempt that the draft is of; undefined for one without objects. */
function ownPrefix(target: BackupTarget, draft: Draft): string | undefined {
  const [first] = draft.objects;
  const place = first && placeOf(first.key, sourcePrefix(target.system, target.source.name));
  if (place?.kind !== 'attempt') return undefined;
  return `${backupPrefix(target.system, target.source.name, draft.backupId)}${place.attempt}/`;
}

async function writeCopy(copy: Bucket, target: BackupTarget, manifest: Manifest): Promise<void> {
  const key = manifestKey(target.system, target.source.name, manifest.id);
  if ((await copy.create(key, canonical(manifest), JSON_TYPE)) === 'created') return;
  const standing = await copy.read(key);
  if (standing?.toString('utf8') === canonical(manifest)) return;
  throw backupError(
    'AlreadyPublished',
    `The backup is published, but its second manifest ${copy.reference(key)} was there before and is another one; look at who wrote it.`,
  );
}
