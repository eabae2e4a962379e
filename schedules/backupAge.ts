import { type Level, levels } from '../systems/backupSchema.js';
import { isObject, type Part, type Parts } from '../systems/parts.js';
import type { Finding } from '../systems/problem.js';
import { whenSchema } from '../systems/scheduleSchema.js';
import { nextTimes } from './nextTimes.js';
import { type Times, timesOf } from './times.js';

/** Long enough to hold every distance of a yearly schedule. */
const HORIZON_DAYS = 400;
const MOST_TIMES = 5_000;

/**
 * Sources whose allowed age is not longer than the pause between two of their scheduled backups: an alarm would open while all is well.
 * A source without a scheduled backup is not judged, because somebody else may start them. Pure; `now` in ms.
 */
export function backupAgeProblems({ backups, sources, schedules }: Parts, now: number): Finding[] {
  const policy = backups?.parsed;
  if (policy === undefined) return [];
  return sources.flatMap(({ path, parsed: source }) => {
    if (source === undefined) return [];
    const level = source.verify ?? policy.verify;
    const times = schedules.filter((part) => counts(part, source.name, level)).flatMap(timesOfPart);
    const allowed = source.maxAgeSeconds ?? policy.maxAgeSeconds;
    const gap = longestGapSeconds(times, now);
    if (gap === undefined || allowed > gap) return [];
    const at = source.maxAgeSeconds === undefined ? ['backups', 'maxAgeSeconds'] : [...path, 'maxAgeSeconds'];
    const message = `allows ${source.name} an age of ${allowed} s, but up to ${gap} s lie between two of its scheduled backups, so the alarm would open while all is well; allow that and the time that a backup and its verification take`;
    return [{ path: at, message }];
  });
}

/** Whether the runs of a schedule give verified backups of the source. */
function counts({ fields }: Part, source: string, level: Level): boolean {
  const { runbook, enabled, input } = fields;
  if (runbook !== 'backup' || enabled === false) return false;
  const { sources, verify, dryRun } = isObject(input) ? input : {};
  if (dryRun === true || (Array.isArray(sources) && !sources.includes(source))) return false;
  return typeof verify !== 'string' || levels.findIndex((one) => one === verify) >= levels.indexOf(level);
}

function timesOfPart({ fields }: Part): Times[] {
  const when = whenSchema.safeParse(fields).data;
  const times = when && timesOf(when);
  return times === undefined ? [] : [times];
}

/** Longest distance between neighbouring starts of all of them together; undefined when there are fewer than two. */
function longestGapSeconds(all: readonly Times[], now: number): number | undefined {
  const even = all.flatMap((times) => (times.kind === 'every' ? [times.seconds] : []));
  const series = all
    .filter((times) => times.kind === 'clock')
    .map((times) => nextTimes(times, now, MOST_TIMES, HORIZON_DAYS));
  // Where one series was cut off the others would seem to have a pause.
  const end = Math.min(...series.map((times) => (times.length < MOST_TIMES ? Infinity : (times.at(-1) ?? now))));
  const starts = series
    .flat()
    .filter((at) => at <= end)
    .toSorted((a, b) => a - b);
  const gaps = starts.slice(1).map((at, index) => (at - (starts[index] ?? at)) / 1_000);
  const longest = gaps.length > 0 ? [Math.max(...gaps)] : [];
  const candidates = [...even, ...longest];
  return candidates.length > 0 ? Math.min(...candidates) : undefined;
}
