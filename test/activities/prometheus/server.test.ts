import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPrometheusActivities } from '../../../activities/prometheus/index.js';
import { stopPid } from '../../../sandbox/kit/process.js';
import { startPrometheus } from '../../../sandbox/prometheus.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { inActivity } from '../http/inActivity.js';
import { serve, type Served } from '../http/serve.js';

const METRICS = `# TYPE ratio gauge
ratio{pod="new"} 0.25
nothing_yet NaN
per_pod{pod="a"} 1
per_pod{pod="b"} 2
`;

const { measure } = createPrometheusActivities();
let dir = '';
let pid: number | undefined;
let target: Served | undefined;
let url = '';
const ask = (query: string) => inActivity(measure, { url, query, timeoutSeconds: 10 });

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'belay-prometheus-'));
  target = await serve((_, res) => res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(METRICS));
  const targets = [{ job: 'test', targets: [target.host] }];
  const started = await startPrometheus({ dir, targets, progress: (line) => process.stderr.write(`${line}\n`) });
  pid = started.pids['prometheus'];
  url = started.prometheus.url;
  // The first scrape comes within the scrape interval.
  for (let i = 0; i < 300 && (await ask('ratio')).kind !== 'value'; i++) await new Promise((r) => setTimeout(r, 100));
}, SANDBOX_MS);
afterAll(async () => {
  if (pid !== undefined) await stopPid(pid, 5_000);
  await target?.close();
  await rm(dir, { recursive: true, force: true });
});

describe('measure, on a real Prometheus', () => {
  test.each([
    ['ratio', 0.25],
    ['scalar(ratio) * 2', 0.5],
    ['42', 42],
    ['sum(per_pod)', 3],
    ['ratio{pod=~"new|other"} > 0.1', 0.25],
  ])('%s has a value', async (query, value) => {
    expect(await ask(query)).toEqual({ kind: 'value', value });
  });

  test.each([
    ['absent_metric', 'empty'],
    ['ratio > 1', 'empty'],
    ['nothing_yet', 'NaN'],
    ['0/0', 'NaN'],
    ['1/0', 'notANumber'],
    ['per_pod', 'severalSeries'],
    ['ratio[1m]', 'notANumber'],
    ['"text"', 'notANumber'],
  ])('%s has no verdict: %s', async (query, why) => {
    expect(await ask(query)).toMatchObject({ kind: 'noVerdict', why });
  });

  test.each([
    ['sum(ratio', /refused the query \(bad_data\): .*parse error/],
    ['', /refused the query \(bad_data\)/],
    ['rate(ratio)', /refused the query \(bad_data\): .*expected type range vector/],
  ])('%j is an error with Prometheus’ own words', async (query, detail) => {
    expect(await ask(query)).toEqual({ kind: 'error', detail: expect.stringMatching(detail) });
  });

  test('what is not Prometheus is an error', async () => {
    const result = await inActivity(measure, { url: target?.url ?? '', query: 'ratio', timeoutSeconds: 5 });
    expect(result).toEqual({ kind: 'error', detail: expect.stringContaining('Expected the Prometheus API') });
  });
});
