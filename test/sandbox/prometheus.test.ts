import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPrometheus } from '../../sandbox/prometheus.js';
import { stopProcesses } from '../../sandbox/stop.js';
import { SANDBOX_MS } from '../setup/sandbox.js';

let dir: string;
let target: Server;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-prometheus-'));
  target = createServer((_request, response) => response.end('orders_total{version="2"} 41\n')).listen(0, '127.0.0.1');
  await once(target, 'listening');
});
afterAll(async () => {
  await stopProcesses(dir);
  target.close();
  await rm(dir, { recursive: true, force: true });
});

async function query(url: string): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/query?query=orders_total`);
  const { data } = (await response.json()) as { data: { result: { metric: object; value: [number, string] }[] } };
  return data.result.map(({ metric, value }) => ({ ...metric, value: value[1] }));
}

test(
  'a real Prometheus scrapes what it is given',
  async () => {
    const { port } = target.address() as AddressInfo;
    const jobs = [{ job: 'shop', targets: [`127.0.0.1:${port}`] }];
    const { prometheus, pids } = await startPrometheus({ dir, targets: jobs, progress: () => undefined });
    expect(Object.keys(pids)).toEqual(['prometheus']);
    let found: unknown = [];
    for (let attempt = 0; attempt < 60 && JSON.stringify(found) === '[]'; attempt++) {
      found = await query(prometheus.url);
      await sleep(500);
    }
    expect(found).toEqual([expect.objectContaining({ job: 'shop', version: '2', value: '41' })]);
  },
  SANDBOX_MS,
);
