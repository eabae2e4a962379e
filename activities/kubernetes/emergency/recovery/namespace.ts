import { isStatus } from '../../api/apiError.js';
import type { Cluster } from '../place.js';
import type { Namespace } from '../shapes.js';

/** Why nothing can come back in this namespace; undefined when it stands, or may not be asked for. */
export async function namespaceProblem(cluster: Cluster): Promise<string | undefined> {
  const { namespace } = cluster.place;
  try {
    const { metadata } = await cluster.get<Namespace>(`/api/v1/namespaces/${encodeURIComponent(namespace)}`);
    if (metadata.deletionTimestamp === undefined) return undefined;
    return `Namespace ${namespace} has been being deleted since ${metadata.deletionTimestamp}: nothing can start in it. Wait for its end, create it again and restore its objects from a backup.`;
  } catch (error) {
    if (isStatus(error, 403)) return undefined;
    if (!isStatus(error, 404)) throw error;
    return `Namespace ${namespace} does not exist in the cluster of context ${cluster.clients.context}: create it and restore its objects from a backup, or correct context and namespace in the system's description.`;
  }
}
