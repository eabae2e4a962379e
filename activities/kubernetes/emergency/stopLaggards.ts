import { ApiError, isStatus } from '../api/apiError.js';
import { conditionOf } from '../model/counts.js';
import type { Condition, KubeObject, Pod } from '../model/objects.js';
import { inParallel } from '../objects/api.js';
import { isLeaving } from '../rollout/ownedPods.js';
import { plural } from '../rollout/rolloutStatus.js';
import { explained, sessionOf, type Raw } from './evidenceOf.js';
import { kubectl } from './kubectl.js';
import { lastWriter } from './lastWriter.js';
import { type Cluster, keyOf } from './place.js';
import type { PodKiller } from './podKiller.js';
import { commandForPods, type NodeState, type StuckPod, whyLeft } from './stuckPods.js';
import type { Laggard, ObjectRef, Place } from './types.js';
import type { Stopping } from './waitStopped.js';

const MAX_NODES = 20;
const NODE_MS = 3_000;
const AT_ONCE = 6;

interface Node extends KubeObject {
  status?: { conditions?: Condition[] };
}

/** Says of each workload that is not stopped why, and what a person can do. */
export async function stopLaggards(
  cluster: Cluster,
  left: readonly Stopping[],
  killer?: PodKiller,
): Promise<Laggard[]> {
  const nodes = await readNodes(
    cluster,
    left.flatMap(({ pods }) => pods),
  );
  return explained(left.map((one) => laggardOf(cluster, one, nodes, killer)));
}

function laggardOf(cluster: Cluster, one: Stopping, nodes: Map<string, NodeState>, killer?: PodKiller): Raw {
  const { ref, workload, pods, state } = one;
  const stuck = pods.map((pod): StuckPod => {
    const refusal = killer?.refusalOf(pod.metadata.uid);
    const node = nodes.get(pod.spec.nodeName ?? '') ?? 'unknown';
    return { pod, node, ...(refusal === undefined ? {} : { refusal }) };
  });
  const command = state === 'wanted' ? stopCommand(cluster.place, ref) : commandForPods(cluster.place, stuck);
  return {
    key: keyOf(cluster.place, ref),
    count: pods.length,
    why: whyNotStopped(one, stuck),
    ...(command === undefined ? {} : { command }),
    session: sessionOf(cluster, ref, workload, pods),
    culprits: pods.map((pod) => ({ pod: pod.metadata.name, reason: isLeaving(pod) ? 'Terminating' : 'Running' })),
    pods,
  };
}

/** Pure. */
export function whyNotStopped({ ref, workload, pods, state }: Stopping, stuck: readonly StuckPod[]): string {
  if (state === 'wanted' && workload) {
    const { replicas = 1 } = workload.spec;
    return ref.kind === 'DaemonSet'
      ? `its nodeSelector fits ${plural(workload.status?.desiredNumberScheduled ?? 0, 'node')}${lastWriter(workload, 'nodeSelector')}`
      : `it is to have ${plural(replicas, 'replica')}${lastWriter(workload, 'replicas')}`;
  }
  if (pods.length === 0)
    return 'its controller has not seen the change yet, and may still make pods; is kube-controller-manager running?';
  const ordered = ref.kind === 'StatefulSet' && workload?.spec.podManagementPolicy !== 'Parallel';
  return whyLeft(stuck, ordered, Date.now());
}

const stopCommand = (place: Place, { kind, namespace, name }: ObjectRef): string | undefined =>
  kind === 'DaemonSet'
    ? undefined
    : kubectl(place, namespace, 'scale', `${kind.toLowerCase()}/${name}`, '--replicas=0');

/** Whether the nodes of the pods still answer; unknown where the worker may not read them. */
async function readNodes(cluster: Cluster, pods: readonly Pod[]): Promise<Map<string, NodeState>> {
  const names = [...new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []))].slice(0, MAX_NODES);
  const states = await inParallel(names, AT_ONCE, (name) => nodeState(cluster, name));
  return new Map(names.map((name, index) => [name, states[index] ?? 'unknown']));
}

async function nodeState(cluster: Cluster, name: string): Promise<NodeState> {
  try {
    const path = `/api/v1/nodes/${encodeURIComponent(name)}`;
    const { body } = await cluster.call<Node>({ path, timeoutMs: NODE_MS });
    return conditionOf(body.status?.conditions, 'Ready')?.status === 'True' ? 'ready' : 'notReady';
  } catch (error) {
    if (isStatus(error, 404)) return 'gone';
    if (cluster.signal.aborted || !(error instanceof ApiError)) throw error;
    return 'unknown';
  }
}
