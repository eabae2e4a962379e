import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { stringify } from 'yaml';
import { findOrInstall } from '../../sandbox/kit/program.js';
import { prometheusProgram } from '../../sandbox/prometheus.js';
import { packagedSystems } from '../../systems/directories.js';
import { loadSystem } from '../../systems/load.js';
import type { MetricGate } from '../../systems/schema.js';
import { folderWith } from './describeFile.js';

/** Prometheus' own promtool evaluates the queries of the described systems over series that we make up. */
let promtool = '';
beforeAll(async () => {
  promtool = join(dirname(await findOrInstall(prometheusProgram, () => undefined)), 'promtool');
});

const dirs = [packagedSystems()];
const gates = ['canvas', 'intendly', 'ai-orchestrator', 'intelligent-agent'].flatMap((name) => {
  const { workloads } = loadSystem(name, { dirs }).system;
  return workloads.flatMap((workload) => workload.gates.map((gate) => ({ title: `${name} ${workload.name}`, gate })));
});
const named = (name: string) => gates.filter(({ gate }) => gate.name === name);

function filled(query: string, gate: MetricGate): string {
  const values: Record<string, string> = { namespace: 'ns', newPods: 'new-1|new-2', window: `${gate.windowSeconds}s` };
  return query.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');
}

/** promtool's verdict on what the query gives after 20 minutes; series are `labels: increase in 15 s`, null expects an empty answer. */
async function verdict(query: string, metric: string, series: Record<string, number>, value: number | null) {
  const folder = folderWith({
    'test.yaml': stringify({
      tests: [
        {
          interval: '15s',
          input_series: Object.entries(series).map(([labels, step]) => ({
            series: `${metric}{${labels}}`,
            values: `0+${step}x100`,
          })),
          promql_expr_test: [
            { expr: query, eval_time: '20m', exp_samples: value === null ? [] : [{ labels: '{}', value }] },
          ],
        },
      ],
    }),
  });
  const { stdout } = await promisify(execFile)(promtool, ['test', 'rules', join(folder, 'test.yaml')]);
  return stdout;
}

const requests = (pod: string, status: number) => `namespace="ns",pod="${pod}",status="${status}"`;

describe('error rate', () => {
  const metric = 'http_requests_total';
  test.each(named('error rate'))('$title', async ({ gate }) => {
    const query = filled(gate.query, gate);
    // A quarter of the new pods' answers are errors; the old pods and other namespaces do not count.
    const mixed = {
      [requests('new-1', 200)]: 30,
      [requests('new-1', 503)]: 15,
      [requests('new-2', 200)]: 15,
      [requests('old-1', 500)]: 600,
      'namespace="other",pod="new-1",status="500"': 600,
    };
    expect(await verdict(query, metric, mixed, 0.25)).toContain('SUCCESS');
    // Never an error: zero, although there is no series of errors.
    expect(await verdict(query, metric, { [requests('new-1', 200)]: 30 }, 0)).toContain('SUCCESS');
    // Nothing of the new pods yet: no verdict.
    expect(await verdict(query, metric, { [requests('old-1', 200)]: 30 }, null)).toContain('SUCCESS');
    expect(await verdict(filled(gate.traffic?.query ?? '', gate), metric, mixed, 4)).toContain('SUCCESS');
  });
});

describe('p95 latency', () => {
  test.each(named('p95 latency'))('$title', async ({ gate }) => {
    const bucket = (pod: string, le: string) => `namespace="ns",pod="${pod}",le="${le}"`;
    const series = {
      [bucket('new-1', '0.5')]: 0,
      [bucket('new-1', '1.5')]: 30,
      [bucket('new-1', '+Inf')]: 30,
      [bucket('new-2', '0.5')]: 0,
      [bucket('new-2', '1.5')]: 30,
      [bucket('new-2', '+Inf')]: 30,
      [bucket('old-1', '0.5')]: 900,
      [bucket('old-1', '1.5')]: 900,
      [bucket('old-1', '+Inf')]: 900,
    };
    expect(await verdict(filled(gate.query, gate), 'http_request_duration_seconds_bucket', series, 1.45)).toContain(
      'SUCCESS',
    );
    expect(await verdict(filled(gate.query, gate), 'http_request_duration_seconds_bucket', {}, null)).toContain(
      'SUCCESS',
    );
  });
});
