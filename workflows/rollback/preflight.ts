import { probe } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import { lockId } from '../kit/lock.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import { workloadRef } from '../rollout/targets.js';
import type { Problem } from '../rollout/types.js';
import {
  draftRollback,
  finishPlan,
  imageProblems,
  type Observation,
  type PlannedRollback,
  type RollbackPlan,
} from './plan.js';
import type { RollbackInput } from './runbook.js';

/** Finds the state to go back to for every workload, writes nothing, and gives the plan; or fails with every problem. */
export async function makePlan(run: Run<RollbackInput>, step: Step, ownLocks: boolean): Promise<RollbackPlan> {
  const { input, system } = run;
  const order = system.workloads.map((workload) => workload.name);
  // The last updated goes back first.
  const names = input.workloads.toSorted((a, b) => order.indexOf(b) - order.indexOf(a));
  const draft = draftRollback(input, system, await Promise.all(names.map((name) => observe(run, name, ownLocks))));
  const images = await Promise.all(draft.changes.map((change) => lookUp(run, change)));
  const problems = [...draft.problems, ...images.flat()];
  if (problems.length > 0) throw refuse(problems);
  const plan = finishPlan(draft.changes, run.systemHash);
  step.note(
    plan.summary,
    draft.changes.map((change) => ({ workload: change.target.ref.name, ...change.destination })),
  );
  return plan;
}

async function observe(run: Run<RollbackInput>, workload: string, ownLocks: boolean): Promise<Observation> {
  const ref = workloadRef(run.system, workload);
  const look = probe(`Look at ${workload}`);
  const [inspection, saved, revisions, lock] = await Promise.all([
    look.inspectWorkload({ ref, verbs: 'update' }),
    look.listSavedStates({ ref }),
    look.listRevisions({ ref }),
    ownLocks ? null : look.describeRun({ workflowId: lockId(run.system.name, workload) }),
  ]);
  return { workload, inspection, saved, revisions, lock };
}

async function lookUp(run: Run<RollbackInput>, change: PlannedRollback): Promise<Problem[]> {
  const { insecureRegistries, mirrors } = run.system.policies.rollingUpdate.images;
  const looked = await Promise.all(
    change.destination.images.map(({ image }) =>
      probe(`Look up ${image}`.slice(0, 190)).resolveImage({ image, insecureRegistries, mirrors }),
    ),
  );
  return imageProblems(change, looked);
}

function refuse(problems: Problem[]) {
  const type = problems.every((problem) => problem.check === 'busy') ? 'TargetBusy' : 'PreflightFailed';
  const lines = problems.map((problem) => `${problem.target}: ${problem.message}`).join('; ');
  return fail(
    type,
    `Before the first write ${problems.length} check(s) failed; nothing was changed. ${lines}`,
    problems,
  );
}
