import { bounded } from '../../secrets/redact.js';
import { heartbeating } from '../../temporal/heartbeat.js';
import { type PullMessages, rememberPullMessages } from '../rollout/doomedPods.js';
import { plural } from '../rollout/rolloutStatus.js';
import { isWorkloadKind } from './evidenceOf.js';
import { openPoints, readyPods, type Starting } from './judgeReady.js';
import type { Cluster } from './place.js';
import { podsOfWorkloads } from './podOwners.js';
import { startLaggards } from './startLaggards.js';
import { SystemWatch, type SystemView } from './systemWatch.js';
import type { EmergencyActivities, Laggard } from './types.js';

/** What ripens with time alone is looked at this often. */
const TICK_MS = 1_000;
/** How long the last look may take while the API server is away. */
const LAST_LOOK_MS = 30_000;

type Input = Parameters<EmergencyActivities['waitReady']>[0];

/**
 * {@link EmergencyActivities.waitReady}. Ends before the deadline only when all are ready: what looks doomed may be waiting for another
 * part of the system. Throws only when the API server stays away at the end, or the pods may not be listed.
 */
export async function waitReady(cluster: Cluster, input: Input): Promise<{ left: Laggard[]; tookMs: number }> {
  const startedAt = Date.now();
  const wanted = input.workloads.filter(({ replicas }) => replicas > 0);
  const watch = new SystemWatch(
    cluster,
    wanted.flatMap(({ ref: { kind } }) => (isWorkloadKind(kind) ? [kind] : [])),
  );
  const pulls: PullMessages = new Map();
  let text = 'waiting for the API server';
  const look = (view: SystemView): Starting[] => {
    for (const pod of view.pods) rememberPullMessages(pod, pulls);
    const left = startingOf(wanted, view).filter((one) => openPoints(one).length > 0);
    text = progressOf(wanted.length, left);
    return left;
  };
  const run = async () => {
    for (;;) {
      const late = Date.now() >= input.deadlineAt;
      const view = late ? await watch.refresh(LAST_LOOK_MS) : watch.view();
      let left = view && look(view);
      // A watch may be behind: nothing is said on its word alone.
      if (left?.length === 0 && !late) left = look(await watch.refresh(LAST_LOOK_MS));
      if (left && (late || left.length === 0))
        return { left: await startLaggards(cluster, left, pulls), tookMs: Date.now() - startedAt };
      if (!left) text = `waiting for the API server (${bounded(watch.problem?.message ?? 'connecting', 200)})`;
      await watch.next(Math.min(TICK_MS, Math.max(input.deadlineAt - Date.now(), 1)));
    }
  };
  try {
    return await heartbeating(run, () => ({ text }));
  } finally {
    watch.close();
  }
}

function startingOf(wanted: Input['workloads'], view: SystemView): Starting[] {
  const owned = podsOfWorkloads(
    wanted.map(({ ref }) => ref),
    view.replicaSets,
    view.pods,
  );
  return wanted.map(({ ref, replicas }) => ({
    ref,
    replicas,
    workload: view.workloads.get(ref.uid),
    seen: isWorkloadKind(ref.kind) && !view.unseen.has(ref.kind),
    pods: owned.get(ref.uid) ?? [],
  }));
}

function progressOf(all: number, left: readonly Starting[]): string {
  const [first] = left;
  const which = first
    ? `; ${first.ref.kind} ${first.ref.name}: ${readyPods(first.pods)} of ${first.replicas} pods ready`
    : '';
  return `${all - left.length} of ${plural(all, 'workload')} ready${which}`;
}
