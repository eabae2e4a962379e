import { ApiException, type V1ContainerStatus, type V1Pod } from '@kubernetes/client-node';
import type { Cluster } from '../kubernetes/client.js';
import { containerLog } from './containerLog.js';
import { handle, serveTls } from './http.js';
import type { TlsPort } from './types.js';

const FOLLOW_MS = 10 * 60_000;

/** What the API server asks a kubelet for `kubectl logs`: `/containerLogs/<namespace>/<pod>/<container>`. */
export async function serveKubelet(cluster: Cluster, tls: TlsPort): Promise<void> {
  await serveTls(
    tls,
    handle(async (request, response) => {
      const url = new URL(request.url ?? '/', 'https://localhost');
      const [, what, namespace = '', name = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
      const reply = (status: number, text: string): void => {
        response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
      };
      if (url.pathname === '/healthz') return reply(200, 'ok');
      if (what !== 'containerLogs') return reply(404, '404 page not found\n');
      const pod = await readPod(cluster, namespace, name);
      const status = pod && statusOf(pod, container);
      if (!status) return reply(404, `container ${container} not found in pod ${name}`);
      const previous = url.searchParams.get('previous') === 'true';
      const log = containerLog(name, status, { ...options(url.searchParams), previous });
      if (log.error !== undefined) return reply(400, log.error);
      if (url.searchParams.get('follow') !== 'true' || !status.state?.running || previous) return reply(200, log.text);
      response.writeHead(200, { 'content-type': 'text/plain' }).write(log.text);
      const timer = setTimeout(() => response.end(), FOLLOW_MS);
      response.once('close', () => clearTimeout(timer));
    }),
  );
}

async function readPod(cluster: Cluster, namespace: string, name: string): Promise<V1Pod | undefined> {
  try {
    return await cluster.core.readNamespacedPod({ namespace, name });
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}

function statusOf({ status }: V1Pod, container: string): V1ContainerStatus | undefined {
  return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container,
  );
}

function options(query: URLSearchParams) {
  const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
  const since = query.get('sinceTime');
  return {
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    since: since ? Date.parse(since) : Date.now() - (number('sinceSeconds') ?? Infinity) * 1000,
    timestamps: query.get('timestamps') === 'true',
  };
}
