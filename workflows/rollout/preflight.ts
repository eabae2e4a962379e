import type { WorkloadFacts } from '../../activities/kubernetes/types.js';
import type { ImageResolution } from '../../activities/types.js';

type Failed = [check: string, message: string];

/** Whether the workload can take a rollout at all. Pure. */
export function readinessProblems(facts: WorkloadFacts, allow: { resumePaused?: boolean }): Failed[] {
  const failed: Failed[] = [];
  if (facts.paused && !allow.resumePaused) {
    failed.push([
      'paused',
      'is paused: a change would not roll. Resume it, or set resumePaused (it is paused again afterwards)',
    ]);
  }
  if (facts.strategy.type === 'OnDelete') {
    failed.push([
      'strategy',
      'has update strategy OnDelete: pods change only when somebody deletes them, which no rollout can watch',
    ]);
  }
  return failed;
}

/** Somebody else who would write the change back. Pure. */
export function ownerProblems(facts: WorkloadFacts, override: boolean): Failed[] {
  if (override) return [];
  return facts.owners.map((owner) => [
    'owner',
    `is owned by ${owner.manager} (${owner.detail}), which may undo this change: change it there, pause it, or set overrideOwner`,
  ]);
}

export function rightsProblem(facts: WorkloadFacts): string | undefined {
  if (facts.missingRights.length === 0) return undefined;
  return `the worker may not ${facts.missingRights.join(', ')} in ${facts.ref.namespace}; grant it as deploy/rbac does`;
}

/** The memory of a bad image or digest for this workload. Pure. */
export function quarantineProblem(
  facts: WorkloadFacts,
  image: string,
  resolution: ImageResolution,
): string | undefined {
  const digest = resolution.status === 'resolved' ? resolution.digest : undefined;
  const entry = facts.quarantined.find((one) =>
    digest !== undefined && one.digest !== undefined ? one.digest === digest : one.image === image,
  );
  if (!entry) return undefined;
  return `${image} was rolled back here at ${entry.at} by ${entry.run}: ${entry.reason}. Set overrideQuarantine to try it again`;
}
