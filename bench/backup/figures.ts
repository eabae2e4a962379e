import type { Bar } from '../kit/bars.js';
import { percentile } from '../kit/stats.js';
import type { BackupResult, Run, Way } from './types.js';

/** Parts that Belay's upload holds at most besides the one that it fills: those on their way. */
export const QUEUE = 4;
const MB = 1e6;
const BASE_MB = 150;
/** How much more memory four times the data may take and still count as no more. */
const FLAT = 1.15;

/** Median (nearest rank) of a figure over the runs of one way; NaN when there is none. Pure. */
export function median(runs: readonly Run[] | undefined, figure: (run: Run) => number | undefined): number {
  const values = (runs ?? []).flatMap((run) => figure(run) ?? []);
  return values.length === 0 ? Number.NaN : percentile(values, 50);
}

/** What most figures are made of. */
export type Figures = Pick<BackupResult, 'runs' | 'failures'>;

export const medianSeconds = ({ runs }: Figures, way: Way): number => median(runs[way], ({ seconds }) => seconds);

/** Time of one way over that of another, by their medians. */
export const timeRatio = (result: BackupResult, way: Way, other: Way): number =>
  medianSeconds(result, way) / medianSeconds(result, other);

/** Node's CPU seconds per 10^9 bytes of dump stream. */
export function nodeCpuPerGB(result: BackupResult, way: Way): number {
  return median(result.runs[way], ({ nodeCpuSeconds }) => nodeCpuSeconds) / (dumpBytesOf(result, way) / 1e9);
}

export const dumpBytesOf = (result: BackupResult, way: Way): number =>
  way === 'belaySmall' ? result.smallDumpBytes : result.dumpBytes;

/** Largest memory of any run: a limit is no matter of medians. NaN when there is none. */
export function largestRss({ runs }: BackupResult, ways: readonly Way[]): number {
  const all = ways.flatMap((way) => (runs[way] ?? []).flatMap(({ maxRssMB }) => maxRssMB ?? []));
  return all.length === 0 ? Number.NaN : Math.max(...all);
}

/** What Node may take, 10^6 bytes: part × (queue + 2) + 150 MB. */
export const rssLimit = ({ runs }: BackupResult): number =>
  Math.round((median(runs.belay, ({ partBytes }) => partBytes) * (QUEUE + 2)) / MB) + BASE_MB;

/** Median seconds of the test restore proper (levels L4 and L5: pg_restore and counts; the instance is made during L2 and L3). */
export const restoreSeconds = ({ runs }: Figures): number =>
  median(runs.rehearseL5, ({ parts = {} }) => ((parts['L4'] ?? Number.NaN) + (parts['L5'] ?? Number.NaN)) / 1_000);

/** Median seconds of pg_restore alone, by hand. */
export const bareSeconds = (result: Figures): number => medianSeconds(result, 'bareRestore');

const atMost = (name: string, actual: number, limit: number, unit: string): Bar => ({ name, actual, limit, unit });
/** A throughput of at least so many times the other's, said as time. */
const timeFor = (throughput: number): number => Number((1 / throughput).toFixed(3));

/** The goals of the restore suite. */
export const restoreBars = (result: Figures): Bar[] => [
  atMost('test restore (L4 and L5) / bare pg_restore', restoreSeconds(result) / bareSeconds(result), 1.1, '×'),
  atMost('runs that failed', result.failures.length, 0, 'runs'),
];

/** The goals; a figure that could not be measured is a goal that was missed. */
export function barsOf(result: BackupResult): Bar[] {
  const rss = (way: Way): number => median(result.runs[way], ({ maxRssMB }) => maxRssMB);
  const l6 = medianSeconds(result, 'rehearseL6') / medianSeconds(result, 'belay');
  return [
    atMost('time of a backup / shell pipeline', timeRatio(result, 'belay', 'shell'), timeFor(1.05), '×'),
    atMost('the same, both encrypted', timeRatio(result, 'belayAge', 'shellAge'), timeFor(0.95), '×'),
    atMost("Node's CPU per GB of dump", nodeCpuPerGB(result, 'belay'), 1, 's'),
    atMost("Node's CPU per GB of dump, encrypted", nodeCpuPerGB(result, 'belayAge'), 1, 's'),
    atMost("Node's memory, most", largestRss(result, ['belay', 'belayAge', 'belayHashes']), rssLimit(result), 'MB'),
    atMost("Node's memory / that for a quarter of the data", rss('belay') / rss('belaySmall'), FLAT, '×'),
    atMost('read-back / backup', timeRatio(result, 'readBack', 'belay'), 1, '×'),
    atMost('all of L6 / backup', l6, 4, '×'),
    atMost('runs that failed', result.failures.length, 0, 'runs'),
  ];
}
