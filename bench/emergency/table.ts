import { rounded } from '../kit/bars.js';
import { table } from '../kit/markdown.js';
import { longestOf, median, ratioOf, type EmergencyResult } from './figures.js';
import type { Measured } from './measure.js';
import { WAYS, type WayName } from './ways.js';

const TITLES: Record<WayName, string> = {
  belay: 'Belay',
  kubectl: 'bare command',
  parallel: 'kubectl, 8 processes',
};

/** Seconds; of the others with what Belay needs in times of that. */
function cell<Times extends object>(
  runs: Record<WayName, Measured<Times>[]>,
  way: WayName,
  moment: keyof Times,
): string {
  const seconds = rounded(median(runs[way], moment));
  return way === 'belay' ? seconds : `${seconds} (${rounded(ratioOf(runs, moment, way))} ×)`;
}

/** Tables of the emergency suite for the docs page. */
export function emergencyTable({ sizes, repeats, kubectl, strays }: EmergencyResult): string {
  const rows = sizes.flatMap(({ workloads, down, up }) =>
    WAYS.map((way) => [
      `${workloads}: ${TITLES[way]}`,
      ...[cell(down, way, 'dark'), cell(down, way, 'gone'), cell(down, way, 'end')],
      ...[cell(up, way, 'ready'), cell(up, way, 'end')],
    ]),
  );
  const snapshots = sizes.map(
    ({ workloads, down }) => `${workloads}: ${rounded(longestOf(down.belay, 'takeSnapshot') / 1_000)} s`,
  );
  const head = ['Workloads', 'no endpoint ready', 'no pod left', 'shutdown says done', 'all ready again'];
  return [
    `Seconds, medians of ${repeats} interleaved rounds; in parentheses Belay in times of that. kubectl ${kubectl}.`,
    table([...head, 'recovery says done'], rows),
    `The snapshot took at most, by workloads: ${snapshots.join(', ')}.`,
    ...(strays.length > 0 ? [strays.map((stray) => `- ${stray}`).join('\n')] : []),
  ].join('\n\n');
}
