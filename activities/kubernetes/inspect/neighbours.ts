import type { KubeObject, LabelSelector, Workload } from '../model/objects.js';
import { selects } from '../model/selector.js';
import type { WorkloadFacts, WorkloadRef } from '../types.js';

export interface HorizontalPodAutoscaler extends KubeObject {
  spec: { scaleTargetRef: { kind: string; name: string }; minReplicas?: number; maxReplicas: number };
}

export interface PodDisruptionBudget extends KubeObject {
  spec: { selector?: LabelSelector };
  status?: { disruptionsAllowed?: number };
}

/** Autoscalers that set this workload's replicas. Pure. */
export function autoscalersOf(ref: WorkloadRef, all: HorizontalPodAutoscaler[]): WorkloadFacts['autoscalers'] {
  return all
    .filter(({ spec }) => spec.scaleTargetRef.kind === ref.kind && spec.scaleTargetRef.name === ref.name)
    .map(({ metadata, spec }) => ({ name: metadata.name, min: spec.minReplicas ?? 1, max: spec.maxReplicas }));
}

/** Disruption budgets that select the pods and allow none now. In policy/v1 a missing selector selects nothing. Pure. */
export function exhaustedBudgets(workload: Workload, all: PodDisruptionBudget[]): string[] {
  const labels = workload.spec.template.metadata?.labels;
  return all
    .filter(({ spec }) => spec.selector !== undefined && selects(spec.selector, labels))
    .filter(({ status }) => status !== undefined && (status.disruptionsAllowed ?? 0) === 0)
    .map(({ metadata }) => metadata.name);
}
