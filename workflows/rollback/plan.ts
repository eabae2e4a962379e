import type { Inspection, Revision, SavedState } from '../../activities/kubernetes/types.js';
import type { ImageResolution, RunDescription } from '../../activities/types.js';
import type { System } from '../../systems/schema.js';
import { hashOf } from '../kit/hash.js';
import type { Plan } from '../kit/types.js';
import { ownerProblems, readinessProblems, rightsProblem } from '../rollout/preflight.js';
import type { Destination, Problem, Target } from '../rollout/types.js';
import { chooseDestination } from './choose.js';
import type { RollbackInput } from './runbook.js';

/** Everything that was seen about one workload before the plan. Plain data. */
export interface Observation {
  workload: string;
  inspection: Inspection;
  saved: SavedState[];
  revisions: Revision[];
  lock: RunDescription | null;
}

export interface PlannedRollback {
  target: Target;
  /** What stands there now. */
  images: string[];
  destination: Destination;
}

export interface RollbackPlan extends Plan {
  facts: { changes: PlannedRollback[]; systemHash: string };
}

/** Judges all observations; every failed check is listed. Pure. */
export function draftRollback(
  input: RollbackInput,
  system: System,
  observed: Observation[],
): { problems: Problem[]; changes: PlannedRollback[] } {
  const problems: Problem[] = [];
  const changes: PlannedRollback[] = [];
  for (const one of observed) {
    const problem = (check: string, message: string) => problems.push({ target: one.workload, check, message });
    if (!one.inspection.found) {
      problem('exists', one.inspection.problem);
      continue;
    }
    const { facts } = one.inspection;
    const failed = [...readinessProblems(facts, {}), ...ownerProblems(facts, input.overrideOwner)];
    for (const [check, message] of failed) problem(check, message);
    const rights = rightsProblem(facts);
    if (rights) problem('rights', rights);
    if (one.lock && input.onBusy === 'fail')
      problem(
        'busy',
        `is being changed by ${String(one.lock.memo['holder'])}; abort that run (it rolls back itself), or start with onBusy "wait"`,
      );
    const choice = chooseDestination(facts, one.saved, one.revisions, input.to, input.overrideQuarantine);
    if (!choice.found) {
      problem('destination', choice.problem);
      continue;
    }
    const described = system.workloads.find((workload) => workload.name === one.workload);
    changes.push({
      target: {
        ref: facts.ref,
        uid: facts.uid,
        templateHash: facts.templateHash,
        deadlineSeconds:
          input.deadlineSeconds ?? described?.deadlineSeconds ?? system.policies.rollingUpdate.deadlineSeconds,
        wasPaused: false,
        orderedReady: facts.ref.kind === 'StatefulSet' && facts.strategy.podManagementPolicy !== 'Parallel',
      },
      images: facts.containers.map((container) => container.image),
      destination: choice.destination,
    });
  }
  return { problems, changes };
}

/** Problems that the registry tells about the images to go back to. Pure. */
export function imageProblems(change: PlannedRollback, looked: ImageResolution[]): Problem[] {
  return looked.flatMap((one) =>
    one.status === 'notFound' || one.status === 'malformed'
      ? [
          {
            target: change.target.ref.name,
            check: 'image',
            message: `the state to go back to cannot run: ${one.message}`,
          },
        ]
      : [],
  );
}

/** The plan: which state each workload goes back to, and why that one. Pure. */
export function finishPlan(changes: PlannedRollback[], systemHash: string): RollbackPlan {
  const images = (change: PlannedRollback) => change.destination.images.map((container) => container.image).join(', ');
  const plan = {
    summary: `Roll back ${changes.map((change) => `${change.target.ref.name} to ${images(change)}`).join(', then ')}`,
    steps: changes.map((change) => ({
      title: `Roll back ${change.target.ref.kind} ${change.target.ref.name}`,
      detail: `${change.images.join(', ')} → ${images(change)}: ${change.destination.why}`,
      undo: `the present template is saved first; update to ${change.images.join(', ')} again`,
    })),
    warnings: [],
    facts: { changes, systemHash },
  };
  return { ...plan, hash: hashOf(plan) };
}
