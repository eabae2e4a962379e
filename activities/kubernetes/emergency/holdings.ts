import { ApiError, isStatus, isTransient } from '../api/apiError.js';
import { rightOf } from '../api/failure.js';
import { corePath } from '../model/paths.js';
import type { Cluster } from './place.js';
import { groupPath, listPath } from './resources.js';
import type { Holdings, Namespace } from './shapes.js';

/** Groups that Kubernetes itself serves; the others come from extensions, which may be broken while the cluster is not. */
const BUILT_IN = /^\/(?:api|apis\/(?:apps|autoscaling|batch|policy|networking\.k8s\.io|discovery\.k8s\.io))\//;

export interface Reading {
  holdings: Holdings;
  problems: string[];
  /** Paths of the lists that could not be read, so that nothing follows from their being empty. */
  unread: ReadonlySet<string>;
}

/**
 * Reads all kinds of the namespace at once. A kind that the cluster does not serve is empty. One that may not be listed, or whose
 * extension does not answer, is empty too and a sentence in `problems`. Anything else throws.
 */
export async function readHoldings(cluster: Cluster): Promise<Reading> {
  const { namespace } = cluster.place;
  const problems: string[] = [];
  const unread = new Set<string>();
  const read = async <T>(path: string): Promise<T[]> => {
    const found = await orProblem(cluster, namespace, cluster.listIfServed<T>(path), problems);
    if (found === undefined) unread.add(path);
    return found ?? [];
  };
  const [
    deployments,
    statefulSets,
    daemonSets,
    pods,
    autoscalers,
    scaledObjects,
    cronJobs,
    jobs,
    budgets,
    ingresses,
    httpRoutes,
    services,
    endpointSlices,
    state,
  ] = await Promise.all([
    read<Holdings['deployments'][number]>(listPath('Deployment', namespace)),
    read<Holdings['statefulSets'][number]>(listPath('StatefulSet', namespace)),
    read<Holdings['daemonSets'][number]>(listPath('DaemonSet', namespace)),
    read<Holdings['pods'][number]>(corePath(namespace, 'pods')),
    read<Holdings['autoscalers'][number]>(listPath('HorizontalPodAutoscaler', namespace)),
    read<Holdings['scaledObjects'][number]>(listPath('ScaledObject', namespace)),
    read<Holdings['cronJobs'][number]>(listPath('CronJob', namespace)),
    read<Holdings['jobs'][number]>(groupPath('batch/v1', namespace, 'jobs')),
    read<Holdings['budgets'][number]>(groupPath('policy/v1', namespace, 'poddisruptionbudgets')),
    read<Holdings['ingresses'][number]>(listPath('Ingress', namespace)),
    read<Holdings['httpRoutes'][number]>(listPath('HTTPRoute', namespace)),
    read<Holdings['services'][number]>(corePath(namespace, 'services')),
    read<Holdings['endpointSlices'][number]>(groupPath('discovery.k8s.io/v1', namespace, 'endpointslices')),
    orProblem(cluster, namespace, namespaceProblem(cluster), problems),
  ]);
  return {
    holdings: {
      deployments,
      statefulSets,
      daemonSets,
      pods,
      autoscalers,
      scaledObjects,
      cronJobs,
      jobs,
      budgets,
      ingresses,
      httpRoutes,
      services,
      endpointSlices,
    },
    problems: [...(state === undefined ? [] : [state]), ...problems],
    unread,
  };
}

async function namespaceProblem(cluster: Cluster): Promise<string | undefined> {
  const { namespace } = cluster.place;
  try {
    const found = await cluster.get<Namespace>(`/api/v1/namespaces/${encodeURIComponent(namespace)}`);
    if (found.metadata.deletionTimestamp === undefined) return undefined;
    return `Namespace ${namespace} has been being deleted since ${found.metadata.deletionTimestamp}: what is stopped in it cannot be brought back there. Save what is needed elsewhere now.`;
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    return `Namespace ${namespace} does not exist in the cluster of context ${cluster.clients.context}: correct context or namespace in the system's description.`;
  }
}

/** The value; or undefined, and a sentence, where the identity may not read it or an extension is broken. */
export async function orProblem<T>(
  cluster: Cluster,
  namespace: string,
  reading: Promise<T>,
  problems: string[],
): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    const problem = error instanceof ApiError ? unreadable(namespace, error) : undefined;
    if (problem === undefined || !(error instanceof ApiError)) throw error;
    if (await isServed(cluster, error.call.path)) problems.push(problem);
    return undefined;
  }
}

/** Whoever has no right to a kind is refused also where the cluster does not know it; discovery, which all may read, tells. */
async function isServed(cluster: Cluster, path: string): Promise<boolean> {
  if (BUILT_IN.test(path)) return true;
  try {
    await cluster.get(path.slice(0, path.indexOf('/namespaces/')));
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return error.status !== 404;
  }
}

/** What a refused read means for an emergency; undefined when it should be tried again instead. Pure. */
export function unreadable(namespace: string, error: ApiError): string | undefined {
  const right = rightOf(error.call);
  const what = right.slice(right.indexOf(' ') + 1);
  if (error.status === 403 && !isTransient(error))
    return `The worker may not ${right} in namespace ${namespace}, so ${what} are not looked at; grant it as deploy/rbac does.`;
  if (error.status >= 500 && !BUILT_IN.test(error.call.path))
    return `The extension that serves ${what} answers ${error.status}, so they are not looked at in namespace ${namespace}; mend it, or look after them by hand.`;
  return undefined;
}
