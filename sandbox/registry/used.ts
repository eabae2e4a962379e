import type { V1PodSpec } from '@kubernetes/client-node';
import type { Cluster } from '../kubernetes/client.js';

/** Images of every pod and of every template in the cluster, scaled-down old ReplicaSets among them. */
export async function imagesInUse({ core, apps }: Cluster): Promise<string[]> {
  const [pods, replicaSets, statefulSets, daemonSets] = await Promise.all([
    core.listPodForAllNamespaces(),
    apps.listReplicaSetForAllNamespaces(),
    apps.listStatefulSetForAllNamespaces(),
    apps.listDaemonSetForAllNamespaces(),
  ]);
  const templates = [...replicaSets.items, ...statefulSets.items, ...daemonSets.items].map(
    ({ spec }) => spec?.template,
  );
  const specs = [...pods.items, ...templates].map((template) => template?.spec);
  return [...new Set(specs.flatMap(images))];
}

function images(spec: V1PodSpec | undefined): string[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap(({ image }) => image ?? []);
}
