import { probe } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Plan } from '../kit/types.js';
import { workloadRef } from '../rollout/targets.js';
import type { ScaleInput } from './runbook.js';

export interface ScalePlan extends Plan {
  facts: { uid: string; replicas: number; autoscaler?: { name: string; min: number; max: number } };
}

/** Looks at the workload and its autoscaler. Read-only. Throws `PreflightFailed`. */
export async function makePlan(run: Run<ScaleInput>, step: Step): Promise<ScalePlan> {
  const { workload, replicas: to, overrideAutoscaler } = run.input;
  const scale = await probe(`Look at ${workload}`).readScale({ ref: workloadRef(run.system, workload) });
  const [autoscaler, ...others] = scale.autoscalers;
  const owned = scale.autoscalers.find(({ owner }) => owner !== undefined);
  const warnings: string[] = [];
  if (scale.deletesClaims && (typeof to === 'number' ? to : to.max) < scale.replicas)
    throw fail(
      'PreflightFailed',
      `${workload} deletes the volume claims of pods that go, and the data with them (persistentVolumeClaimRetentionPolicy.whenScaled: Delete). Set it to Retain first. Nothing was changed`,
    );
  if (typeof to === 'number') {
    if (autoscaler && !overrideAutoscaler)
      throw fail(
        'PreflightFailed',
        `${workload} is scaled by ${autoscaler.name} (${autoscaler.min} to ${autoscaler.max}), which would change the number again; give {"min", "max"} as replicas, or set overrideAutoscaler. Nothing was changed`,
      );
    if (autoscaler)
      warnings.push(`${autoscaler.name} (${autoscaler.min} to ${autoscaler.max}) may change the number again`);
  } else {
    if (!autoscaler)
      throw fail('PreflightFailed', `${workload} has no autoscaler; give a number of replicas. Nothing was changed`);
    if (others.length > 0)
      throw fail(
        'PreflightFailed',
        `${workload} has ${scale.autoscalers.length} autoscalers, which fight; remove all but one`,
      );
    if (owned)
      throw fail(
        'PreflightFailed',
        `${owned.name} is made by ${owned.owner}, which would put its own bounds back; change them there`,
      );
  }
  if (scale.paused) warnings.push(`${workload} is paused: new pods still come with the version that stands`);
  const target =
    typeof to === 'number'
      ? `${scale.replicas} to ${to} replicas`
      : `${autoscaler?.min} to ${autoscaler?.max} → ${to.min} to ${to.max}`;
  const summary = `Scale ${workload}: ${target}`;
  step.note(summary, scale);
  const facts = { uid: scale.uid, replicas: scale.replicas, ...(autoscaler && { autoscaler }) };
  return {
    summary,
    steps: [
      { title: summary, undo: 'back to what it was' },
      { title: 'Wait until the pods are ready' },
      { title: 'Health checks' },
    ],
    warnings,
    facts,
    hash: hashOf({ uid: scale.uid, to, autoscaler: autoscaler ?? null, description: run.systemHash }),
  };
}
