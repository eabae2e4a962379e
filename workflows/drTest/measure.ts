import type { BackupEntry, Listing, Verification } from '../../activities/backup/types.js';
import { goodSet } from '../backupKit/choose.js';

/** What a drill measured of one source. Times in seconds. */
export interface Measured {
  source: string;
  backup: string;
  recoveryPoint: string;
  /** Declared disaster minus recovery point: what would be lost now. */
  rpo: number;
  /** The longest time between two recovery points that the store shows, plus what publishing took: what may be lost on a bad day. */
  rpoWorst: number;
  /** From the declared disaster until this source's data answered, waiting for earlier sources included. */
  rto: number;
  /** Parts of it, by the restore's own clock: fetch, decrypt, restore, analyze, compare. */
  breakdown: Record<string, number>;
  passed: boolean;
  text: string;
}

export interface Verdict {
  rto: { goal: number; measured: number; met: boolean };
  rpo: { goal: number; measured: number; worst: number; met: boolean };
  met: boolean;
  text: string;
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** Longest gap between recovery points of good backups that followed each other, in milliseconds, with the delay of the slowest to be published. */
export function worstLoss(listing: Pick<Listing, 'backups'>, entry: BackupEntry, declaredAt: number): number {
  const points = goodSet(listing, 'L2').map((one) => Date.parse(one.at));
  const gaps = [declaredAt, ...points].slice(0, -1).map((time, index) => time - (points[index] ?? time));
  const delays = goodSet(listing, 'L2').map((one) => Date.parse(one.publishedAt) - Date.parse(one.at));
  return Math.max(declaredAt - Date.parse(entry.at), ...gaps) + Math.max(0, ...delays);
}

/** Times of one source, from the server's clock as the workflow saw it (ms since the epoch). Pure. */
export function measure(
  listing: Pick<Listing, 'backups'>,
  entry: BackupEntry,
  result: Verification,
  times: { declaredAt: number; answeredAt: number },
): Measured {
  const failed = result.levels.find((level) => !level.passed);
  return {
    source: entry.source,
    backup: entry.id,
    recoveryPoint: entry.at,
    rpo: seconds(times.declaredAt - Date.parse(entry.at)),
    rpoWorst: seconds(worstLoss(listing, entry, times.declaredAt)),
    rto: seconds(times.answeredAt - times.declaredAt),
    breakdown: Object.fromEntries(Object.entries(result.timings).map(([part, ms]) => [part, seconds(ms)])),
    passed: result.passed,
    text: failed ? `failed at ${failed.level}: ${failed.summary}` : `answers, ${result.reached}`,
  };
}

/** A system is back when its last source is; it has lost what its oldest recovery point lost. */
export function judge(measured: readonly Measured[], goals: { rto: number; rpo: number }): Verdict {
  const most = (of: (one: Measured) => number) => Math.max(0, ...measured.map(of));
  const all = measured.length > 0 && measured.every((one) => one.passed);
  const rto = { goal: goals.rto, measured: most((one) => one.rto), met: all && most((one) => one.rto) <= goals.rto };
  const rpo = {
    goal: goals.rpo,
    measured: most((one) => one.rpo),
    worst: most((one) => one.rpoWorst),
    met: all && most((one) => one.rpo) <= goals.rpo,
  };
  const said = (name: string, goal: { goal: number; measured: number; met: boolean }) =>
    `${name} ${goal.measured} s of ${goal.goal} s: ${goal.met ? 'met' : 'MISSED'}`;
  const broken = measured.filter((one) => !one.passed).map((one) => `; ${one.source} ${one.text}`);
  const text = `${said('RTO', rto)}; ${said('RPO', rpo)} (worst case ${rpo.worst} s)${broken.join('')}`;
  return { rto, rpo, met: rto.met && rpo.met, text };
}
