import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFolderStore, type EvidenceStore } from '../../../../../activities/evidence/index.js';
import { closeShutdown } from '../../../../../activities/kubernetes/emergency/closeShutdown.js';
import { configMapName } from '../../../../../activities/kubernetes/emergency/copyNames.js';
import { STOPPED } from '../../../../../activities/kubernetes/emergency/mark.js';
import { MARKER } from '../../../../../activities/kubernetes/emergency/marker.js';
import { readSnapshot } from '../../../../../activities/kubernetes/emergency/readSnapshot.js';
import { takeSnapshot } from '../../../../../activities/kubernetes/emergency/takeSnapshot.js';
import type { KeptSnapshot, ReadSnapshot, SavedObject } from '../../../../../activities/kubernetes/emergency/types.js';
import { isStatus } from '../../../../../activities/kubernetes/api/apiError.js';
import type { KubeClients } from '../../../../../activities/kubernetes/index.js';
import type { ConfigMap } from '../../../../../activities/kubernetes/model/objects.js';
import { corePath, workloadPath } from '../../../../../activities/kubernetes/model/paths.js';
import type { WorkloadRef } from '../../../../../activities/kubernetes/types.js';
import { type Cluster, cluster, deploy, merge, runRef } from '../../support.js';
import { inPlace, surveyInput } from '../support.js';

export const FOLDER = 'snapshots/shop/';

/** A namespace and a folder of one test. */
export interface World extends Cluster {
  evidence: EvidenceStore;
  folder: string;
}

/** With Deployments `name: replicas`. */
export async function world(deployments: Record<string, number>): Promise<World> {
  const where = await cluster();
  for (const [name, replicas] of Object.entries(deployments)) await deploy(where, { name, replicas });
  const folder = mkdtempSync(path.join(tmpdir(), 'belay-snapshots-'));
  return { ...where, folder, evidence: createFolderStore(folder) };
}

export const keysOf = (...names: string[]): string[] => names.map((name) => `Deployment/${name}`);

export const run = runRef('shutdown');

export const take = (where: World, id: string, keys: string[], system = 'shop') =>
  inPlace(where.clients, where.namespace, (calls) =>
    takeSnapshot(calls, { ...surveyInput(where.namespace, { system }), id, keys, run }, where.evidence),
  );

export const read = (where: World, snapshot = 'latest'): Promise<ReadSnapshot> =>
  inPlace(where.clients, where.namespace, (calls) =>
    readSnapshot(calls, { ...surveyInput(where.namespace), snapshot }, where.evidence),
  );

export const close = (where: World, ...snapshots: string[]) =>
  inPlace(where.clients, where.namespace, (calls) =>
    closeShutdown(calls, { place: { namespace: where.namespace }, system: 'shop', snapshots, run }, where.evidence),
  );

/** What `read` gives, when it has to be found. */
export async function found(where: World, snapshot = 'latest') {
  const answer = await read(where, snapshot);
  if (!answer.found) throw new Error(answer.problem);
  return answer;
}

/** What `read` gives, when it must not be found. */
export async function lost(where: World, snapshot = 'latest') {
  const answer = await read(where, snapshot);
  if (answer.found) throw new Error('a snapshot was found');
  return answer;
}

export const replicasIn = (objects: SavedObject[]): Record<string, unknown> =>
  Object.fromEntries(objects.map(({ ref, fields }) => [ref.name, fields['/spec/replicas']]));

export const ref = ({ namespace }: Cluster, name: string): WorkloadRef => ({ kind: 'Deployment', namespace, name });

/** Scales to 0, and says so on the object as a shutdown does. */
export const stop = (where: Cluster, name: string, mark?: { snapshot: string; was?: object }) =>
  merge(where.clients, workloadPath(ref(where, name)), {
    spec: { replicas: 0 },
    ...(mark ? { metadata: { annotations: { [STOPPED]: JSON.stringify(mark) } } } : {}),
  });

export async function configMap({ clients, namespace }: Cluster, name: string): Promise<ConfigMap | undefined> {
  try {
    return (await clients.call<ConfigMap>({ path: corePath(namespace, 'configmaps', name) })).body;
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** The text of both copies. */
export const texts = async (where: World, id: string) => ({
  cluster: (await configMap(where, configMapName(id)))?.data?.['snapshot.json'],
  store: await where.evidence.read(`${FOLDER}${id}.json`),
});

export const marked = async (where: Cluster): Promise<(KeptSnapshot & { system: string })[] | undefined> => {
  const map = await configMap(where, MARKER);
  return map && (JSON.parse(map.data?.['snapshots'] ?? 'null') as (KeptSnapshot & { system: string })[]);
};

export const remove = ({ clients, namespace }: Cluster, name: string) =>
  clients.call({ method: 'DELETE', path: corePath(namespace, 'configmaps', name) });

type Call = Parameters<KubeClients['call']>[0];

/** The same world, in which `before` sees each call to the cluster first, and may hold it up or reject it. */
export const intercepted = (where: World, before: (call: Call) => Promise<void> | void): World => ({
  ...where,
  clients: {
    ...where.clients,
    call: async (call) => {
      await before(call);
      return where.clients.call(call);
    },
  },
});

/** The same world with another store. */
export const withStore = (where: World, more: Partial<EvidenceStore>): World => ({
  ...where,
  evidence: { ...where.evidence, ...more },
});

const refused = () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:9000'));

/** A store that cannot be reached. */
export const storeAway = (where: World): World => withStore(where, { create: refused, read: refused, list: refused });

const never = () => new Promise<never>(() => undefined);

/** A store that takes connections and says nothing. */
export const storeSilent = (where: World): World => withStore(where, { create: never, read: never, list: never });

/** Rights to look at everything, and no word about ConfigMaps. */
export const ONLY_LOOK = [
  {
    apiGroups: ['', 'apps', 'autoscaling', 'batch', 'policy', 'networking.k8s.io', 'discovery.k8s.io'],
    verbs: ['list'],
    resources: ['*'],
  },
];
