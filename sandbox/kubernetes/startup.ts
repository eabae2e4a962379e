import { Health } from '@kubernetes/client-node';
import { createOnce, type Cluster } from './client.js';
import { node } from './nodes.js';

/** Throws until the API server is ready, its built-in roles included: the other programs start with an error without them. */
export async function apiReady({ config }: Cluster): Promise<void> {
  if (!(await new Health(config).readyz({}))) throw new Error(`${config.getCurrentCluster()?.server} is not ready`);
}

/** Registers the nodes, as kubelets would do it themselves. `kubeletPort` is where their logs are asked for. */
export async function createNodes(cluster: Cluster, count: number, kubeletPort: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => createOnce(cluster, node(index, kubeletPort))));
}

/** Throws until every node is ready and free of the taints of a new node. */
export async function nodesReady(cluster: Cluster, count: number): Promise<void> {
  const { items } = await cluster.core.listNode();
  const ready = items.filter(
    ({ spec, status }) =>
      !spec?.taints?.length &&
      status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
  );
  if (ready.length < count) throw new Error(`${ready.length} of ${count} nodes are ready`);
}

/** Throws until the controllers serve new namespaces: without its default service account no pod can be created. */
export async function controllersReady(cluster: Cluster): Promise<void> {
  await cluster.core.readNamespacedServiceAccount({ name: 'default', namespace: 'default' });
  await cluster.core.readNamespacedConfigMap({ name: 'kube-root-ca.crt', namespace: 'default' });
}
