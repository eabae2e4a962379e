import { setTimeout as sleep } from 'node:timers/promises';
import type { V1Deployment } from '@kubernetes/client-node';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { connect, type Cluster } from '../../sandbox/kubernetes/client.js';
import { applySystem } from '../../sandbox/kubernetes/seed.js';
import { goodTag, image, type BenchSystem } from './systems.js';

/** Pods of each Deployment: a rollout has old ones that serve beside the new. */
export const REPLICAS = 2;
const HEALTHY_MS = 300_000;

export function clusterOf(state: SandboxState): Cluster {
  if (!state.kubernetes) throw new Error('the sandbox has no Kubernetes');
  return connect(state.kubernetes.kubeconfig);
}

/** Creates a system's namespace and Deployments at the good version, in the default way (progress deadline 600 s). */
export async function createDeployments(
  state: SandboxState,
  system: Pick<BenchSystem, 'name' | 'workloads'>,
): Promise<void> {
  if (!state.kubernetes) throw new Error('the sandbox has no Kubernetes');
  await applySystem(state.kubernetes.kubeconfig, {
    namespace: system.name,
    workloads: system.workloads.map((name) => ({
      kind: 'Deployment',
      name,
      image: image(goodTag),
      replicas: REPLICAS,
    })),
  });
}

const isComplete = ({ metadata, spec, status }: V1Deployment): boolean =>
  status?.observedGeneration === metadata?.generation &&
  status?.availableReplicas === spec?.replicas &&
  status?.updatedReplicas === spec?.replicas;

/** Waits until all Deployments of these namespaces are complete. Throws after five minutes, naming those that are not. */
export async function waitComplete(cluster: Cluster, namespaces: readonly string[]): Promise<void> {
  const until = Date.now() + HEALTHY_MS;
  for (;;) {
    const lists = await Promise.all(
      namespaces.map((namespace) => cluster.apps.listNamespacedDeployment({ namespace })),
    );
    const open = lists.flatMap(({ items }) => items.filter((item) => !isComplete(item)));
    if (open.length === 0) return;
    if (Date.now() > until) {
      const names = open.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`).slice(0, 5);
      throw new Error(`${open.length} Deployments did not become complete: ${names.join(', ')}`);
    }
    await sleep(1_000);
  }
}
