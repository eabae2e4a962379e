import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { applySystem } from '../../sandbox/kubernetes/seed.js';
import type { SystemInput } from '../../systems/schema.js';
import { goodTag, image, systemsDir } from '../kit/systems.js';

/** A namespace with this many Deployments of one pod, each with a Service; and a system of that name. */
export interface DownSystem {
  name: string;
  workloads: string[];
}

export const downSystem = (size: number): DownSystem => ({
  name: `bench-down-${size}`,
  workloads: Array.from({ length: size }, (_, index) => `app-${index}`),
});

/**
 * One tier, since the bare command knows none; no health checks, no baking and no drain time, since it has none either. Channels are
 * told as they would be.
 */
export function describeDown({ name, workloads }: DownSystem, state: SandboxState): SystemInput {
  const { registry, kubernetes } = state;
  if (!registry || !kubernetes) throw new Error('the sandbox lacks the registry or Kubernetes');
  const everything = ['ops'];
  return {
    name,
    title: `Benchmark ${name}`,
    environment: 'sandbox',
    kubernetes: { context: kubernetes.context, namespace: name },
    tiers: ['app'],
    workloads: workloads.map((workload) => ({ name: workload, tier: 'app' })),
    channels: { ops: { type: 'slack', channel: '#ops', token: 'env:SLACK_BOT_TOKEN' } },
    notify: { start: everything, end: everything, failure: everything, rollback: everything, page: everything },
    policies: {
      rollingUpdate: { images: { mirrors: { 'ghcr.io': registry.host }, insecureRegistries: [registry.host] } },
      emergency: { drainSeconds: 0, recovery: { bakeSeconds: 0 } },
    },
  };
}

/** Creates the namespace and its Deployments and writes the description; does not wait for the pods. */
export async function createDown(state: SandboxState, system: DownSystem): Promise<void> {
  if (!state.kubernetes) throw new Error('the sandbox has no Kubernetes');
  await mkdir(systemsDir(state), { recursive: true });
  await writeFile(join(systemsDir(state), `${system.name}.yaml`), stringify(describeDown(system, state)));
  await applySystem(state.kubernetes.kubeconfig, {
    namespace: system.name,
    workloads: system.workloads.map((name) => ({ kind: 'Deployment', name, image: image(goodTag), replicas: 1 })),
  });
}
