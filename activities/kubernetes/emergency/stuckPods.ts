import { isLeaving, isReady } from '../rollout/ownedPods.js';
import type { Pod } from '../model/objects.js';
import { kubectl } from './kubectl.js';
import type { Place } from './types.js';

export type NodeState = 'ready' | 'notReady' | 'gone' | 'unknown';

/** A pod that does not go, with what is known of its surroundings. */
export interface StuckPod {
  pod: DeletedPod;
  node: NodeState;
  /** Why the API server did not delete it when asked. */
  refusal?: string;
}

type DeletedPod = Pod & { metadata: { finalizers?: string[]; deletionGracePeriodSeconds?: number } };

const MAX_NAMED = 3;
const MAX_DELETED = 20;

/** Why the pods of a workload are left, in words: since when, finalizers, nodes. Pure. */
export function whyLeft(stuck: readonly StuckPod[], ordered: boolean, now: number): string {
  const words = stuck.slice(0, MAX_NAMED).map((one) => whyOne(one, now));
  const more = stuck.length > MAX_NAMED ? [`and ${stuck.length - MAX_NAMED} more`] : [];
  const unready = stuck.find(({ pod }) => !isLeaving(pod) && !isReady(pod));
  const waits =
    ordered && unready ? [`an OrderedReady StatefulSet waits for ${unready.pod.metadata.name} to be ready`] : [];
  return [...words, ...more, ...waits].join('; ');
}

function whyOne({ pod, node, refusal }: StuckPod, now: number): string {
  const { name, deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = pod.metadata;
  const refused = refusal === undefined ? '' : `, and deleting it was refused: ${refusal}`;
  if (deletionTimestamp === undefined) return `pod ${name} is not being deleted${onNode(pod, node)}${refused}`;
  const end = Date.parse(deletionTimestamp);
  const since = new Date(end - deletionGracePeriodSeconds * 1_000).toISOString();
  const grace = end > now ? `, its grace period lasts until ${deletionTimestamp}` : '';
  const held = finalizers.length > 0 ? `, held by the finalizer ${finalizers.join(', ')}` : '';
  return `pod ${name} has been terminating since ${since}${grace}${held}${onNode(pod, node)}${refused}`;
}

function onNode({ spec }: Pod, node: NodeState): string {
  if (node === 'notReady') return `, its node ${spec.nodeName} is not ready and ends nothing`;
  return node === 'gone' ? `, its node ${spec.nodeName} does not exist any more` : '';
}

/**
 * What a person can do: delete by force, which says nothing about whether the containers have ended, or take the finalizers off, which
 * skips what their owners wanted to do first. Pure.
 */
export function commandForPods(place: Place, stuck: readonly StuckPod[]): string | undefined {
  const held = stuck.filter(({ pod }) => isLeaving(pod) && (pod.metadata.finalizers ?? []).length > 0);
  const others = stuck.filter((one) => !held.includes(one)).map(({ pod }) => pod.metadata.name);
  const names = others.slice(0, MAX_DELETED);
  const commands = [
    ...(names.length > 0
      ? [kubectl(place, place.namespace, 'delete', 'pod', ...names, '--force', '--grace-period=0')]
      : []),
    ...held
      .slice(0, MAX_NAMED)
      .map(({ pod }) =>
        kubectl(place, place.namespace, 'patch', 'pod', pod.metadata.name, '--type=merge', '-p', NO_FINALIZERS),
      ),
  ];
  return commands.length > 0 ? commands.join('; ') : undefined;
}

const NO_FINALIZERS = '{"metadata":{"finalizers":null}}';
