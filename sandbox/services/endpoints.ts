import {
  makeInformer,
  type KubernetesListObject,
  type KubernetesObject,
  type V1EndpointSlice,
  type V1ObjectMeta,
  type V1Pod,
  type V1Service,
} from '@kubernetes/client-node';
import type { Cluster } from '../kubernetes/client.js';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const RESTART_MS = 1_000;
/** A slip of the finger in a label must not take the machine down. */
const MAX_RPS = 1_000;

/** A pod that a service sends requests to. */
export interface Endpoint {
  namespace: string;
  pod: string;
  image: string;
}

/** What the services part needs to know of the cluster, kept up to date by watches. */
export interface Endpoints {
  /** Whether there is a Service of this name. */
  exists(namespace: string, service: string): boolean;
  /** Ready pods of a service, in a stable order. */
  ready(namespace: string, service: string): Endpoint[];
  /** Services that ask for traffic by the label `belay.dev/traffic`, in requests per second. */
  traffic(): { namespace: string; service: string; rps: number }[];
  /** Whether a pod, `<namespace>/<name>`, still exists. */
  hasPod(this: void, pod: string): boolean;
}

/** Watches services, endpoint slices and pods of all namespaces; resolves when the first lists are complete. */
export async function watchEndpoints(cluster: Cluster): Promise<Endpoints> {
  const { core, discovery } = cluster;
  // Every request asks for the ready pods, but they change seldom.
  const cache = new Map<string, Endpoint[]>();
  const changed = (): void => cache.clear();
  const [pods, slices, services] = await Promise.all([
    watch<V1Pod>(cluster, '/api/v1/pods', () => core.listPodForAllNamespaces(), changed),
    watch<V1EndpointSlice>(
      cluster,
      '/apis/discovery.k8s.io/v1/endpointslices',
      () => discovery.listEndpointSliceForAllNamespaces(),
      changed,
    ),
    watch<V1Service>(cluster, '/api/v1/services', () => core.listServiceForAllNamespaces(), changed),
  ]);
  return {
    ready(namespace, service) {
      const key = `${namespace}/${service}`;
      const known = cache.get(key) ?? readyPods(namespace, service, slices, pods);
      cache.set(key, known);
      return known;
    },
    exists: (namespace, service) => services.has(`${namespace}/${service}`),
    hasPod: (pod) => pods.has(pod),
    traffic: () => [...services.values()].flatMap(({ metadata }) => trafficOf(metadata)),
  };
}

function readyPods(
  namespace: string,
  service: string,
  slices: Map<string, V1EndpointSlice>,
  pods: Map<string, V1Pod>,
): Endpoint[] {
  return [...slices.values()]
    .filter(({ metadata }) => metadata?.namespace === namespace && metadata.labels?.[SERVICE_LABEL] === service)
    .flatMap(({ endpoints }) => endpoints ?? [])
    .flatMap(({ conditions, targetRef }) => {
      const pod = targetRef?.kind === 'Pod' ? pods.get(`${namespace}/${targetRef.name}`) : undefined;
      // Absent means ready, says the API.
      if (conditions?.ready === false || !pod?.metadata?.name) return [];
      const image = pod.spec?.containers[0]?.image ?? '';
      return { namespace, pod: pod.metadata.name, image };
    })
    .toSorted((a, b) => a.pod.localeCompare(b.pod));
}

function trafficOf(metadata: V1ObjectMeta | undefined): { namespace: string; service: string; rps: number }[] {
  const rps = Number(metadata?.labels?.['belay.dev/traffic']);
  if (!(rps > 0) || !metadata?.namespace || !metadata.name) return [];
  return [{ namespace: metadata.namespace, service: metadata.name, rps: Math.min(rps, MAX_RPS) }];
}

async function watch<T extends KubernetesObject>(
  { config }: Cluster,
  path: string,
  list: () => Promise<KubernetesListObject<T>>,
  changed: () => void,
): Promise<Map<string, T>> {
  const items = new Map<string, T>();
  const key = ({ metadata }: T): string => `${metadata?.namespace}/${metadata?.name}`;
  const informer = makeInformer(config, path, list);
  const put = (item: T): void => {
    items.set(key(item), item);
    changed();
  };
  informer.on('add', put);
  informer.on('update', put);
  informer.on('delete', (item) => {
    items.delete(key(item));
    changed();
  });
  const restart = (error: unknown): void => {
    console.error(`watch of ${path} ended`, error);
    // The informer lists again at its next start, so nothing that happens meanwhile is lost.
    setTimeout(() => void informer.start().catch(restart), RESTART_MS);
  };
  informer.on('error', restart);
  await informer.start();
  return items;
}
