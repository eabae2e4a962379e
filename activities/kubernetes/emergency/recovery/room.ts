import { quantity } from '../../inspect/quantity.js';
import { conditionOf } from '../../model/counts.js';
import type { Condition, KubeObject, Pod } from '../../model/objects.js';
import { isLeaving } from '../../rollout/ownedPods.js';
import type { ObjectKey } from '../types.js';
import type { Returning } from './identity.js';
import { podNeeds } from './needs.js';
import { listed } from './words.js';

export interface Node extends KubeObject {
  spec?: { unschedulable?: boolean };
  status?: { allocatable?: Record<string, string>; conditions?: Condition[] };
}

/** CPU in cores, memory in bytes, pods. */
export interface Amount {
  cpu: number;
  memory: number;
  pods: number;
}

/** Pods of one workload that are still to come. */
export interface Demand {
  key: ObjectKey;
  each: Amount;
  count: number;
}

/** What is left of what the ready, schedulable nodes offer, and the other nodes with the reason. Pure. */
export function roomOf(nodes: Node[], pods: Pod[]): { free: Amount[]; closed: string[] } {
  const used = new Map<string, Amount>();
  for (const pod of pods) {
    // A terminating pod makes room before the pods of a recovery need it.
    if (pod.spec.nodeName === undefined || isLeaving(pod)) continue;
    if (['Succeeded', 'Failed'].includes(pod.status?.phase ?? '')) continue;
    used.set(pod.spec.nodeName, plus(used.get(pod.spec.nodeName) ?? NOTHING, amountOf(pod.spec), 1));
  }
  const free: Amount[] = [];
  const closed: string[] = [];
  for (const { metadata, spec, status } of nodes) {
    const why = closedBecause({ spec, status });
    if (why !== undefined) closed.push(`${metadata.name} (${why})`);
    else free.push(plus(offeredBy(status), used.get(metadata.name) ?? NOTHING, -1));
  }
  return { free, closed };
}

const NOTHING: Amount = { cpu: 0, memory: 0, pods: 0 };

const plus = (a: Amount, b: Amount, times: number): Amount => ({
  cpu: a.cpu + times * b.cpu,
  memory: a.memory + times * b.memory,
  pods: a.pods + times * b.pods,
});

function offeredBy(status: Node['status']): Amount {
  const of = (resource: string) => quantity(status?.allocatable?.[resource]) ?? 0;
  return { cpu: of('cpu'), memory: of('memory'), pods: of('pods') };
}

function closedBecause({ spec, status }: { spec: Node['spec']; status: Node['status'] }): string | undefined {
  if (conditionOf(status?.conditions, 'Ready')?.status !== 'True') return 'not ready';
  return spec?.unschedulable ? 'cordoned' : undefined;
}

function amountOf(spec: Pod['spec']): Amount {
  const need = podNeeds(spec);
  return { cpu: need['requests.cpu'] ?? 0, memory: need['requests.memory'] ?? 0, pods: 1 };
}

/** The pods that are still to come, by workload. Pure. */
export const demandsOf = (workloads: Returning[]): Demand[] =>
  workloads
    .map(({ key, replicas, running, workload }) => ({
      key,
      each: amountOf(workload.spec.template.spec),
      count: Math.max(0, replicas - running),
    }))
    .filter(({ count }) => count > 0);

/**
 * Whether the pods fit, by their requests: the sum against all that is free, and each one against the freest node. It is an estimate
 * that errs towards "fits": taints, node selectors, affinity, spreading, volumes' zones and fragmentation are not computed,
 * nor are nodes that a cluster autoscaler would add. Pure.
 */
export function judgeRoom(demands: Demand[], { free, closed }: ReturnType<typeof roomOf>): Record<Verdict, string[]> {
  const warnings =
    closed.length > 0
      ? [`${closed.length} of ${closed.length + free.length} nodes take no pods: ${listed(closed)}.`]
      : [];
  if (demands.length === 0) return { problems: [], warnings };
  if (free.length === 0)
    return {
      problems: ['No node is ready and schedulable, so that no pod can start: mend or uncordon a node.'],
      warnings,
    };
  const wanted = demands.reduce((sum, { each, count }) => plus(sum, each, count), NOTHING);
  const room = free.reduce((sum, one) => plus(sum, positive(one), 1), NOTHING);
  const problems = RESOURCES.filter((resource) => exceeds(wanted, room, resource)).map(
    (resource) =>
      `The pods that come back need ${inWords(resource, wanted)}, and the ready nodes have ${inWords(resource, room)} left: add nodes, or bring back fewer tiers.`,
  );
  return { problems: [...problems, ...tooLarge(demands, free)], warnings };
}

type Verdict = 'problems' | 'warnings';

const RESOURCES = ['cpu', 'memory', 'pods'] as const;

const positive = ({ cpu, memory, pods }: Amount): Amount => ({
  cpu: Math.max(0, cpu),
  memory: Math.max(0, memory),
  pods: Math.max(0, pods),
});

/** Sums of binary fractions differ in their last digits. */
const exceeds = (wanted: Amount, room: Amount, resource: keyof Amount): boolean =>
  wanted[resource] > room[resource] * (1 + 1e-9) + 1e-9;

/** Workloads of which not one pod fits on any node. */
function tooLarge(demands: Demand[], free: Amount[]): string[] {
  return demands
    .filter(({ each }) => !free.some((room) => RESOURCES.every((resource) => !exceeds(each, room, resource))))
    .map(
      ({ key, each }) =>
        `A pod of ${key} needs ${inWords('cpu', each)} and ${inWords('memory', each)}, and no ready node has that much left: add a larger node, or ask for less.`,
    );
}

function inWords(resource: keyof Amount, amount: Amount): string {
  const value = amount[resource];
  if (resource === 'memory') return `${rounded(value / 1024 ** 2)} MiB of memory`;
  return resource === 'cpu' ? `${rounded(value)} CPU` : `room for ${value} pods`;
}

const rounded = (value: number): string => String(Math.round(value * 1_000) / 1_000);
