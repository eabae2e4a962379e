import { heartbeating } from '../../temporal/heartbeat.js';
import { isReady } from '../rollout/ownedPods.js';
import { Observation, type View } from '../watch/observation.js';
import type { Session } from '../session.js';
import type { KubernetesActivities, ScaleOutcome, WorkloadRef } from '../types.js';
import { nameOf } from '../write/writeFailures.js';
import { requireScalable } from './scalable.js';

const TICK_MS = 1_000;
/** How long the last look may take while the API server is away. */
const LAST_LOOK_MS = 30_000;

type Input = Parameters<KubernetesActivities['waitScaled']>[0];
type Finding = Pick<ScaleOutcome, 'outcome' | 'summary'>;

/** {@link KubernetesActivities.waitScaled} */
export async function waitScaled(session: Session, input: Input): Promise<ScaleOutcome> {
  requireScalable(input.ref);
  const startedAt = Date.now();
  const observation = new Observation(session);
  let text = 'waiting for the API server';
  const run = async (): Promise<ScaleOutcome> => {
    for (;;) {
      const late = Date.now() >= input.deadlineAt;
      let view = late ? await observation.refresh(LAST_LOOK_MS) : observation.view();
      let finding = view && judgeScale(input, view);
      if (view && finding && !late) {
        // A watch may be behind: nothing is said on its word alone.
        view = await observation.refresh(LAST_LOOK_MS);
        finding = judgeScale(input, view);
      }
      if (view) text = progressOf(input, view);
      if (view && (finding || late)) {
        const found = finding ?? { outcome: 'deadline' as const, summary: `${nameOf(input.ref)}: ${text} in time.` };
        return { ...found, ...countsOf(view), tookMs: Date.now() - startedAt };
      }
      const left = Math.max(input.deadlineAt - Date.now(), 1);
      await observation.next(Math.min(TICK_MS, left));
    }
  };
  try {
    return await heartbeating(run, () => ({ text }));
  } finally {
    observation.close();
  }
}

/** What is known of the number of pods. Pure. undefined while there is reason to wait. */
export function judgeScale({ ref, uid, replicas }: Input, view: View): Finding | undefined {
  const { workload } = view;
  if (!workload || (uid !== undefined && workload.metadata.uid !== uid))
    return { outcome: 'replaced', summary: `${nameOf(ref)} was deleted, or created anew.` };
  const wanted = workload.spec.replicas ?? 1;
  if ((replicas === 0) !== (wanted === 0))
    return {
      outcome: 'changed',
      summary: `${nameOf(ref)} was to have ${replicas}, and somebody else asked for ${wanted} meanwhile: ${culprits(view)}.`,
    };
  if ((workload.status?.observedGeneration ?? 0) < (workload.metadata.generation ?? 0)) return undefined;
  const { ready, pods } = countsOf(view);
  if (replicas === 0) {
    if (pods > 0 || (workload.status?.replicas ?? 0) > 0) return undefined;
    return { outcome: 'reached', summary: `${nameOf(ref)} has no pods any more.` };
  }
  // An autoscaler may have made more or fewer of them meanwhile.
  const enough = Math.min(replicas, wanted);
  if ((workload.status?.readyReplicas ?? 0) < enough || ready < enough) return undefined;
  return { outcome: 'reached', summary: `${nameOf(ref)} has ${ready} ready pods.` };
}

const progressOf = ({ replicas }: { ref: WorkloadRef; replicas: number }, view: View): string => {
  const { ready, pods } = countsOf(view);
  return replicas === 0 ? `${pods} pods not gone yet` : `only ${ready} of ${replicas} pods ready`;
};

/** Pods are found by owner: those of another workload with the same labels do not count. */
function countsOf({ workload, revisions, pods }: View): { ready: number; pods: number } {
  const owners = new Set([workload?.metadata.uid, ...revisions.replicaSets.map((set) => set.metadata.uid)]);
  const ours = pods.filter(
    (pod) =>
      !['Succeeded', 'Failed'].includes(pod.status?.phase ?? '') &&
      pod.metadata.ownerReferences?.some((owner) => owners.has(owner.uid)),
  );
  const live = ours.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  return { ready: live.filter(isReady).length, pods: ours.length };
}

/** Who wrote `spec.replicas` last. */
function culprits({ workload }: View): string {
  const last = (workload?.metadata.managedFields ?? [])
    .filter((field) => field.subresource !== 'status' && field.time !== undefined)
    .toSorted((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''))[0];
  return last ? `last written by ${last.manager} at ${last.time}` : 'nothing tells who';
}
