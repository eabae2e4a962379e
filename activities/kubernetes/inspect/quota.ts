import type { KubeObject, PodTemplate, Workload } from '../model/objects.js';
import { updateStrategyOf } from '../rollout/rolloutStatus.js';
import type { WorkloadKind } from '../types.js';
import { quantity } from './quantity.js';

export interface ResourceQuota extends KubeObject {
  spec?: { scopes?: string[]; scopeSelector?: unknown };
  status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

/**
 * Quotas under which the rollout could not even begin: not one surge pod fits, and no old pod may go first. Scoped quotas are left to
 * the API server: which pods they count depends on more than the template. Pure.
 */
export function quotaProblems(kind: WorkloadKind, workload: Workload, quotas: ResourceQuota[]): string[] {
  if (!needsSurge(kind, workload)) return [];
  const need = needsOf(workload.spec.template);
  return quotas
    .filter((quota) => !quota.spec?.scopes?.length && quota.spec?.scopeSelector === undefined)
    .flatMap((quota) =>
      Object.entries(quota.status?.hard ?? {}).flatMap(([resource, hard]) => {
        const wanted = need[resource] ?? 0;
        const used = quota.status?.used?.[resource] ?? '0';
        const room = (quantity(hard) ?? Infinity) - (quantity(used) ?? 0);
        if (wanted === 0 || wanted <= room) return [];
        return [
          `quota ${quota.metadata.name} leaves no room for one more pod: ${resource} ${used} of ${hard} used, and maxUnavailable lets no old pod go first`,
        ];
      }),
    );
}

/** Whether a new pod must come before any old one goes. */
function needsSurge(kind: WorkloadKind, workload: Workload): boolean {
  const strategy = updateStrategyOf(kind, workload);
  if (kind === 'StatefulSet' || strategy?.type === 'Recreate' || strategy?.type === 'OnDelete') return false;
  const count = kind === 'DaemonSet' ? (workload.status?.desiredNumberScheduled ?? 0) : (workload.spec.replicas ?? 1);
  const { maxUnavailable = kind === 'DaemonSet' ? 1 : '25%', maxSurge = kind === 'DaemonSet' ? 0 : '25%' } =
    strategy?.rollingUpdate ?? {};
  // The controllers round unavailable down and surge up, and with both at zero let one go.
  return count > 0 && resolve(maxUnavailable, count, Math.floor) === 0 && resolve(maxSurge, count, Math.ceil) > 0;
}

function resolve(value: number | string, count: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number.parseFloat(value) / 100) * count) : Number(value);
}

/** What one pod takes from each resource that a quota can bound, in base units, e.g. `requests.cpu`. Pure. */
export function needsOf({ spec }: PodTemplate): Record<string, number> {
  const need: Record<string, number> = { pods: 1, 'count/pods': 1 };
  for (const kind of ['requests', 'limits'] as const) {
    for (const resource of ['cpu', 'memory', 'ephemeral-storage']) {
      const of = (container: PodTemplate['spec']['containers'][number]) =>
        quantity(
          container.resources?.[kind]?.[resource] ??
            (kind === 'requests' ? container.resources?.limits?.[resource] : undefined),
        ) ?? 0;
      const inits = spec.initContainers ?? [];
      const sidecars = inits.filter((one) => one.restartPolicy === 'Always');
      const sum = [...spec.containers, ...sidecars].reduce((total, one) => total + of(one), 0);
      const total = Math.max(sum, ...inits.map(of));
      need[`${kind}.${resource}`] = total;
      if (kind === 'requests') need[resource] = total;
    }
  }
  return need;
}
