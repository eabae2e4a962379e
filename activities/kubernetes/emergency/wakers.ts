import { conditionOf } from '../model/counts.js';
import type { Condition, KubeObject } from '../model/objects.js';
import { fieldsOf } from './fields.js';
import { RESOURCES } from './resources.js';
import type { Autoscaler, CronJob, Holdings, ScaledObject } from './shapes.js';
import type { Json, SavedObject, WakerKind } from './types.js';

/**
 * What is saved of that which would start pods again. `asleep` are the keys of workloads with 0 replicas. An autoscaler that a
 * ScaledObject owns is only named in that one's facts: KEDA would undo a change of it. Pure.
 */
export function savedWakers(
  namespace: string,
  holdings: Pick<Holdings, 'autoscalers' | 'scaledObjects' | 'cronJobs'>,
  asleep: ReadonlySet<string>,
): SavedObject[] {
  const { autoscalers, scaledObjects, cronJobs } = holdings;
  return [
    ...autoscalers.filter((one) => kedaOwnerOf(one) === undefined).map((one) => autoscaler(namespace, one, asleep)),
    ...scaledObjects.map((one) => scaledObject(namespace, one, autoscalers, asleep)),
    ...cronJobs.map((one) => cronJob(namespace, one)),
  ];
}

/** A waker with what all of them have in common. Pure. */
export function savedWaker(kind: WakerKind, namespace: string, object: KubeObject): Omit<SavedObject, 'facts'> {
  const { name, uid } = object.metadata;
  return {
    ref: { kind, apiVersion: RESOURCES[kind].apiVersion, namespace, name, uid },
    role: 'waker',
    fields: fieldsOf(kind, object),
  };
}

const kedaOwnerOf = ({ metadata }: KubeObject): string | undefined =>
  metadata.ownerReferences?.find((owner) => owner.kind === 'ScaledObject')?.name;

function autoscaler(namespace: string, object: Autoscaler, asleep: ReadonlySet<string>): SavedObject {
  const { metadata, spec, status } = object;
  const target = `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`;
  // Only one that has itself scaled to zero will scale up again from there; any other is switched off by 0 replicas.
  const scaledToZero = conditionOf(status?.conditions ?? [], 'ScaledToZero')?.status === 'True';
  const owner = metadata.ownerReferences?.find((one) => one.controller);
  return {
    ...savedWaker('HorizontalPodAutoscaler', namespace, object),
    target,
    facts: {
      min: spec.minReplicas ?? 1,
      max: spec.maxReplicas,
      conditions: inShort(status?.conditions),
      scaledToZero,
      disabled: asleep.has(target) && !scaledToZero,
      ...(owner ? { owner: `${owner.kind} ${owner.name}` } : {}),
    },
  };
}

function scaledObject(
  namespace: string,
  object: ScaledObject,
  autoscalers: Autoscaler[],
  asleep: ReadonlySet<string>,
): SavedObject {
  const { scaleTargetRef, minReplicaCount, maxReplicaCount } = object.spec ?? {};
  const target = `${scaleTargetRef?.kind ?? 'Deployment'}/${scaleTargetRef?.name ?? ''}`;
  const owned = autoscalers.filter((one) => kedaOwnerOf(one) === object.metadata.name);
  return {
    ...savedWaker('ScaledObject', namespace, object),
    target,
    facts: {
      // KEDA's own defaults.
      min: minReplicaCount ?? 0,
      max: maxReplicaCount ?? 100,
      conditions: inShort(object.status?.conditions),
      scaledToZero: asleep.has(target),
      autoscalers: owned.map((one) => one.metadata.name),
    },
  };
}

function cronJob(namespace: string, object: CronJob): SavedObject {
  const { schedule, timeZone } = object.spec;
  return {
    ...savedWaker('CronJob', namespace, object),
    facts: { schedule, ...(timeZone === undefined || timeZone === null ? {} : { timeZone }) },
  };
}

/** e.g. `ScalingActive=False ScalingDisabled`. */
const inShort = (conditions: Condition[] | null | undefined): Json[] =>
  (conditions ?? []).map(({ type, status, reason }) => `${type}=${status}${reason ? ` ${reason}` : ''}`);
