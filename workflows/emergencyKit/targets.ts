import type { FieldChange, ObjectKey, SavedObject, SurveyInput } from '../../activities/kubernetes/emergency/types.js';
import type { System } from '../../systems/schema.js';
import { fail } from '../kit/failure.js';
import { keyOf, stopFields } from './stopFields.js';

/** What the emergency activities are asked about a system. */
export function surveyInput(system: System): SurveyInput {
  const { kubernetes } = system;
  if (!kubernetes) throw fail('InvalidInput', `${system.name} does not run on Kubernetes; there is nothing to stop`);
  const { context, namespace } = kubernetes;
  return {
    place: { namespace, ...(context !== undefined && { context }) },
    system: system.name,
    workloads: system.workloads.map(({ kind, name, tier }) => ({ kind, name, tier })),
    gitops: system.policies.emergency.gitops,
  };
}

/** Targets whose holders an emergency must know of. */
export const lockTargets = (system: System): string[] => system.workloads.map(({ name }) => name);

export const keyIn = (system: System, { ref }: Pick<SavedObject, 'ref'>): ObjectKey =>
  keyOf({ namespace: system.kubernetes?.namespace ?? '' }, ref);

/**
 * Workloads in groups, the edge first: what nothing describes, then the tiers from the last to the first. Empty groups are left
 * out. Pure.
 */
export function tiersInwards(
  system: Pick<System, 'tiers'>,
  objects: readonly SavedObject[],
): { tier: string; objects: SavedObject[] }[] {
  const workloads = objects.filter(({ role }) => role === 'workload');
  const known = workloads.filter(({ tier }) => tier !== undefined && system.tiers.includes(tier));
  return [
    { tier: 'not described', objects: workloads.filter((one) => !known.includes(one)) },
    ...system.tiers.toReversed().map((tier) => ({ tier, objects: known.filter((one) => one.tier === tier) })),
  ].filter((group) => group.objects.length > 0);
}

/** The changes that stop these objects. Pure. */
export const stopping = (system: System, objects: readonly SavedObject[]): FieldChange[] =>
  objects.flatMap((object) => {
    const fields = stopFields(object, system.policies.emergency.traffic);
    return fields ? [{ ref: object.ref, fields }] : [];
  });

/**
 * The changes that put back what a shutdown has changed, and nothing else: what somebody has written into another field meanwhile stays,
 * and shows when the state is compared. Routes may have been detached under an earlier description. Pure.
 */
export const restoring = (system: System, objects: readonly SavedObject[]): FieldChange[] =>
  objects.map((object) => {
    const changed = { ...stopFields(object, 'detach'), ...stopFields(object, system.policies.emergency.traffic) };
    const fields = Object.fromEntries(Object.keys(changed).map((pointer) => [pointer, object.fields[pointer] ?? null]));
    return { ref: object.ref, fields };
  });
