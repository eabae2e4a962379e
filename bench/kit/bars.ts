/** A limit that a figure must keep; the benchmark fails when one does not. */
export interface Bar {
  name: string;
  actual: number;
  /** Greatest value that is still good. */
  limit: number;
  unit: string;
}

export const isMet = ({ actual, limit }: Bar): boolean => actual <= limit;

/** One line for a person, e.g. `ok      wrong tag rolled back, p95: 14.2 s (at most 30 s)`. */
export const barLine = (bar: Bar): string =>
  `${isMet(bar) ? 'ok    ' : 'MISSED'}  ${bar.name}: ${rounded(bar.actual)} ${bar.unit} (at most ${bar.limit} ${bar.unit})`;

/** Three significant digits below a thousand; whole numbers above. */
export function rounded(value: number): string {
  return Math.abs(value) >= 1_000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}
