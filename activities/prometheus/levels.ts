import type { PrometheusClient } from './client.js';
import { range } from './firings.js';
import type { Samples } from './foldFirings.js';
import type { AlertReviewActivities, Comparison } from './types.js';

const MAX_FIRINGS = 60;
const MAX_POINTS = 2_000;

/** The level that values hold over `window` samples in a row: the greatest minimum for `>`, the least maximum for `<`. Pure. */
export function heldLevel(values: readonly number[], window: number, op: Comparison['op']): number | null {
  const rising = op.startsWith('>');
  let best: number | null = null;
  for (let from = 0; from + window <= values.length; from++) {
    const some = values.slice(from, from + window);
    const held = rising ? Math.min(...some) : Math.max(...some);
    if (Number.isFinite(held) && (best === null || (rising ? held > best : held < best))) best = held;
  }
  return best;
}

/** Whether a series is the one that an alert came from: the alert has all of its labels, and those of its rule. */
export const isSourceOf = (metric: Record<string, string>, alert: Record<string, string>): boolean =>
  Object.entries(metric).every(([name, value]) => name === '__name__' || alert[name] === value);

/** See `AlertReviewActivities.readLevels`. */
export async function readLevels(
  client: PrometheusClient,
  { comparison, forSeconds, stepSeconds, firings }: Parameters<AlertReviewActivities['readLevels']>[0],
): Promise<(number | null)[]> {
  const levels: (number | null)[] = [];
  for (const { labels, start, end } of firings.slice(0, MAX_FIRINGS)) {
    // The alert was pending for so long before it fired.
    const from = start - forSeconds;
    const step = Math.max(stepSeconds, Math.ceil((end - from) / MAX_POINTS));
    const found: Samples[] = [];
    await range(client, comparison.left, { from, to: end, step }, (samples) => found.push(...samples));
    const values = found
      .filter(({ metric }) => isSourceOf(metric, labels))
      .flatMap((one) => one.values.map(([, value]) => Number(value)));
    levels.push(heldLevel(values, Math.floor(forSeconds / step) + 1, comparison.op));
  }
  return levels;
}
