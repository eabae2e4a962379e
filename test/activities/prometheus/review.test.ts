import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createAlertReviewActivities } from '../../../activities/prometheus/index.js';
import type { Firings } from '../../../activities/prometheus/types.js';
import { stopProcesses } from '../../../sandbox/stop.js';
import { startPrometheus } from '../../../sandbox/prometheus.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { inActivity } from '../http/inActivity.js';
import { serve, type Served } from '../http/serve.js';

const activities = createAlertReviewActivities();
let dir = '';
let target: Served | undefined;
let url = '';
let errors = 0;
const started = Math.floor(Date.now() / 1_000);

const read = (match: Record<string, string> = {}): Promise<Firings> => {
  const span = { from: started - 60, to: Math.floor(Date.now() / 1_000), stepSeconds: 1 };
  return inActivity(activities.readFirings, { url, timeoutSeconds: 10, ...span, match, timeZone: 'UTC' });
};

/** Looks until the firings are so. */
async function until(what: string, holds: (found: Firings) => boolean): Promise<Firings> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const found = await read();
    if (holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`never: ${what}`);
}

const of = (found: Firings, name: string) => found.series.find(({ labels }) => labels['alertname'] === name);

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'belay-review-'));
  target = await serve((_, res) =>
    res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`errors{pod="a"} ${errors}\nsteady 1\n`),
  );
  const rules = [
    { alert: 'Errors', expr: 'errors > 5', for: '2s', labels: { severity: 'warning' } },
    { alert: 'Steady', expr: 'steady == 1', labels: { severity: 'critical' } },
    { record: 'nothing:of:ours', expr: 'errors' },
  ];
  const { prometheus } = await startPrometheus({
    ...{
      dir,
      targets: [{ job: 'shop', targets: [target.host] }],
      progress: (line) => process.stderr.write(`${line}\n`),
    },
    rules: { shop: { groups: [{ name: 'shop', interval: '1s', rules }] } },
  });
  url = prometheus.url;
}, SANDBOX_MS);
afterAll(async () => {
  await stopProcesses(dir);
  await target?.close();
  await rm(dir, { recursive: true, force: true });
});

describe('a real Prometheus', () => {
  test(
    'firings of its rules, one after the other, and the levels behind them',
    async () => {
      await until('Steady fires', (found) => of(found, 'Steady') !== undefined);
      errors = 8;
      await until('Errors fires', (found) => of(found, 'Errors')?.firings.length === 1);
      errors = 0;
      // Only a look after its end can tell the second firing from the first.
      await until('Errors is over', (found) => (of(found, 'Errors')?.firings[0]?.[1] ?? found.to) < found.to - 2);
      errors = 20;
      const found = await until('Errors fires again', (one) => of(one, 'Errors')?.firings.length === 2);
      errors = 0;

      const series = of(found, 'Errors');
      expect(series?.labels).toEqual({
        alertname: 'Errors',
        job: 'shop',
        pod: 'a',
        severity: 'warning',
        instance: target?.host,
      });
      const [first, second] = series?.firings ?? [];
      if (!first || !second) throw new Error('two firings are needed');
      expect(first[1]).toBeLessThan(second[0]);
      expect(of(found, 'Steady')?.firings).toHaveLength(1);
      expect((await read({ severity: 'crit.*' })).series.map(({ labels }) => labels['alertname'])).toEqual(['Steady']);

      const levels = await inActivity(activities.readLevels, {
        ...{ url, timeoutSeconds: 10, comparison: { left: 'errors', op: '>' as const, value: 5 } },
        ...{ forSeconds: 2, stepSeconds: 1 },
        firings: [first, second].map(([start, end]) => ({ labels: series?.labels ?? {}, start, end })),
      });
      expect(levels).toEqual([8, 20]);
    },
    SANDBOX_MS,
  );

  test('its alerting rules', async () => {
    const { rules, cut } = await inActivity(activities.readAlertRules, { url, timeoutSeconds: 10 });
    expect(cut).toBe(false);
    expect(
      rules.map(({ name, forSeconds, intervalSeconds, labels, comparison }) => ({
        ...{ name, forSeconds, intervalSeconds, labels, comparison },
      })),
    ).toEqual([
      {
        ...{ name: 'Errors', forSeconds: 2, intervalSeconds: 1, labels: { severity: 'warning' } },
        comparison: { left: 'errors', op: '>', value: 5 },
      },
      { name: 'Steady', forSeconds: 0, intervalSeconds: 1, labels: { severity: 'critical' }, comparison: undefined },
    ]);
  });
});
