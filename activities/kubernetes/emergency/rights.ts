import { isStatus } from '../api/apiError.js';
import { type Right, missingRights as missing, rights } from '../inspect/rights.js';
import type { Cluster } from './place.js';
import { groupOf, RESOURCES } from './resources.js';
import type { SavedObject } from './types.js';
import { WORKLOAD_KINDS } from './workloads.js';

const RULES = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';

/** What the identity may do in a namespace, as its roles say. */
export interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
}

/**
 * All that a shutdown and a recovery of these objects call in the system's namespace and in those of GitOps objects, each right once.
 * `deploy/rbac/clusterrole.yaml` and `deploy/rbac/emergency.yaml` grant the same. Pure.
 */
export function rightsForEmergency(namespace: string, objects: SavedObject[]): Right[] {
  const wanted: Right[] = [
    ...WORKLOAD_KINDS.flatMap((kind) => rights('get list watch patch', RESOURCES[kind].plural, groupOf(kind))),
    ...rights('list watch', 'replicasets', 'apps'),
    ...rights('list watch delete', 'pods'),
    ...rights('get', 'pods', '', 'log'),
    ...rights('list', 'events'),
    ...rights('get create patch', 'configmaps'),
    ...objects
      .filter(({ role }) => role !== 'workload')
      .flatMap(({ ref }) =>
        rights('get list patch', RESOURCES[ref.kind].plural, groupOf(ref.kind)).map((right) => ({
          ...right,
          ...(ref.namespace === namespace ? {} : { namespace: ref.namespace }),
        })),
      ),
  ];
  return [...new Map(wanted.map((right) => [JSON.stringify(right), right])).values()];
}

/**
 * Which of them the worker's identity lacks, e.g. `patch ingresses.networking.k8s.io`, `patch applications.argoproj.io in argocd`.
 * `rules` are those of the system's namespace: what they grant need not be asked for one by one.
 */
export const missingRights = (cluster: Cluster, objects: SavedObject[], rules: Rule[]): Promise<string[]> =>
  missing(
    { ref: cluster.place, call: (call) => cluster.call(call) },
    rightsForEmergency(cluster.place.namespace, objects).filter((right) => !isGranted(right, rules)),
  );

/** The rules of the system's namespace in one call; those that the cluster tells, which need not be all. */
export async function readRules(cluster: Cluster): Promise<Rule[]> {
  const { namespace } = cluster.place;
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  try {
    const answer = await cluster.call<{ status?: { resourceRules?: Rule[] | null } }>({
      method: 'POST',
      path: RULES,
      body,
    });
    return answer.body.status?.resourceRules ?? [];
  } catch (error) {
    if (isStatus(error, 403) || isStatus(error, 404)) return [];
    throw error;
  }
}

/** Whether one of the rules of the system's namespace grants the right. Pure. */
export function isGranted({ verb, group = '', resource, subresource, namespace }: Right, rules: Rule[]): boolean {
  if (namespace !== undefined) return false;
  const named = subresource === undefined ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`];
  return rules.some(
    ({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
      resourceNames.length === 0 &&
      includesAny(verbs, [verb]) &&
      includesAny(apiGroups, [group]) &&
      includesAny(resources, named),
  );
}

const includesAny = (granted: string[], wanted: string[]): boolean =>
  ['*', ...wanted].some((one) => granted.includes(one));
