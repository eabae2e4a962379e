import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lazyAlertActivities } from '../../../activities/alertReview/lazy.js';
import { createEvidenceActivities, createFolderStore } from '../../../activities/evidence/index.js';
import type { Activities } from '../../../activities/types.js';
import { configureAlertmanager, startAlertmanager } from '../../../sandbox/alertmanager/index.js';
import { startPrometheus } from '../../../sandbox/prometheus.js';
import { stopProcesses } from '../../../sandbox/stop.js';
import { renderRouting } from '../../../workflows/alertRouting/render.js';
import { serve, type Served } from '../../activities/http/serve.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness } from '../harness.js';
import { review, routing, Tower } from './tower.js';

let harness: Harness;
let dir: string;
let target: Served;
let tower: RealTower;
let alertmanager: Awaited<ReturnType<typeof startAlertmanager>>['alertmanager'];
let errors = 0;

/** The pretended world with real servers for all that concerns alerts. */
class RealTower extends Tower {
  override activities(): Partial<Activities> {
    const store = createFolderStore(join(dir, 'evidence'));
    const documents = createEvidenceActivities({ store });
    return { ...super.activities(), ...documents, ...lazyAlertActivities(store, documents) };
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function get<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

/** Waits until Prometheus sees the alert fire, or not fire. */
async function seen(prometheus: string, firing: boolean): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const { data } = await get<{ data: { alerts: { state: string }[] } }>(`${prometheus}/api/v1/alerts`);
    if (data.alerts.some(({ state }) => state === 'firing') === firing) return;
    await sleep(250);
  }
  throw new Error(`the alert never was ${firing ? 'firing' : 'over'}`);
}

beforeAll(async () => {
  harness = await Harness.start();
  dir = await mkdtemp(join(tmpdir(), 'belay-alerts-'));
  target = await serve((_, res) =>
    res.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(`errors{pod="a"} ${errors}\n`),
  );
  const progress = (line: string) => void process.stderr.write(`${line}\n`);
  ({ alertmanager } = await startAlertmanager({ dir, progress }));
  process.env['BELAY_AMTOOL_BIN'] = join(alertmanager.bin, 'amtool');
  const rules = [{ alert: 'Flaps', expr: 'errors > 5', labels: { severity: 'warning' } }];
  const { prometheus } = await startPrometheus({
    ...{ dir, progress, targets: [{ job: 'shop', targets: [target.host] }] },
    rules: { shop: { groups: [{ name: 'shop', interval: '1s', rules }] } },
  });
  tower = new RealTower(`alerts-real-${process.pid}`, {
    prometheus: { url: prometheus.url },
    alertmanager: { url: alertmanager.url },
  });
  for (const value of [9, 0, 9, 0, 9, 0, 9, 0]) {
    errors = value;
    await seen(prometheus.url, value > 5);
    // Firings that follow one another within one look are one.
    await sleep(3_000);
  }
}, SANDBOX_MS);
afterAll(async () => {
  delete process.env['BELAY_AMTOOL_BIN'];
  await harness?.stop();
  await stopProcesses(dir);
  await target?.close();
  await rm(dir, { recursive: true, force: true });
});

test('a review of real firings, and a silence that Alertmanager has after the approval', async () => {
  await harness.with(tower, async (queue) => {
    const run = await queue.start('alertReview', { ...review, days: 0.02, applySilences: true, silenceHours: 1 });
    const { plan } = await run.until('approval', (status) => status.phase === 'awaitingApproval');
    expect(plan?.warnings).toEqual([]);
    expect(plan?.summary).toContain('1 alerts fired 4 times in 0.02 days, 4 times for nothing');
    const before = await get<unknown[]>(`${alertmanager.url}/api/v2/silences`);
    expect(before).toEqual([]);
    await run.verb('approve', { actor: 'bob', reason: 'read it', planHash: plan?.hash ?? '' });
    const report = await run.report();
    expect(report.outcome).toBe('succeeded');
    expect(await get<unknown[]>(`${alertmanager.url}/api/v2/silences`)).toEqual([
      expect.objectContaining({
        createdBy: 'alice',
        status: { state: 'active' },
        comment: expect.stringContaining(`[belay ${report.workflowId} silence/Flaps]`),
      }),
    ]);
    const kept = (await readdir(join(dir, 'evidence'), { recursive: true })).filter((file) =>
      /\.(svg|yml|json)$/.test(file),
    );
    expect(kept.map((file) => file.replace(/^.*[0-9a-f]{12}-?/, '')).toSorted()).toEqual(
      ['.json', 'durations.svg', 'firings.svg', 'proposals.svg', 'rules.yml', 'week.svg'].toSorted(),
    );
  });
}, 120_000);

test('the next review knows the rules of the one before', async () => {
  await harness.with(tower, async (queue) => {
    const report = await (await queue.start('alertReview', { ...review, days: 0.02, dryRun: true })).report();
    expect(report.steps.find(({ name }) => name === 'Work out the figures')?.evidence).toMatchObject({
      figures: [{ alert: 'Flaps', firings: 4, ruleChange: { since: expect.any(String) } }],
    });
    const [since] = JSON.stringify(report.steps).match(/(?<="ruleChange":\{"since":")[^"]+/) ?? [report.startedAt];
    expect(Date.parse(since)).toBeLessThan(Date.parse(report.startedAt));
  });
}, 120_000);

test('routes: other ones run at first; the same after they were taken over', async () => {
  await harness.with(tower, async (queue) => {
    const first = await (await queue.start('alertRouting', routing)).report();
    expect(first.summary).toMatch(/valid, \d+ differences to what runs/);
    await configureAlertmanager(alertmanager, renderRouting(tower.system).config);
    const second = await (await queue.start('alertRouting', { ...routing, failOnDifference: true })).report();
    expect(second.summary).toContain('valid, the same as runs');
  });
}, 120_000);
