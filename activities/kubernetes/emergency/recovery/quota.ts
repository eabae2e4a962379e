import { quantity } from '../../inspect/quantity.js';
import type { ResourceQuota } from '../../inspect/quota.js';
import type { Returning } from './identity.js';
import { podNeeds } from './needs.js';

/** Quotas that do not leave room for all pods that are still to come. Scoped ones are left to the API server. Pure. */
export function quotaProblems(workloads: Returning[], quotas: ResourceQuota[]): string[] {
  const wanted = new Map<string, number>();
  for (const { workload, replicas, running } of workloads) {
    const count = Math.max(0, replicas - running);
    for (const [resource, each] of Object.entries(podNeeds(workload.spec.template.spec)))
      wanted.set(resource, (wanted.get(resource) ?? 0) + each * count);
  }
  return quotas
    .filter((quota) => !quota.spec?.scopes?.length && quota.spec?.scopeSelector === undefined)
    .flatMap(({ metadata, status }) =>
      Object.entries(status?.hard ?? {}).flatMap(([resource, hard]) => {
        const used = status?.used?.[resource] ?? '0';
        const more = wanted.get(resource) ?? 0;
        const room = (quantity(hard) ?? Infinity) - (quantity(used) ?? 0);
        if (more === 0 || more <= room * (1 + 1e-9) + 1e-9) return [];
        return [
          `ResourceQuota ${metadata.name} leaves no room: of ${resource} ${used} of ${hard} is used, and the pods that come back need ${Math.round(more * 1_000) / 1_000} more. Raise it, or bring back fewer tiers.`,
        ];
      }),
    );
}
