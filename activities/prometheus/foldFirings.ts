import type { FiringSeries } from './types.js';

/** Samples of one series of a range query: instant in seconds, value as text. */
export interface Samples {
  metric: Record<string, string>;
  values: [number, string][];
}

type Span = [start: number, end: number];

/** Makes firings of the samples of `ALERTS`, which come piece by piece in the order of time. Pure but for its own state. */
export class FoldFirings {
  private readonly spans = new Map<string, { labels: Record<string, string>; spans: Span[] }>();
  private count = 0;
  /** There was more than was taken. */
  cut = false;

  constructor(
    private readonly stepSeconds: number,
    private readonly limits: { series: number; firings: number },
  ) {}

  add(pieces: readonly Samples[]): void {
    for (const { metric, values } of pieces) {
      const series = this.seriesOf(metric);
      if (series) for (const [at] of values) this.seen(series.spans, at);
    }
  }

  private seriesOf(metric: Record<string, string>): { spans: Span[] } | undefined {
    const { __name__: _name, alertstate: _state, ...labels } = metric;
    const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const known = this.spans.get(key);
    if (known) return known;
    if (this.spans.size >= this.limits.series) {
      this.cut = true;
      return undefined;
    }
    const fresh = { labels, spans: [] };
    this.spans.set(key, fresh);
    return fresh;
  }

  private seen(spans: Span[], at: number): void {
    const last = spans.at(-1);
    // Half a step of slack: instants are rounded to milliseconds.
    if (last && at - last[1] < this.stepSeconds / 2) {
      last[1] = Math.max(last[1], at + this.stepSeconds);
      return;
    }
    if (this.count >= this.limits.firings) {
      this.cut = true;
      return;
    }
    this.count += 1;
    spans.push([at, at + this.stepSeconds]);
  }

  /** All firings, the end of none later than `to`; `minuteOfWeek` tells the local time of an instant in seconds. */
  end(to: number, minuteOfWeek: (at: number) => number): FiringSeries[] {
    return [...this.spans.values()].map(({ labels, spans }) => ({
      labels,
      firings: spans.map(([start, end]) => [start, Math.min(end, to), minuteOfWeek(start)]),
    }));
  }
}
