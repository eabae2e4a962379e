import { countsOf } from '../model/counts.js';
import type { Pod } from '../model/objects.js';
import { templateHash } from '../model/templateHash.js';
import { progressDeadlineExceeded } from '../rollout/controllerVerdict.js';
import { deathOf } from '../rollout/doomedPods.js';
import { isLeaving, isReady, type OwnedPods } from '../rollout/ownedPods.js';
import { restartsSince, type Restarts } from '../rollout/restarts.js';
import { unfinished } from '../rollout/rolloutStatus.js';
import type { WorkloadKind, WorkloadRef, WriteIdentity } from '../types.js';
import type { Culprit, Finding } from './finding.js';
import { hopeless } from './hopeless.js';
import type { Memory } from './memory.js';
import type { View } from './observation.js';

/** Restarts of one new container that still pass, as a start-up race with a dependency; reported. */
const TOLERATED_RESTARTS = 1;

/** Somebody else's doing, which ends every watch. */
export function strangersDoing(ref: WorkloadRef, identity: WriteIdentity, view: View): Finding | undefined {
  const { workload } = view;
  const name = `${ref.kind} ${ref.name}`;
  if (!workload) return { outcome: 'replaced', summary: `${name} was deleted.`, culprits: [] };
  if (workload.metadata.uid !== identity.uid || workload.metadata.deletionTimestamp !== undefined) {
    const what =
      workload.metadata.deletionTimestamp === undefined ? 'was deleted and created anew' : 'is being deleted';
    return { outcome: 'replaced', summary: `${name} ${what}.`, culprits: [] };
  }
  if (isStale(identity, view) || templateHash(workload.spec.template) === identity.templateHash) return undefined;
  const by = lastWriter(view);
  return {
    outcome: 'superseded',
    summary: `Somebody else changed the template of ${name} after this run did${by}; their change is left alone.`,
    culprits: [],
  };
}

function lastWriter({ workload }: View): string {
  const last = (workload?.metadata.managedFields ?? [])
    .filter((field) => field.subresource === undefined)
    .toSorted((a, b) => Date.parse(b.time ?? '') - Date.parse(a.time ?? ''))[0];
  return last?.manager === undefined ? '' : ` (last writer: ${last.manager} at ${last.time})`;
}

/** A read from before our write, as a server that lags behind may give it. */
const isStale = (identity: WriteIdentity, { workload }: View): boolean =>
  (workload?.metadata.generation ?? 0) < identity.generation;

/** The rollout's outcome if there is one by now. Pure. */
export function judge(
  ref: WorkloadRef,
  identity: WriteIdentity,
  view: View,
  owned: OwnedPods,
  memory: Memory,
  now: number,
): Finding | undefined {
  const stranger = strangersDoing(ref, identity, view);
  if (stranger) return stranger;
  const { workload } = view;
  if (!workload || isStale(identity, view)) return undefined;
  const live = activePods(owned.newPods);
  const restarts = live.flatMap((pod) => restartsSince(pod, identity.at, memory.baseline));
  const often = restarts.filter((one) => one.count > TOLERATED_RESTARTS);
  if (often.length > 0) return { outcome: 'failed', summary: restartWords(often), culprits: often.map(asCulprit) };
  if (openPoints(ref.kind, view, owned).length === 0) return complete(ref, view, restarts);
  const stuck = hopeless(ref.kind, view, live, owned, memory, now);
  if (stuck) return stuck;
  const still = now - memory.countsSince;
  const expired =
    ref.kind === 'Deployment' && progressDeadlineExceeded(workload, identity.generation, identity.at, still);
  if (!expired) return undefined;
  return {
    outcome: 'failed',
    summary: `The Deployment controller gave up: ${expired} (${openPoints(ref.kind, view, owned).join(', ')}).`,
    culprits: notReady(live),
  };
}

/** What is missing for "complete", for the progress text and the summary at the deadline. Empty: complete. */
export function openPoints(kind: WorkloadKind, { workload }: View, owned: OwnedPods): string[] {
  if (!workload) return ['it does not exist'];
  const open = unfinished(kind, workload);
  const { revision } = owned;
  const made =
    revision !== undefined && (kind !== 'StatefulSet' || workload.status?.updateRevision === revision.metadata.name);
  if (!made) open.push(`no ${kind === 'Deployment' ? 'ReplicaSet' : 'ControllerRevision'} of the new template yet`);
  return open;
}

function complete(ref: WorkloadRef, { workload }: View, restarts: Restarts[]): Finding {
  const { desired, available, updated } = workload
    ? countsOf(ref.kind, workload)
    : { desired: 0, available: 0, updated: 0 };
  const partition = ref.kind === 'StatefulSet' ? (workload?.spec.updateStrategy?.rollingUpdate?.partition ?? 0) : 0;
  const part = partition > 0 ? `; ${updated} of them updated, the partition ${partition} holds the others` : '';
  const restarted = restarts.length > 0 ? `; ${restartWords(restarts)}` : '';
  const summary =
    desired === 0
      ? `${ref.kind} ${ref.name} has the new template and no pods, so nothing was proved about its health.`
      : `${ref.kind} ${ref.name} is rolled out: ${available} of ${desired} pods available${part}${restarted}.`;
  return { outcome: 'complete', summary, culprits: restarts.map(asCulprit) };
}

/** Neither on their way out nor ended (evicted pods stay behind as failed ones). */
export const activePods = (pods: Pod[]): Pod[] =>
  pods.filter((pod) => !isLeaving(pod) && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded');

export const notReady = (pods: Pod[]): Culprit[] =>
  pods
    .filter((pod) => !isReady(pod))
    .map((pod) => {
      const message = pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.message;
      return { pod: pod.metadata.name, reason: 'NotReady', ...(message ? { message } : {}) };
    });

export const restartWords = (restarts: Restarts[]): string =>
  restarts
    .slice(0, 3)
    .map((one) => {
      const times = one.count === 1 ? 'once' : `${one.count} times`;
      return `container ${one.container} of pod ${one.pod} restarted ${times} since the change (${deathOf(one.last)})`;
    })
    .join(', ');

export function asCulprit(one: Restarts): Culprit {
  const { last } = one;
  return {
    pod: one.pod,
    container: one.container,
    reason: last?.reason ?? 'Restarted',
    restarts: one.count,
    ...(last?.message === undefined ? {} : { message: last.message }),
    ...(last?.exitCode === undefined ? {} : { exitCode: last.exitCode }),
  };
}
