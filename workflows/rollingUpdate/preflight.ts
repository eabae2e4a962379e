import { executeChild, workflowInfo } from '@temporalio/workflow';
import type { WorkloadRef } from '../../activities/kubernetes/types.js';
import type { backup } from '../backup/workflow.js';
import { probe } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import { lockId } from '../kit/lock.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import { workloadRef } from '../rollout/targets.js';
import type { Problem } from '../rollout/types.js';
import { containerOf, type Draft, draftUpdate, finishPlan, type Observation, settle, type UpdatePlan } from './plan.js';
import type { RollingUpdateInput } from './runbook.js';

/** Looks at everything, writes nothing, and gives the plan; or fails with every check that speaks against it. */
export async function makePlan(run: Run<RollingUpdateInput>, step: Step, ownLocks: boolean): Promise<UpdatePlan> {
  const { input, system } = run;
  const order = system.workloads.map((workload) => workload.name);
  const changes = input.changes.toSorted((a, b) => order.indexOf(a.workload) - order.indexOf(b.workload));
  const [blackouts, observed] = await Promise.all([
    probe('Blackouts').openBlackouts({ blackouts: system.blackouts, at: Date.now() }),
    Promise.all(changes.map((change) => observeChange(run, change, ownLocks))),
  ]);
  const draft = draftUpdate(input, system, observed, blackouts);
  if (draft.problems.length > 0) throw refuse(draft);
  const plan = finishPlan(draft, settle(input, system), system, run.systemHash);
  step.note(plan.summary, {
    warnings: plan.warnings,
    images: observed.map((one) => ({ image: one.change.image, ...one.image })),
  });
  return plan;
}

async function observeChange(
  run: Run<RollingUpdateInput>,
  change: Observation['change'],
  ownLocks: boolean,
): Promise<Observation> {
  const ref: WorkloadRef = workloadRef(run.system, change.workload);
  const { insecureRegistries, mirrors } = run.system.policies.rollingUpdate.images;
  const [inspection, image, lock] = await Promise.all([
    probe(`Inspect ${change.workload}`).inspectWorkload({ ref, verbs: 'update' }),
    probe(`Look up ${change.image}`.slice(0, 190)).resolveImage({ image: change.image, insecureRegistries, mirrors }),
    ownLocks
      ? null
      : probe(`Is ${change.workload} free?`).describeRun({ workflowId: lockId(run.system.name, change.workload) }),
  ]);
  const container = inspection.found ? containerOf(change, run.system, inspection.facts) : undefined;
  const observation: Observation = { change, inspection, image, lock };
  if (container && image.status !== 'malformed') {
    observation.preview = await probe(`Dry run on ${change.workload}`).previewImage({
      ref,
      container,
      image: change.image,
    });
  }
  return observation;
}

const line = (problem: Problem) => `${problem.target}: ${problem.message}`;

function refuse(draft: Draft) {
  const only = (check: string) => draft.problems.every((problem) => problem.check === check);
  const type = only('quarantine') ? 'Quarantined' : only('busy') ? 'TargetBusy' : 'PreflightFailed';
  const count = draft.problems.length === 1 ? 'one check failed' : `${draft.problems.length} checks failed`;
  return fail(
    type,
    `Before the first write ${count}; nothing was changed. ${draft.problems.map(line).join('; ')}`,
    draft.problems,
  );
}

/** The manual's step "create a backup": the backup runbook as a child. The update does not begin without it. */
export async function backupFirst(run: Run<RollingUpdateInput>): Promise<void> {
  if (!run.system.policies.rollingUpdate.backupFirst) return;
  await run.steps.step('Back up first', async (step) => {
    if (!run.system.backups) return step.skip('not configured: the system describes no backups');
    const { workflowId } = workflowInfo();
    const report = await executeChild<typeof backup>('backup', {
      workflowId: `backup/${run.system.name}/${workflowId.replaceAll('/', '-')}`,
      args: [
        {
          system: run.system.name,
          reason: `Before ${workflowId}: ${run.input.reason}`.slice(0, 500),
          requestedBy: run.input.requestedBy,
          onBusy: 'wait',
        },
      ],
      staticSummary: 'Back up before the update',
    });
    step.note(report.summary, { backup: report.workflowId, report: report.reference });
  });
}
