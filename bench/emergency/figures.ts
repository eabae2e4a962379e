import type { Bar } from '../kit/bars.js';
import { percentile } from '../kit/stats.js';
import type { DownTimes, Measured, UpTimes } from './measure.js';
import type { WayName } from './ways.js';

/** All rounds of one size, way by way, in the order in which they were measured. */
export interface SizeResult {
  workloads: number;
  down: Record<WayName, Measured<DownTimes>[]>;
  up: Record<WayName, Measured<UpTimes>[]>;
}

export interface EmergencyResult {
  sizes: SizeResult[];
  repeats: number;
  kubectl: string;
  /** Rounds that took another course, with the reason. */
  strays: string[];
}

/** Median, in seconds; NaN when nothing was measured, which misses every bar. */
export function median<Times extends object>(runs: readonly Measured<Times>[], moment: keyof Times): number {
  const values = runs.map(({ times }) => Number(times[moment]));
  return values.length === 0 ? Number.NaN : percentile(values, 50);
}

/** Longest time of an activity over all rounds, in milliseconds; NaN when no round had it. */
export function longestOf(runs: readonly Measured<object>[], activity: string): number {
  const found = runs.flatMap(({ activities }) => activities[activity] ?? []);
  return found.length === 0 ? Number.NaN : Math.max(...found);
}

/** Ours over another way's, the bare command's by default; by medians. */
export const ratioOf = <Times extends object>(
  runs: Record<WayName, Measured<Times>[]>,
  moment: keyof Times,
  other: WayName = 'kubectl',
): number => median(runs.belay, moment) / median(runs[other], moment);

/** Greatest that a shutdown may take, in times of the bare command. */
const SHUTDOWN_LIMIT = 1.2;
const SNAPSHOT_SECONDS = 2;

/** Limits of the emergency suite. */
export function barsOf({ sizes, strays }: EmergencyResult): Bar[] {
  const shutdowns = sizes.flatMap(({ workloads, down }) => [
    {
      ...{ name: `${workloads} workloads: no endpoint ready / bare command`, unit: '×' },
      ...{ actual: ratioOf(down, 'dark'), limit: SHUTDOWN_LIMIT },
    },
    {
      ...{ name: `${workloads} workloads: no pod left / bare command`, unit: '×' },
      ...{ actual: ratioOf(down, 'gone'), limit: SHUTDOWN_LIMIT },
    },
  ]);
  const snapshots = sizes.map(({ workloads, down }) => ({
    ...{ name: `${workloads} workloads: snapshot, longest`, unit: 's' },
    ...{ actual: longestOf(down.belay, 'takeSnapshot') / 1_000, limit: SNAPSHOT_SECONDS },
  }));
  return [
    ...shutdowns,
    ...snapshots,
    { name: 'rounds that took another course', actual: strays.length, limit: 0, unit: 'rounds' },
  ];
}
