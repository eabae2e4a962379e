import type { BackupEntry, Level, Listing } from '../../activities/backup/types.js';
import { reaches } from './levels.js';

const byTime = (a: BackupEntry, b: BackupEntry): number =>
  Date.parse(b.at) - Date.parse(a.at) || b.id.localeCompare(a.id);

/** Backups at the level or above that no later verification found bad, newest recovery point first. Condemned ones do not count. */
export function goodSet(listing: Pick<Listing, 'backups'>, level: Level): BackupEntry[] {
  return listing.backups
    .filter((one) => !one.bad && one.condemnedAt === undefined && reaches(one.level, level))
    .toSorted(byTime);
}

/** All that are not known to be bad and not condemned, newest first. */
export function usable(listing: Pick<Listing, 'backups'>): BackupEntry[] {
  return listing.backups.filter((one) => !one.bad && one.condemnedAt === undefined).toSorted(byTime);
}

/** What a person or a schedule may ask for. */
export type Choice = 'latest' | 'latestVerified' | 'random' | { before: string } | { id: string };

/** The backup that is meant, or why there is none. `random` is a number from 0 to 1. Pure. */
export function choose(
  listing: Listing,
  choice: Choice,
  level: Level,
  random: number,
): { entry: BackupEntry } | { problem: string } {
  if (typeof choice === 'object' && 'id' in choice) {
    const entry = listing.backups.find((one) => one.id === choice.id);
    if (entry) return { entry };
    const broken = listing.unreadable.find((one) => one.id === choice.id);
    return {
      problem: broken ? `its manifest cannot be used: ${broken.why}` : `there is no published backup ${choice.id}`,
    };
  }
  const candidates = choice === 'latest' ? usable(listing) : goodSet(listing, level);
  const among =
    typeof choice === 'object'
      ? candidates.filter((one) => Date.parse(one.at) <= Date.parse(choice.before))
      : candidates;
  const index = choice === 'random' ? Math.min(among.length - 1, Math.floor(random * among.length)) : 0;
  const entry = among[index];
  if (entry) return { entry };
  const kind = choice === 'latest' ? 'usable' : `verified to ${level} or above`;
  const when = typeof choice === 'object' ? ` with a recovery point at or before ${choice.before}` : '';
  return { problem: `none of its ${listing.backups.length} backups is ${kind}${when}` };
}

/** One line on a backup for plans and reports. */
export const described = (entry: BackupEntry): string =>
  `${entry.id} (recovery point ${entry.at}, ${entry.level} since ${entry.levelAt}${entry.bad ? ', BAD' : ''})`;
