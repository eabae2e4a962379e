import { rounded } from '../kit/bars.js';
import { table } from '../kit/markdown.js';
import type { ConcurrentResult } from './suite.js';

/** Table of the concurrent suite for the docs page. */
export function concurrentTable(result: ConcurrentResult): string {
  const { rollouts, pods, namespaces, bakeSeconds, problems, totalSeconds, run, retried, wait, worker } = result;
  const cores = worker ? rounded(worker.cpuSeconds / totalSeconds) : 'not known';
  return table(
    ['Figure', 'Value'],
    [
      ['rollouts started together', `${rollouts} (${pods} pods, ${namespaces} namespaces, ${bakeSeconds} s bake)`],
      ['lost, failed or written twice', String(problems.length)],
      ['activities that needed a second attempt', String(retried)],
      ['from the first start to the last end', `${rounded(totalSeconds)} s`],
      ['one run, p50 / p95 / max', `${rounded(run.p50)} / ${rounded(run.p95)} / ${rounded(run.max)} s`],
      [
        'an activity waits for the worker, p50 / p95 / max',
        `${rounded(wait.p50)} / ${rounded(wait.p95)} / ${rounded(wait.max)} ms`,
      ],
      [
        'worker, largest resident memory',
        worker ? `${worker.maxRssMiB} MiB (${worker.idleRssMiB} MiB before)` : 'not known',
      ],
      ['worker, CPU', worker ? `${rounded(worker.cpuSeconds)} s (${cores} cores on average)` : 'not known'],
    ],
  );
}
