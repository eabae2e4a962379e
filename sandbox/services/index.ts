import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { handle, listen, sendJson } from '../host/http.js';
import type { Cluster } from '../kubernetes/client.js';
import { forgetPods, nextAnswer } from './behaviour.js';
import { watchEndpoints, type Endpoint, type Endpoints } from './endpoints.js';
import { RequestMetrics } from './metrics.js';
import { generateTraffic } from './traffic.js';

const PRUNE_MS = 10_000;

/** What a service answers to one request. */
export interface ServiceAnswer {
  status: number;
  endpoint: Endpoint | undefined;
  version: string;
}

/**
 * Serves `/<namespace>/<service>/<any path>` as the service's ready pods would answer, in turn, `/metrics` and `/healthz`,
 * over plain HTTP on 127.0.0.1. Generates the traffic that services ask for by the label `belay.dev/traffic`.
 */
export async function serveServices(cluster: Cluster, port: number): Promise<{ url: string }> {
  const endpoints = await watchEndpoints(cluster);
  const metrics = new RequestMetrics();
  const ask = requests(endpoints, metrics);
  const server = createServer(
    handle(async (request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname === '/healthz') return sendJson(response, 200, { status: 'healthy' });
      if (pathname === '/metrics') {
        const page = await metrics.page();
        response.writeHead(200, { 'content-type': metrics.contentType }).end(page);
        return;
      }
      const [, namespace = '', service = ''] = pathname.split('/').map(decodeURIComponent);
      if (!endpoints.exists(namespace, service)) {
        return sendJson(response, 404, { error: `no service ${service} in namespace ${namespace}` });
      }
      const { status, endpoint, version } = await ask(namespace, service);
      if (!endpoint) return sendJson(response, status, { error: 'no ready endpoints', service });
      const body = { status: status === 200 ? 'healthy' : 'error', service, version, pod: endpoint.pod };
      return sendJson(response, status, body, { 'x-pod': endpoint.pod });
    }),
  );
  await listen(server, port);
  generateTraffic(endpoints, ask);
  setInterval(() => {
    metrics.prune(({ namespace, pod }) => endpoints.hasPod(`${namespace}/${pod}`));
    forgetPods(endpoints.hasPod);
  }, PRUNE_MS);
  return { url: `http://127.0.0.1:${port}` };
}

function requests(endpoints: Endpoints, metrics: RequestMetrics) {
  const turns = new Map<string, number>();
  return async (namespace: string, service: string): Promise<ServiceAnswer> => {
    const started = performance.now();
    const ready = endpoints.ready(namespace, service);
    const turn = turns.get(`${namespace}/${service}`) ?? 0;
    turns.set(`${namespace}/${service}`, turn + 1);
    const endpoint = ready[turn % Math.max(ready.length, 1)];
    if (!endpoint) {
      metrics.observe({ namespace, service, pod: '', version: '' }, 503, 0);
      return { status: 503, endpoint: undefined, version: '' };
    }
    const { status, delayMs, version } = nextAnswer(`${namespace}/${endpoint.pod}`, endpoint.image);
    if (delayMs > 0) await sleep(delayMs);
    metrics.observe({ namespace, service, pod: endpoint.pod, version }, status, (performance.now() - started) / 1000);
    return { status, endpoint, version };
  };
}
