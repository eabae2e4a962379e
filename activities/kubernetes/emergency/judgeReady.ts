import { desiredOf, countsOf } from '../model/counts.js';
import type { Pod, Workload } from '../model/objects.js';
import { isReady } from '../rollout/ownedPods.js';
import { unfinished, updateStrategyOf } from '../rollout/rolloutStatus.js';
import { activePods } from '../watch/judge.js';
import { isWorkloadKind } from './evidenceOf.js';
import { lastWriter } from './lastWriter.js';
import type { ObjectRef } from './types.js';

/** A workload on its way up, and what is seen of it. `seen` is false when its kind may not be listed. */
export interface Starting {
  ref: ObjectRef;
  /** Ready pods that it must have. Of a DaemonSet only whether there are to be any: nodes may have come and gone. */
  replicas: number;
  workload: Workload | undefined;
  seen: boolean;
  pods: Pod[];
}

export const readyPods = (pods: readonly Pod[]): number => activePods([...pods]).filter(isReady).length;

/**
 * What still keeps a workload from being back; empty when it is. Its pods and its controller must both say so, except where the controller
 * never will: a paused Deployment, and `OnDelete`, are not rolled out. Pure.
 */
export function openPoints({ ref, replicas, workload, seen, pods }: Starting): string[] {
  if (replicas === 0) return [];
  const ready = readyPods(pods);
  if (!workload) {
    if (seen) return ['it does not exist any more, or was created anew'];
    return ready < replicas ? [`${ready} of ${replicas} ready`] : [];
  }
  if (!isWorkloadKind(ref.kind)) return [];
  const desired = desiredOf(ref.kind, workload);
  const wanted = ref.kind === 'DaemonSet' ? desired : replicas;
  const missing = ready < wanted ? [`${ready} of ${wanted} ready`] : [];
  if ((workload.status?.observedGeneration ?? 0) < (workload.metadata.generation ?? 0))
    return ['the controller has not seen the change yet', ...missing];
  if (ref.kind === 'DaemonSet' && desired === 0)
    return [`its nodeSelector fits no node${lastWriter(workload, 'nodeSelector')}`];
  if (desired < wanted)
    return [`it is to have only ${desired} of ${wanted} replicas${lastWriter(workload, 'replicas')}`, ...missing];
  if (isNotRolledOut(ref.kind, workload)) return missing;
  // An autoscaler that asks for more meanwhile is at work already; the pods of before are what counts.
  const { updated } = countsOf(ref.kind, workload);
  const open =
    desired > wanted ? [updated < wanted ? `${updated} of ${wanted} updated` : ''] : unfinished(ref.kind, workload);
  return [...new Set([...missing, ...open.filter((one) => one !== '')])];
}

const isNotRolledOut = (kind: Parameters<typeof updateStrategyOf>[0], workload: Workload): boolean =>
  workload.spec.paused === true || updateStrategyOf(kind, workload)?.type === 'OnDelete';
