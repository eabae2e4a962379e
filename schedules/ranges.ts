/** An arithmetic progression, both ends included. */
export interface Range {
  start: number;
  end: number;
  step: number;
}

/** Sorted numbers as few ranges: one stepped range where they form one, else runs of neighbours. Pure. */
export function toRanges(values: readonly number[]): Range[] {
  const [first, second] = values;
  const last = values.at(-1);
  if (first === undefined || last === undefined) return [];
  const step = (second ?? first) - first;
  if (values.length > 2 && values.every((value, index) => value === first + index * step))
    return [{ start: first, end: last, step }];
  const ranges: Range[] = [];
  for (const value of values) {
    const open = ranges.at(-1);
    if (open !== undefined && value === open.end + 1) open.end = value;
    else ranges.push({ start: value, end: value, step: 1 });
  }
  return ranges;
}

/** All numbers of some ranges, sorted. As the server reads them: an end before the start counts as the start, a step below 1 as 1. */
export function fromRanges(ranges: readonly Range[]): number[] {
  const all = ranges.flatMap(({ start, end, step }) => {
    const by = Math.max(1, step);
    return Array.from(
      { length: Math.floor((Math.max(start, end) - start) / by) + 1 },
      (_, index) => start + index * by,
    );
  });
  return [...new Set(all)].toSorted((a, b) => a - b);
}

/** One field of a cron line that means these numbers, out of `low` to `high`. */
export function cronField(values: readonly number[], low: number, high: number): string {
  if (values.length === high - low + 1) return '*';
  return toRanges(values)
    .map(({ start, end, step }) => {
      if (start === end) return String(start);
      if (step === 1) return `${start}-${end}`;
      return start === low && end + step > high ? `*/${step}` : `${start}-${end}/${step}`;
    })
    .join(',');
}
