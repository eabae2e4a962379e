import { rounded } from '../kit/bars.js';
import { table } from '../kit/markdown.js';
import type { Summary } from '../kit/stats.js';
import type { WorkerResult } from './suite.js';

const spread = (name: string, summary: Summary | undefined): string[][] =>
  summary ? [[name, String(summary.n), `${[summary.p50, summary.p95, summary.max].map(rounded).join(' / ')} ms`]] : [];

/** Table of the worker suite for the docs page. */
export function workerTable({ idle, all, cpu, bundleBytes }: WorkerResult): string {
  return table(
    ['Figure', 'starts', 'p50 / p95 / max'],
    [
      ...spread('spawn → ready, while others used less than half a core', idle),
      ...spread('spawn → ready, all starts', all),
      ...spread('CPU time until ready, all threads', cpu),
      ['workflow bundle', '', `${rounded(bundleBytes / 1024)} KiB`],
    ],
  );
}
