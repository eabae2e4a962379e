import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { configureAlertmanager, defaultConfiguration, startAlertmanager } from '../../sandbox/alertmanager/index.js';
import { setRules, startPrometheus } from '../../sandbox/prometheus.js';
import { stopProcesses } from '../../sandbox/stop.js';
import { SANDBOX_MS } from '../setup/sandbox.js';

interface Delivery {
  authorization: string | undefined;
  body: { status: string; alerts: { labels: Record<string, string> }[] };
}

let dir: string;
let shop: Server;
const deliveries: Delivery[] = [];

const quiet = { progress: () => undefined };
const port = (server: Server): number => (server.address() as AddressInfo).port;

/** Answers Prometheus' scrapes with one metric, and takes the deliveries of Alertmanager. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-alertmanager-'));
  shop = createServer((request, response) => {
    if (request.method !== 'POST') return void response.end('orders_total{version="2"} 41\n');
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      deliveries.push({ authorization: request.headers.authorization, body: JSON.parse(text) as Delivery['body'] });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(shop, 'listening');
});
afterAll(async () => {
  await stopProcesses(dir);
  shop.close();
  await rm(dir, { recursive: true, force: true });
});

const rules = (name: string, expr: string) => ({
  shop: { groups: [{ name: 'shop', rules: [{ alert: name, expr, labels: { severity: 'critical' } }] }] },
});

async function delivered(alert: string): Promise<Delivery> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const found = deliveries.find(({ body }) => body.alerts[0]?.labels['alertname'] === alert);
    if (found) return found;
    await sleep(250);
  }
  throw new Error(`${alert} was never delivered`);
}

test(
  'an alert goes from a real Prometheus through a real Alertmanager to a webhook, with the bearer token',
  async () => {
    const token = join(dir, 'token');
    await writeFile(token, 'not-a-secret');
    const { prometheus } = await startPrometheus({
      ...{ dir, ...quiet, targets: [{ job: 'shop', targets: [`127.0.0.1:${port(shop)}`] }] },
      rules: rules('TooManyOrders', 'orders_total > 40'),
    });
    // Started later: Prometheus finds it by itself.
    const webhook = { url: `http://127.0.0.1:${port(shop)}/`, credentialsFile: token };
    const { alertmanager, pids } = await startAlertmanager({ dir, ...quiet, webhook });
    expect(Object.keys(pids)).toEqual(['alertmanager']);

    const first = await delivered('TooManyOrders');
    expect(first.authorization).toBe('Bearer not-a-secret');
    expect(first.body).toMatchObject({
      status: 'firing',
      alerts: [{ labels: { severity: 'critical', version: '2' } }],
    });

    await configureAlertmanager(alertmanager, defaultConfiguration({ url: webhook.url }));
    await setRules(dir, rules('StillTooMany', 'orders_total > 39'), prometheus.url);
    expect((await delivered('StillTooMany')).authorization).toBeUndefined();

    await expect(configureAlertmanager(alertmanager, { route: {} })).rejects.toThrow('refused its configuration');
    await expect(setRules(dir, rules('Broken', 'sum('), prometheus.url)).rejects.toThrow('refused the rules');
  },
  SANDBOX_MS,
);
