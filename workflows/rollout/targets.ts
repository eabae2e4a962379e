import { workflowInfo } from '@temporalio/workflow';
import type { RunRef, WorkloadRef } from '../../activities/kubernetes/types.js';
import type { System } from '../../systems/schema.js';
import { fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Change } from './types.js';

/** Where a described workload lives. */
export function workloadRef(system: System, name: string): WorkloadRef {
  const workload = system.workloads.find((one) => one.name === name);
  if (!workload || !system.kubernetes)
    throw fail('InvalidInput', `"${name}" is not a Kubernetes workload of ${system.name}`);
  const { context, namespace } = system.kubernetes;
  return { namespace, kind: workload.kind, name, ...(context !== undefined && { context }) };
}

/** The changes that stand now: of several to one workload (one per container) only the last. Pure. */
export const standing = (changes: Change[]): Change[] =>
  changes.filter((change, index) => !changes.slice(index + 1).some((later) => later.target.uid === change.target.uid));

/** Who writes, for annotations and saved states. */
export function runRef(run: Run): RunRef {
  const { workflowId, runId } = workflowInfo();
  return { workflowId, runId, actor: run.status.requestedBy ?? '', reason: run.status.reason ?? '' };
}
