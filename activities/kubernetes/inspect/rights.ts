import { isStatus } from '../api/apiError.js';
import { pluralOf } from '../model/paths.js';
import type { Session } from '../session.js';
import type { WorkloadKind } from '../types.js';

export interface Right {
  verb: string;
  group?: string;
  resource: string;
  subresource?: string;
  /** Another one than that of the question, e.g. of GitOps objects; empty for what no namespace holds. */
  namespace?: string;
}

/** Who asks, and in which namespace. */
export interface Asking {
  ref: { namespace: string };
  call: Session['call'];
}

const PATH = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
const AT_ONCE = 8;

export const rights = (verbs: string, resource: string, group = '', subresource?: string): Right[] =>
  verbs.split(' ').map((verb) => ({ verb, group, resource, ...(subresource === undefined ? {} : { subresource }) }));

/** All that an update and its rollback call; `deploy/rbac` grants the same. */
export const rightsForUpdate = (kind: WorkloadKind): Right[] => [
  ...rights('get list watch patch', pluralOf(kind), 'apps'),
  ...rights('list watch', kind === 'Deployment' ? 'replicasets' : 'controllerrevisions', 'apps'),
  ...rights(kind === 'StatefulSet' ? 'list watch delete' : 'list watch', 'pods'),
  ...rights('get', 'pods', '', 'log'),
  ...rights('list', 'events'),
  ...rights('get list create patch delete', 'secrets'),
  ...rights('get create patch', 'configmaps'),
  ...rights('list', 'horizontalpodautoscalers', 'autoscaling'),
  ...rights('list', 'poddisruptionbudgets', 'policy'),
  ...rights('list', 'resourcequotas'),
];

const wordsOf = ({ verb, group, resource, subresource, namespace }: Right): string =>
  `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}${group ? `.${group}` : ''}${namespace ? ` in ${namespace}` : ''}`;

/** Which of the rights the worker's identity lacks in the namespace, e.g. `patch deployments.apps`. Asks the API server itself. */
export async function missingRights(session: Asking, wanted: Right[]): Promise<string[]> {
  const missing: string[] = [];
  const queue = [...wanted];
  const ask = async () => {
    for (let right = queue.shift(); right; right = queue.shift()) {
      if (!(await allowed(session, right))) missing.push(wordsOf(right));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  const order = wanted.map(wordsOf);
  return missing.toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
}

async function allowed(session: Asking, right: Right): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: { namespace: session.ref.namespace, ...right } },
  };
  try {
    const answer = await session.call<{ status?: { allowed?: boolean } }>({ method: 'POST', path: PATH, body });
    return answer.body.status?.allowed ?? false;
  } catch (error) {
    // A cluster that takes even this right from its users tells nothing: the calls themselves will.
    if (isStatus(error, 403)) return true;
    throw error;
  }
}
