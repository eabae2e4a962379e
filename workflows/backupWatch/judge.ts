import type { Level, Listing } from '../../activities/backup/types.js';
import { goodSet } from '../backupKit/choose.js';

export interface Freshness {
  /** Undefined when there is no good backup at all. */
  newest?: { id: string; at: string; ageSeconds: number };
  fresh: boolean;
  /** When the allowed age was over, ISO. */
  since?: string;
  text: string;
}

/**
 * How old the newest backup is that counts: by its recovery point, since that is what a restore would give. `firstSeen` is what
 * to count from when there has never been one (ms since the epoch). Pure.
 */
export function judgeAge(
  listing: Listing,
  level: Level,
  maxAgeSeconds: number,
  now: number,
  firstSeen: number,
): Freshness {
  const [newest] = goodSet(listing, level);
  const others = listing.backups.length - goodSet(listing, level).length;
  const rest = `${others} other backups do not count (not at ${level}, bad or condemned), ${listing.unreadable.length} unreadable`;
  if (!newest) {
    const text = `no backup verified to ${level} or above at all; ${rest}`;
    return { fresh: false, since: new Date(firstSeen).toISOString(), text };
  }
  const ageSeconds = Math.max(0, Math.round((now - Date.parse(newest.at)) / 1_000));
  const facts = { id: newest.id, at: newest.at, ageSeconds };
  const age = `newest backup at ${level} or above is ${newest.id}, ${ageSeconds} s old, ${maxAgeSeconds} s are allowed`;
  if (ageSeconds <= maxAgeSeconds) return { newest: facts, fresh: true, text: age };
  const since = new Date(Date.parse(newest.at) + maxAgeSeconds * 1_000).toISOString();
  return { newest: facts, fresh: false, since, text: `${age}; ${rest}` };
}
