import type { BackupEntry } from '../../activities/backup/types.js';
import type { Retention } from '../../systems/backupSchema.js';
import { reaches } from '../backupKit/levels.js';

export interface Decision {
  keep: { id: string; why: string[] }[];
  /** Not kept and not yet condemned: their grace time begins. */
  condemn: string[];
  /** Condemned before, kept by the policy now. */
  reprieve: string[];
  /** Condemned, and the grace time is over. */
  delete: string[];
  /** Not kept, but an object lock holds them until then. */
  locked: { id: string; until: string }[];
  /** More than one run may delete without a person. */
  beyondCaps?: string;
}

export interface Situation {
  backups: readonly BackupEntry[];
  policy: Retention;
  /** ms since the epoch. */
  now: number;
}

const DAY_MS = 86_400_000;

/** Reasons for which nothing may be deleted at all. The rules are those that other tools learned by losing backups. */
export function refusal({ backups, now }: Situation, clockSkewMs: number): string | undefined {
  if (backups.length === 0)
    return 'the store lists no backup at all; that is no reason to delete, but to look (wrong bucket, prefix or rights?)';
  const newest = Math.max(...backups.map((one) => Date.parse(one.publishedAt)));
  if (newest > now + 60_000)
    return `the newest backup is from ${new Date(newest).toISOString()}, which is in the future: a clock is wrong`;
  if (Math.abs(clockSkewMs) > 5 * 60_000)
    return `the store's clock and ours differ by ${Math.round(clockSkewMs / 1_000)} s: ages cannot be trusted`;
  return undefined;
}

/** Which backups the policy keeps, and why; which are condemned, and which go now. Pure. */
export function decide(situation: Situation): Decision {
  const { backups, policy, now } = situation;
  const reasons = new Map<string, string[]>(backups.map((one) => [one.id, []]));
  const keep = (one: BackupEntry | undefined, why: string) => one && reasons.get(one.id)?.push(why);
  const identities = [...new Set(backups.map((one) => one.identity))];
  for (const identity of identities)
    keepOfOne(
      backups.filter((one) => one.identity === identity),
      policy,
      now,
      keep,
    );
  keepRest(backups, policy, now, keep);
  keepChains(backups, reasons, keep);

  const doomed = backups.filter((one) => reasons.get(one.id)?.length === 0);
  const lockedNow = (one: BackupEntry) => one.lockedUntil !== undefined && Date.parse(one.lockedUntil) > now;
  const free = doomed.filter((one) => !lockedNow(one));
  const due = free.filter(
    (one) => one.condemnedAt !== undefined && Date.parse(one.condemnedAt) + policy.graceHours * 3_600_000 <= now,
  );
  const caps = beyondCaps(due.length, backups.length, policy);
  return {
    keep: backups.flatMap((one) => {
      const why = reasons.get(one.id) ?? [];
      return why.length > 0 ? [{ id: one.id, why }] : [];
    }),
    condemn: free.filter((one) => one.condemnedAt === undefined).map((one) => one.id),
    reprieve: backups
      .filter((one) => one.condemnedAt !== undefined && (reasons.get(one.id)?.length ?? 0) > 0)
      .map((one) => one.id),
    // Oldest last: a run that stops half-way must leave a chain that can be used.
    delete: due.toSorted(newestFirst).map((one) => one.id),
    locked: doomed.flatMap((one) => (lockedNow(one) ? [{ id: one.id, until: one.lockedUntil ?? '' }] : [])),
    ...(caps !== undefined && { beyondCaps: caps }),
  };
}

const newestFirst = (a: BackupEntry, b: BackupEntry): number =>
  Date.parse(b.at) - Date.parse(a.at) || b.id.localeCompare(a.id);

type Keep = (one: BackupEntry | undefined, why: string) => void;

/** Counting rules, over the good backups of one server: after a move or an upgrade the new one's count does not push out the old one's. */
function keepOfOne(backups: readonly BackupEntry[], policy: Retention, now: number, keep: Keep): void {
  const good = backups.filter((one) => !one.bad && reaches(one.level, policy.level)).toSorted(newestFirst);
  for (const one of good.slice(0, policy.minVerified)) keep(one, `one of the ${policy.minVerified} that must stay`);
  for (const one of good.slice(0, policy.keepLast)) keep(one, `one of the last ${policy.keepLast}`);
  keepPerPeriod(good, policy.keepDaily, 'daily', (at) => at.slice(0, 10), keep);
  keepPerPeriod(good, policy.keepWeekly, 'weekly', weekOf, keep);
  keepPerPeriod(good, policy.keepMonthly, 'monthly', (at) => at.slice(0, 7), keep);
  if (policy.keepWithinDays > 0) {
    const edge = now - policy.keepWithinDays * DAY_MS;
    keep(
      good.find((one) => Date.parse(one.at) < edge),
      `the newest one older than ${policy.keepWithinDays} days`,
    );
  }
}

/** The newest of each of the last `count` days, weeks or months that have one. */
function keepPerPeriod(
  good: readonly BackupEntry[],
  count: number,
  name: string,
  period: (at: string) => string,
  keep: Keep,
): void {
  const seen = new Set<string>();
  for (const one of good) {
    const key = period(new Date(Date.parse(one.at)).toISOString());
    if (seen.has(key)) continue;
    if (seen.size >= count) return;
    seen.add(key);
    keep(one, `${name} ${key}`);
  }
}

/** Monday of the week, UTC. */
function weekOf(at: string): string {
  const time = Date.parse(at);
  const sinceMonday = (new Date(time).getUTCDay() + 6) % 7;
  return new Date(time - sinceMonday * DAY_MS).toISOString().slice(0, 10);
}

/** Rules for all, whatever was proved of them. */
function keepRest(backups: readonly BackupEntry[], policy: Retention, now: number, keep: Keep): void {
  const good = backups.filter((one) => !one.bad && reaches(one.level, policy.level));
  for (const one of backups) {
    if (one.held) keep(one, 'held by a person or a run');
    const age = now - Date.parse(one.at);
    if (policy.keepWithinDays > 0 && age < policy.keepWithinDays * DAY_MS)
      keep(one, `younger than ${policy.keepWithinDays} days`);
    if (good.includes(one)) continue;
    // It may still be in verification, or be the best that there is.
    const better = good.filter((other) => Date.parse(other.at) > Date.parse(one.at)).length;
    if (better < policy.minVerified) keep(one, `not verified, but only ${better} good ones are newer`);
  }
}

/** What a kept backup needs is kept with it: a chain goes as a whole or not at all. */
function keepChains(backups: readonly BackupEntry[], reasons: Map<string, string[]>, keep: Keep): void {
  const kept = new Set(
    backups.filter((one) => (reasons.get(one.id)?.length ?? 0) > 0).flatMap((one) => (one.chain ? [one.chain] : [])),
  );
  for (const one of backups) {
    if (one.chain && kept.has(one.chain) && reasons.get(one.id)?.length === 0) keep(one, `in a chain that is kept`);
  }
}

function beyondCaps(count: number, total: number, policy: Retention): string | undefined {
  const share = Math.max(1, Math.floor((total * policy.maxDeletePercent) / 100));
  if (count > policy.maxDelete) return `${count} would be deleted, ${policy.maxDelete} at a time may be`;
  if (count > share) return `${count} of ${total} would be deleted, at most ${policy.maxDeletePercent} % may be`;
  return undefined;
}
