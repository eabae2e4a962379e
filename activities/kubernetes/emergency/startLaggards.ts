import { conditionOf } from '../model/counts.js';
import type { Pod } from '../model/objects.js';
import { doomOf, type PullMessages } from '../rollout/doomedPods.js';
import { plural } from '../rollout/rolloutStatus.js';
import type { Session } from '../session.js';
import { eventsOf } from '../watch/events.js';
import { asCulpritOnly, type Explained } from '../watch/finding.js';
import { activePods, notReady } from '../watch/judge.js';
import { explained, type Raw, sessionOf } from './evidenceOf.js';
import { openPoints, readyPods, type Starting } from './judgeReady.js';
import { type Cluster, keyOf } from './place.js';
import type { Laggard } from './types.js';

/** Of so many workloads the events are asked why no pod can be made. */
const MAX_ASKED = 10;

/** Says of each workload that is not back why, with evidence of its pods. */
export async function startLaggards(
  cluster: Cluster,
  left: readonly Starting[],
  pulls: PullMessages,
): Promise<Laggard[]> {
  const raws = left.map(async (one, index): Promise<Raw> => {
    const session = sessionOf(cluster, one.ref, one.workload, one.pods);
    const stuck = stuckPods(one.pods, pulls);
    const refused = index < MAX_ASKED ? await whyNoPods(session, one) : undefined;
    return {
      key: keyOf(cluster.place, one.ref),
      count: readyPods(one.pods),
      why: whyNotReady(one, stuck, refused),
      session,
      culprits: [...stuck.map(asCulpritOnly), ...notReady(activePods(one.pods))],
      pods: one.pods,
    };
  });
  return explained(await Promise.all(raws));
}

/** Pure. */
export function whyNotReady(one: Starting, stuck: readonly Explained[], refused?: string): string {
  const [first] = stuck;
  const live = activePods(one.pods);
  const stuckWords = first && `${plural(stuck.length, 'pod')} of ${live.length} cannot start: ${wordsOf(first)}`;
  const paused = one.workload?.spec.paused === true ? 'the Deployment is paused' : undefined;
  const made = refused === undefined ? undefined : `pods cannot be created: ${refused}`;
  return [openPoints(one).join(', '), paused, stuckWords, made].filter((part) => part !== undefined).join('; ');
}

const wordsOf = ({ pod, container, words }: Explained): string =>
  `${container === undefined ? '' : `container ${container} of `}pod ${pod} ${words.replace(/\.$/, '')}`;

/** Pods that waiting does not help, and those that fit on no node. Pure. */
export function stuckPods(pods: readonly Pod[], pulls: PullMessages): Explained[] {
  return activePods([...pods]).flatMap((pod) => doomOf(pod, pulls) ?? unschedulable(pod) ?? []);
}

function unschedulable(pod: Pod): Explained | undefined {
  const scheduled = conditionOf(pod.status?.conditions, 'PodScheduled');
  if (scheduled?.status !== 'False') return undefined;
  const { message = 'the scheduler does not say why' } = scheduled;
  return {
    pod: pod.metadata.name,
    reason: scheduled.reason ?? 'Unschedulable',
    message,
    words: `fits on no node: ${message}`,
  };
}

/** A Deployment says in its conditions why pods are refused (quota, admission), the others only in events. */
async function whyNoPods(session: Session, { workload, replicas, pods }: Starting): Promise<string | undefined> {
  if (!workload || activePods(pods).length >= replicas) return undefined;
  const failure = conditionOf(workload.status?.conditions, 'ReplicaFailure');
  if (failure?.status === 'True') return failure.message ?? failure.reason;
  if (session.ref.kind === 'Deployment') return undefined;
  const events = await eventsOf(session, workload.metadata.uid);
  return events.find((event) => event.reason === 'FailedCreate')?.message;
}
