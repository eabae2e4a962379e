import { ApiException, type V1Node, type V1Pod } from '@kubernetes/client-node';
import { handle, sendJson, serveTls } from '../host/http.js';
import type { TlsPort } from '../host/types.js';
import type { Cluster } from '../kubernetes/client.js';
import { nodeMetrics, podMetrics } from './usage.js';

const API = '/apis/metrics.k8s.io/v1beta1';

const RESOURCES = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'metrics.k8s.io/v1beta1',
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
};

/**
 * metrics.k8s.io/v1beta1 as metrics-server serves it, for `kubectl top` and autoscalers. Only the API server's aggregator,
 * which has already authorised the request, holds a certificate that this port accepts.
 */
export async function serveMetricsApi(cluster: Cluster, tls: TlsPort): Promise<void> {
  await serveTls(
    tls,
    handle(async (request, response) => {
      const url = new URL(request.url ?? '/', 'https://localhost');
      const answer = await read(cluster, url.pathname, url.searchParams.get('labelSelector') ?? undefined);
      if (answer) return sendJson(response, 200, answer);
      const message = `${url.pathname} was not found`;
      const failure = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'NotFound', code: 404, message };
      return sendJson(response, 404, failure);
    }),
  );
}

async function read(cluster: Cluster, path: string, selector: string | undefined): Promise<object | undefined> {
  if (path === API) return RESOURCES;
  if (!path.startsWith(`${API}/`)) return undefined;
  const parts = path
    .slice(API.length + 1)
    .split('/')
    .map(decodeURIComponent);
  const query = selector === undefined ? {} : { labelSelector: selector };
  if (parts[0] === 'nodes') {
    const pods = running((await cluster.core.listPodForAllNamespaces()).items);
    const measure = (node: V1Node): object => nodeMetrics(node, pods);
    if (parts[1] === undefined) return list('NodeMetricsList', (await cluster.core.listNode(query)).items.map(measure));
    const node = await found(cluster.core.readNode({ name: parts[1] }));
    return node && measure(node);
  }
  if (parts[0] === 'pods') {
    return list('PodMetricsList', running((await cluster.core.listPodForAllNamespaces(query)).items).map(podMetrics));
  }
  const [, namespace, , name] = parts;
  if (parts[0] !== 'namespaces' || namespace === undefined || parts[2] !== 'pods') return undefined;
  if (name === undefined) {
    const pods = await cluster.core.listNamespacedPod({ namespace, ...query });
    return list('PodMetricsList', running(pods.items).map(podMetrics));
  }
  const pod = await found(cluster.core.readNamespacedPod({ namespace, name }));
  return pod && running([pod]).map(podMetrics)[0];
}

function running(pods: V1Pod[]): V1Pod[] {
  return pods.filter(({ status }) => status?.containerStatuses?.some(({ state }) => state?.running));
}

function list(kind: string, items: object[]): object {
  return { kind, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items };
}

async function found<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
