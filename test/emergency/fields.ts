import type { KubeClients } from '../../activities/kubernetes/index.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** An object as the API server shows it. */
export interface Seen {
  uid: string;
  /** What Belay may change, by JSON pointer; null where there is none. */
  fields: Record<string, Json>;
  /** Annotations that are Belay's own. */
  marks: Record<string, string>;
  /** The whole spec: also what Belay must not touch. */
  spec: Json;
}

/** All objects of a namespace by `Kind/name`, but for those that come and go by themselves and those that Belay keeps its memory in. */
export type Sight = Record<string, Seen>;

/**
 * Said once more, and not taken from the code under test: what Belay may touch.
 */
const TOUCHABLE: Record<string, readonly string[]> = {
  Deployment: ['/spec/replicas'],
  StatefulSet: ['/spec/replicas', '/spec/persistentVolumeClaimRetentionPolicy/whenScaled'],
  DaemonSet: ['/spec/template/spec/nodeSelector'],
  HorizontalPodAutoscaler: ['/spec/behavior'],
  ScaledObject: [
    '/metadata/annotations/autoscaling.keda.sh~1paused-replicas',
    '/metadata/annotations/autoscaling.keda.sh~1paused',
  ],
  CronJob: ['/spec/suspend'],
  Application: ['/spec/syncPolicy/automated'],
  Kustomization: ['/spec/suspend'],
  HelmRelease: ['/spec/suspend'],
  Ingress: [
    '/spec/rules',
    '/spec/defaultBackend',
    '/spec/ingressClassName',
    '/metadata/annotations/kubernetes.io~1ingress.class',
  ],
  HTTPRoute: ['/spec/rules', '/spec/parentRefs'],
};

/**
 * They come and go, or are rewritten, when workloads stop and start. A DaemonSet whose pods were sent away by its template keeps one more
 * ControllerRevision. A ReplicaSet's spec follows its Deployment, whose controller copies every annotation to it and takes none away again.
 */
const FLEETING = new Set(['Pod', 'Event', 'Endpoints', 'EndpointSlice', 'Lease', 'ControllerRevision', 'PodMetrics']);
const FOLLOWERS = new Set(['ReplicaSet']);

interface Resource {
  name: string;
  kind: string;
  namespaced: boolean;
  verbs: string[];
}

interface Item {
  metadata: { name: string; uid: string; annotations?: Record<string, string>; labels?: Record<string, string> };
  spec?: Json;
}

/** Reads every object of the namespace straight from the API server, whatever kinds it serves. */
export async function see(clients: KubeClients, namespace: string): Promise<Sight> {
  const get = async <T>(path: string): Promise<T> => (await clients.call<T>({ path })).body;
  const { groups } = await get<{ groups: { preferredVersion: { groupVersion: string } }[] }>('/apis');
  const versions = ['/api/v1', ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const sight: Sight = {};
  for (const version of versions) {
    const { resources } = await get<{ resources: Resource[] }>(version);
    const kinds = resources.filter(
      ({ name, kind, namespaced, verbs }) =>
        namespaced && verbs.includes('list') && !name.includes('/') && !FLEETING.has(kind),
    );
    const lists = await Promise.all(
      kinds.map(async ({ name, kind }) => ({
        kind,
        items: (await get<{ items: Item[] }>(`${version}/namespaces/${namespace}/${name}`)).items,
      })),
    );
    for (const { kind, items } of lists) {
      for (const item of items) if (!isBelays(item)) sight[`${kind}/${item.metadata.name}`] = seen(kind, item);
    }
  }
  return Object.fromEntries(Object.entries(sight).toSorted(([one], [other]) => one.localeCompare(other)));
}

const isBelays = ({ metadata }: Item): boolean => metadata.labels?.['app.kubernetes.io/managed-by'] === 'belay';

const belays = (annotations: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(annotations).filter(([name]) => name.startsWith('belay.dev/')));

function seen(kind: string, item: Item): Seen {
  const { uid, annotations = {} } = item.metadata;
  return {
    uid,
    fields: Object.fromEntries((TOUCHABLE[kind] ?? []).map((pointer) => [pointer, at(item, pointer)])),
    marks: FOLLOWERS.has(kind) ? {} : belays(annotations),
    spec: FOLLOWERS.has(kind) ? null : (item.spec ?? null),
  };
}

/** Value at a JSON pointer (RFC 6901); null where there is none. */
export function at(value: unknown, pointer: string): Json {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let here: unknown = value;
  for (const step of steps) {
    if (typeof here !== 'object' || here === null) return null;
    here = Object.hasOwn(here, step) ? (here as Record<string, unknown>)[step] : undefined;
  }
  return (here ?? null) as Json;
}

/** The touched fields of one object in a sight; throws when it is not there. */
export function fieldsOf(sight: Sight, key: string): Record<string, Json> {
  const found = sight[key];
  if (!found) throw new Error(`${key} is not there; there are ${Object.keys(sight).join(', ')}`);
  return found.fields;
}

/** Keys of objects that are not the same in both: gone, new, replaced, or changed anywhere in what was seen. */
export function changed(before: Sight, after: Sight): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).toSorted();
}
