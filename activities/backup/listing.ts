import type { Bucket } from '../objectstore/types.js';
import { isError } from './classify.js';
import { parseEvent } from './events.js';
import { foldEntry } from './fold.js';
import { backupPrefix, manifestKey, placeOf, sourcePrefix, type Place } from './keys.js';
import { parseManifest } from './manifest.js';
import { usingBucket, usingCopy } from './stores.js';
import type { BackupActivities, BackupEntry, BackupEvent, BackupTarget, Listing } from './types.js';
import { typed, type BackupOptions } from './work.js';

const AT_A_TIME = 8;

/** See `BackupActivities.listBackups`. */
export async function listBackups(
  options: BackupOptions,
  { target }: Parameters<BackupActivities['listBackups']>[0],
): Promise<Listing> {
  return typed(options, async () => {
    const listing = await usingBucket(options.secrets, target.policy.store, (bucket) => listPlace(bucket, target));
    const copied = await usingCopy(options.secrets, target.policy.manifestCopy, (copy) => copiedIds(copy, target));
    const known = new Set([...listing.backups, ...listing.unreadable].map(({ id }) => id));
    const lost = (copied ?? []).filter((id) => !known.has(id));
    const why =
      'its manifest is gone from the store, but its second copy stands: somebody removed it, or a deletion was cut off';
    return { ...listing, unreadable: [...listing.unreadable, ...lost.map((id) => ({ id, why }))] };
  });
}

interface Found {
  key: string;
  modified: Date;
  place: Place;
}

async function listPlace(bucket: Bucket, target: BackupTarget): Promise<Listing> {
  const prefix = sourcePrefix(target.system, target.source.name);
  const found = (await bucket.list(prefix)).flatMap(({ key, modified }): Found[] => {
    const place = placeOf(key, prefix);
    return place === undefined ? [] : [{ key, modified, place }];
  });
  const byId = grouped(found);
  const listing: Listing = { backups: [], unreadable: [], unpublished: [] };
  const ids = [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (let at = 0; at < ids.length; at += AT_A_TIME) {
    const some = ids.slice(at, at + AT_A_TIME).map(([id, files]) => describe(bucket, target, id, files));
    for (const one of await Promise.all(some)) {
      if ('entry' in one) listing.backups.push(one.entry);
      else if ('why' in one) listing.unreadable.push(one);
      else if ('objects' in one) listing.unpublished.push(one);
    }
  }
  return listing;
}

function grouped(found: readonly Found[]): Map<string, Found[]> {
  const groups = new Map<string, Found[]>();
  for (const one of found) groups.set(one.place.id, [...(groups.get(one.place.id) ?? []), one]);
  return groups;
}

type Described =
  { entry: BackupEntry } | Listing['unreadable'][number] | Listing['unpublished'][number] | { gone: true };

async function describe(bucket: Bucket, target: BackupTarget, id: string, files: readonly Found[]): Promise<Described> {
  if (!files.some(({ place }) => place.kind === 'manifest')) {
    const lastWriteAt = new Date(Math.max(...files.map(({ modified }) => modified.getTime()))).toISOString();
    return { id, lastWriteAt, objects: files.length };
  }
  const { system, source } = target;
  const bytes = await bucket.read(manifestKey(system, source.name, id));
  // Deleted since the listing.
  if (bytes === undefined) return { gone: true };
  const parsed = parseManifest(bytes, { system, source: source.name, id });
  if ('unreadable' in parsed) return { id, why: parsed.unreadable };
  const events: BackupEvent[] = [];
  for (const { key, place } of files) {
    if (place.kind !== 'event') continue;
    const stored = await bucket.read(key);
    if (stored === undefined) continue;
    const event = parseEvent(stored);
    // It may have been a hold, or the news that the backup is bad.
    if (event === undefined)
      return { id, why: `its event ${key.slice(backupPrefix(system, source.name, id).length)} cannot be read` };
    events.push(event);
  }
  return { entry: foldEntry(parsed.manifest, events) };
}

/** Ids of the manifests in the second place; none when we may write there, but not look. */
async function copiedIds(copy: Bucket, target: BackupTarget): Promise<string[]> {
  const prefix = sourcePrefix(target.system, target.source.name);
  try {
    return (await copy.list(prefix)).flatMap(({ key }) => {
      const place = placeOf(key, prefix);
      return place?.kind === 'manifest' ? [place.id] : [];
    });
  } catch (error) {
    if (isError(error, 'Forbidden')) return [];
    throw error;
  }
}
