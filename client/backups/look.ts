import type { BackupActivities, BackupEntry, BackupTarget, Level, Listing } from '../../activities/backup/types.js';
import { redact } from '../../activities/secrets/index.js';
import { goodSet } from '../../workflows/backupKit/choose.js';
import { outsideWorker } from '../doctor/outsideWorker.js';

/** A store with thousands of backups has an event or two of each to read. */
const limitMs = 120_000;

/** What the store says of one source; `problem` when it could not be asked, and then there is no listing. */
export interface SourceLook {
  source: string;
  type: BackupTarget['source']['type'];
  /** Level that a backup must have reached to count. */
  level: Level;
  maxAgeSeconds: number;
  /** Newest of the good set. */
  newestGood?: BackupEntry;
  /** Age of its recovery point. */
  ageSeconds?: number;
  /** No good backup is young enough. */
  stale: boolean;
  listing?: Listing;
  problem?: string;
}

/** Asks the store about one source. Read-only; what goes wrong is part of the answer, so that one source hides no other. */
export async function lookAt(
  { listBackups }: Pick<BackupActivities, 'listBackups'>,
  target: BackupTarget,
  now: number,
): Promise<SourceLook> {
  const { verify: level, maxAgeSeconds } = target.policy;
  const known = { source: target.source.name, type: target.source.type, level, maxAgeSeconds };
  try {
    const listing = await outsideWorker(limitMs, () => listBackups({ target }));
    return { ...known, ...fresh(listing, level, maxAgeSeconds, now), listing: newestFirst(listing) };
  } catch (error) {
    return { ...known, stale: true, problem: redact(error instanceof Error ? error.message : String(error)) };
  }
}

/** Whether the newest good backup is young enough. `now` in ms. Pure. */
export function fresh(
  listing: Pick<Listing, 'backups'>,
  level: Level,
  maxAgeSeconds: number,
  now: number,
): Pick<SourceLook, 'newestGood' | 'ageSeconds' | 'stale'> {
  const [newestGood] = goodSet(listing, level);
  if (newestGood === undefined) return { stale: true };
  const ageSeconds = Math.round((now - Date.parse(newestGood.at)) / 1_000);
  return { newestGood, ageSeconds, stale: ageSeconds > maxAgeSeconds };
}

function newestFirst(listing: Listing): Listing {
  return { ...listing, backups: listing.backups.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at)) };
}
