import { rounded } from '../kit/bars.js';
import { table } from '../kit/markdown.js';
import { longestOf, median, ratioOf, type EmergencyResult } from './figures.js';
import type { Measured } from './measure.js';
import type { WayName } from './ways.js';

function cell<Times extends object>(runs: Record<WayName, Measured<Times>[]>, moment: keyof Times): string {
  const [ours, bare] = [median(runs.belay, moment), median(runs.kubectl, moment)];
  return `${rounded(ours)} / ${rounded(bare)} (${rounded(ratioOf(runs, moment))} ×)`;
}

/** Tables of the emergency suite for the docs page: Belay / kubectl in seconds. */
export function emergencyTable({ sizes, repeats, kubectl, strays }: EmergencyResult): string {
  const down = sizes.map(({ workloads, down: runs }) => [
    String(workloads),
    ...[cell(runs, 'dark'), cell(runs, 'gone'), cell(runs, 'end')],
    rounded(longestOf(runs.belay, 'takeSnapshot') / 1_000),
  ]);
  const up = sizes.map(({ workloads, up: runs }) => [String(workloads), cell(runs, 'ready'), cell(runs, 'end')]);
  const intro = `Seconds, Belay / kubectl (ratio); medians of ${repeats} interleaved rounds; kubectl ${kubectl}.`;
  const parts = [
    intro,
    table(
      ['Workloads: shutdown', 'no endpoint ready', 'no pod left', 'the program says done', 'snapshot, longest'],
      down,
    ),
    table(['Workloads: recovery', 'every endpoint ready', 'the program says done'], up),
  ];
  if (strays.length > 0) parts.push(strays.map((stray) => `- ${stray}`).join('\n'));
  return parts.join('\n\n');
}
