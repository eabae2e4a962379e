import { Counter, Histogram, Registry } from 'prom-client';

const KEEP_MS = 120_000;
const LABELS = ['namespace', 'service', 'pod', 'version'] as const;

export interface Series {
  namespace: string;
  service: string;
  /** Empty when no pod was ready. */
  pod: string;
  version: string;
}

/** Request metrics as services export them themselves: one series per pod, on one page. */
export class RequestMetrics {
  readonly #registry = new Registry();
  readonly #total = new Counter({
    name: 'http_requests_total',
    help: 'Requests answered.',
    labelNames: [...LABELS, 'status'],
    registers: [this.#registry],
  });
  readonly #duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time until the answer.',
    labelNames: LABELS,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.#registry],
  });
  readonly #seen = new Map<string, { series: Series; statuses: Set<string>; goneSince?: number }>();

  get contentType(): string {
    return this.#registry.contentType;
  }

  observe(series: Series, status: number, seconds: number): void {
    const { namespace, service, pod, version } = series;
    const labels = { namespace, service, pod, version };
    const key = JSON.stringify([namespace, service, pod, version]);
    const entry = this.#seen.get(key) ?? { series: labels, statuses: new Set<string>() };
    this.#seen.set(key, entry);
    entry.statuses.add(String(status));
    this.#total.inc({ ...labels, status: String(status) });
    this.#duration.observe(labels, seconds);
  }

  /** The page that Prometheus scrapes. */
  page(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Drops the series of pods that are gone for two minutes: time enough for the last scrape. */
  prune(exists: (series: Series) => boolean): void {
    const now = Date.now();
    for (const [key, entry] of this.#seen) {
      const { series, statuses } = entry;
      if (series.pod === '' || exists(series)) {
        delete entry.goneSince;
        continue;
      }
      entry.goneSince ??= now;
      if (now - entry.goneSince < KEEP_MS) continue;
      for (const status of statuses) this.#total.remove({ ...series, status });
      this.#duration.remove({ ...series });
      this.#seen.delete(key);
    }
  }
}
