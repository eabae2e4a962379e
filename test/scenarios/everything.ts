import type { KubernetesObject } from '@kubernetes/client-node';
import type { Site } from './site.js';

/** All texts in a structure: strings, keys, and bytes read as text (payloads hold JSON as bytes). */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...textsOf(inner)]);
}

/**
 * Texts of everything in the namespace that Belay could have put a secret into. Workloads and their pods hold the template by
 * nature: of them only the metadata counts. Saved states are the one place made for it.
 */
export async function kubernetesTexts({ cluster, name: namespace }: Site): Promise<Record<string, string[]>> {
  const { core, apps } = cluster;
  const [deployments, replicaSets, pods, maps, events, secrets] = await Promise.all([
    apps.listNamespacedDeployment({ namespace }),
    apps.listNamespacedReplicaSet({ namespace }),
    core.listNamespacedPod({ namespace }),
    core.listNamespacedConfigMap({ namespace }),
    core.listNamespacedEvent({ namespace }),
    core.listNamespacedSecret({ namespace }),
  ]);
  const metadata = (list: { items: KubernetesObject[] }) => textsOf(list.items.map((item) => item.metadata));
  return {
    'metadata of Deployments': metadata(deployments),
    'metadata of ReplicaSets': metadata(replicaSets),
    'metadata of Pods': metadata(pods),
    'metadata of Secrets': metadata(secrets),
    'notes beside saved templates': secrets.items.map(({ data }) =>
      Buffer.from(data?.['meta.json'] ?? '', 'base64').toString('utf8'),
    ),
    ConfigMaps: textsOf(maps.items),
    Events: textsOf(events.items),
  };
}
