import { bounded } from '../../secrets/redact.js';
import { heartbeating } from '../../temporal/heartbeat.js';
import type { Pod, Workload } from '../model/objects.js';
import { plural } from '../rollout/rolloutStatus.js';
import { isWorkloadKind } from './evidenceOf.js';
import { type StopState, stopState } from './judgeStop.js';
import type { Cluster } from './place.js';
import { PodKiller } from './podKiller.js';
import { podsOfWorkloads } from './podOwners.js';
import { stopLaggards } from './stopLaggards.js';
import { SystemWatch, type SystemView } from './systemWatch.js';
import type { EmergencyActivities, Laggard, ObjectRef } from './types.js';

/** What ripens with time alone is looked at this often. */
const TICK_MS = 1_000;
/** How long the last look may take while the API server is away. */
const LAST_LOOK_MS = 30_000;
/** Workloads that somebody starts while they are being stopped may be stopped again; so long nobody gives up. */
const WANTED_MS = 3_000;

type Input = Parameters<EmergencyActivities['waitStopped']>[0];

/** A workload as it is seen while it goes down. */
export interface Stopping {
  ref: ObjectRef;
  workload: Workload | undefined;
  pods: Pod[];
  state: StopState;
}

/**
 * {@link EmergencyActivities.waitStopped}. Ends before the deadline when all are stopped, or when those that are left are to have pods
 * again, which no waiting changes. Throws only when the API server stays away at the end, or the pods may not be listed.
 */
export async function waitStopped(
  cluster: Cluster,
  input: Input,
): Promise<{ left: Laggard[]; pods: number; tookMs: number }> {
  const startedAt = Date.now();
  const watch = new SystemWatch(
    cluster,
    input.workloads.flatMap(({ kind }) => (isWorkloadKind(kind) ? [kind] : [])),
  );
  const killer = input.kill ? new PodKiller(cluster) : undefined;
  let text = 'waiting for the API server';
  let wantedSince: number | undefined;
  const look = (view: SystemView): Stopping[] => {
    const left = leftOf(input.workloads, view);
    text = progressOf(input.workloads.length, left);
    wantedSince = left.every(({ state }) => state === 'wanted') ? (wantedSince ?? Date.now()) : undefined;
    return left;
  };
  const isOver = (left: Stopping[]): boolean =>
    left.length === 0 || (wantedSince !== undefined && Date.now() - wantedSince > WANTED_MS);
  const run = async () => {
    for (;;) {
      const late = Date.now() >= input.deadlineAt;
      const view = late ? await watch.refresh(LAST_LOOK_MS) : watch.view();
      let left = view && look(view);
      // A watch may be behind: nothing is said on its word alone.
      if (left && !late && isOver(left)) left = look(await watch.refresh(LAST_LOOK_MS));
      if (left && (late || isOver(left))) {
        const pods = left.reduce((sum, one) => sum + one.pods.length, 0);
        return { left: await stopLaggards(cluster, left, killer), pods, tookMs: Date.now() - startedAt };
      }
      if (left) killer?.kill(left.flatMap(({ state, pods }) => (state === 'wanted' ? [] : pods)));
      else text = `waiting for the API server (${bounded(watch.problem?.message ?? 'connecting', 200)})`;
      await watch.next(Math.min(TICK_MS, Math.max(input.deadlineAt - Date.now(), 1)));
    }
  };
  try {
    return await heartbeating(run, () => ({ text }));
  } finally {
    watch.close();
  }
}

/** The workloads that are not stopped. Pure. */
export function leftOf(refs: readonly ObjectRef[], { workloads, replicaSets, pods }: SystemView): Stopping[] {
  const owned = podsOfWorkloads(refs, replicaSets, pods);
  return refs
    .map((ref) => {
      const workload = workloads.get(ref.uid);
      const own = owned.get(ref.uid) ?? [];
      return { ref, workload, pods: own, state: stopState(ref.kind, workload, own) };
    })
    .filter(({ state }) => state !== 'stopped');
}

function progressOf(all: number, left: readonly Stopping[]): string {
  const pods = left.reduce((sum, one) => sum + one.pods.length, 0);
  return `${all - left.length} of ${plural(all, 'workload')} stopped, ${plural(pods, 'pod')} left`;
}
