/** What a table shows of a sample; in the unit of its values. */
export interface Summary {
  n: number;
  p50: number;
  p95: number;
  max: number;
}

/**
 * Percentile `p` (0 < p ≤ 100) by the nearest-rank definition: a value that was really measured, never one between two.
 * Throws on an empty sample, which has none.
 */
export function percentile(values: readonly number[], p: number): number {
  if (!(p > 0 && p <= 100)) throw new RangeError(`percentile ${p}: must be above 0 and at most 100`);
  const found = values.toSorted((a, b) => a - b)[Math.ceil((p / 100) * values.length) - 1];
  if (found === undefined) throw new RangeError('an empty sample has no percentile');
  return found;
}

/** Throws on an empty sample. */
export const summarize = (values: readonly number[]): Summary => ({
  n: values.length,
  p50: percentile(values, 50),
  p95: percentile(values, 95),
  max: Math.max(...values),
});
