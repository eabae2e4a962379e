import { type Right, missingRights as missing, rights } from '../inspect/rights.js';
import type { Cluster } from './place.js';
import { groupOf, RESOURCES } from './resources.js';
import type { SavedKind, SavedObject } from './types.js';

const WORKLOADS: SavedKind[] = ['Deployment', 'StatefulSet', 'DaemonSet'];

/**
 * All that a shutdown and a recovery of these objects call in the system's namespace and in those of GitOps objects, each right once.
 * `deploy/rbac/clusterrole.yaml` and `deploy/rbac/emergency.yaml` grant the same. Pure.
 */
export function rightsForEmergency(namespace: string, objects: SavedObject[]): Right[] {
  const wanted: Right[] = [
    ...WORKLOADS.flatMap((kind) => rights('get list watch patch', RESOURCES[kind].plural, groupOf(kind))),
    ...rights('list watch', 'replicasets', 'apps'),
    ...rights('list watch delete', 'pods'),
    ...rights('get', 'pods', '', 'log'),
    ...rights('list', 'events'),
    ...rights('get create patch', 'configmaps'),
    ...objects
      .filter(({ ref }) => !WORKLOADS.includes(ref.kind))
      .flatMap(({ ref }) =>
        rights('get list patch', RESOURCES[ref.kind].plural, groupOf(ref.kind)).map((right) => ({
          ...right,
          ...(ref.namespace === namespace ? {} : { namespace: ref.namespace }),
        })),
      ),
  ];
  return [...new Map(wanted.map((right) => [JSON.stringify(right), right])).values()];
}

/** Which of them the worker's identity lacks, e.g. `patch ingresses.networking.k8s.io`, `patch applications.argoproj.io in argocd`. */
export const missingRights = (cluster: Cluster, objects: SavedObject[]): Promise<string[]> =>
  missing(
    { ref: cluster.place, call: (call) => cluster.call(call) },
    rightsForEmergency(cluster.place.namespace, objects),
  );
