import { ApplicationFailure } from '@temporalio/common';
import { isStatus } from '../api/apiError.js';
import type { HorizontalPodAutoscaler } from '../inspect/neighbours.js';
import { orIfMissing, type Session } from '../session.js';
import type { RunRef } from '../types.js';
import { MANAGER, runKey } from '../write/annotations.js';
import { annotate, type PatchOperation } from '../write/jsonPatch.js';
import { nameOf } from '../write/writeFailures.js';
import { invalid } from '../write/writeTemplate.js';
import { objectPath } from './resources.js';
import type { EmergencyActivities } from './types.js';

/** JSON: which run set which bounds, and those before its first write. */
const RANGED = 'belay.dev/ranged';
const MAX_TRIES = 5;

type Input = Parameters<EmergencyActivities['setAutoscalerRange']>[0];

interface Range {
  min: number;
  max: number;
}

interface Mark {
  run: string;
  from: Range;
}

/**
 * {@link EmergencyActivities.setAutoscalerRange}. Throws `NotFound`, `Invalid` (bounds that are none, an autoscaler of another
 * workload), `Unsupported` (one that KEDA owns), all final.
 */
export async function setAutoscalerRange(session: Session, input: Input): Promise<{ previous: Range }> {
  const { min, max, run } = input;
  if (!Number.isInteger(min) || !Number.isInteger(max) || min < 0 || max < Math.max(min, 1))
    throw invalid(`${min} to ${max} are no bounds: give whole numbers, min from 0 on and max not below it, from 1 on.`);
  const path = objectPath({
    kind: 'HorizontalPodAutoscaler',
    namespace: session.ref.namespace,
    name: input.autoscaler,
  });
  for (let tries = 1; ; tries++) {
    const live = await orIfMissing(session.get<HorizontalPodAutoscaler>(path), undefined);
    if (!live) throw notFound(session, input.autoscaler);
    requireSettable(session, live);
    const now = { min: live.spec.minReplicas ?? 1, max: live.spec.maxReplicas };
    const previous = previousOf(live, run) ?? now;
    if (now.min === min && now.max === max) return { previous };
    try {
      await session.call({
        method: 'PATCH',
        path,
        query: { fieldManager: MANAGER },
        contentType: 'application/json-patch+json',
        body: operations(live, { min, max }, { run: runKey(run), from: previous }),
      });
      return { previous };
    } catch (error) {
      const raced = isStatus(error, 409) || (isStatus(error, 422) && (await moved(session, path, live)));
      if (tries >= MAX_TRIES || !raced) throw error;
    }
  }
}

/** Somebody may set other bounds meanwhile: then the mark would remember wrong ones, so the resourceVersion is tested. */
const operations = (live: HorizontalPodAutoscaler, { min, max }: Range, mark: Mark): PatchOperation[] => [
  { op: 'test', path: '/metadata/uid', value: live.metadata.uid },
  { op: 'test', path: '/metadata/resourceVersion', value: live.metadata.resourceVersion },
  { op: 'add', path: '/spec/minReplicas', value: min },
  { op: 'add', path: '/spec/maxReplicas', value: max },
  ...annotate(live, { [RANGED]: JSON.stringify(mark) }),
];

/** A real refusal meets an object that has not moved since the read. */
async function moved(session: Session, path: string, was: HorizontalPodAutoscaler): Promise<boolean> {
  const now = await orIfMissing(session.get<HorizontalPodAutoscaler>(path), undefined);
  return now?.metadata.resourceVersion !== was.metadata.resourceVersion;
}

function requireSettable({ ref }: Session, { metadata, spec }: HorizontalPodAutoscaler): void {
  const target = spec.scaleTargetRef;
  if (target.kind !== ref.kind || target.name !== ref.name)
    throw invalid(
      `HorizontalPodAutoscaler ${metadata.name} scales ${target.kind} ${target.name}, not ${nameOf(ref)}: name the autoscaler of that workload.`,
    );
  const owner = metadata.ownerReferences?.find((one) => one.kind === 'ScaledObject')?.name;
  if (owner === undefined) return;
  throw ApplicationFailure.nonRetryable(
    `HorizontalPodAutoscaler ${metadata.name} belongs to ScaledObject ${owner}, and KEDA puts its bounds back: change minReplicaCount and maxReplicaCount of the ScaledObject.`,
    'Unsupported',
  );
}

/** The bounds before this run's first write. */
function previousOf({ metadata }: HorizontalPodAutoscaler, run: RunRef): Range | undefined {
  try {
    const mark = JSON.parse(metadata.annotations?.[RANGED] ?? 'null') as Partial<Mark> | null;
    if (mark?.run !== runKey(run)) return undefined;
    const { min, max } = mark.from ?? {};
    return typeof min === 'number' && typeof max === 'number' ? { min, max } : undefined;
  } catch {
    return undefined;
  }
}

const notFound = ({ ref }: Session, name: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `HorizontalPodAutoscaler ${ref.namespace}/${name} does not exist: correct the name, or start a new run without it.`,
    'NotFound',
  );
