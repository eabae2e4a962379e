import { mutate, watch } from '../kit/activities.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import { runChecks } from '../rollout/checks.js';
import { gatesOf } from '../rollout/observe.js';
import { ofSaved } from '../rollout/destination.js';
import { runRef } from '../rollout/targets.js';
import type { Change, Finding, Settings } from '../rollout/types.js';
import type { PlannedChange } from './plan.js';
import type { RollingUpdateInput } from './runbook.js';
import { observeAndSettle, settleFinding } from './settle.js';

/**
 * Updates one workload: remember, write, watch, check. `begun` receives the change before anything is written, so that
 * whatever happens afterwards can be undone. Throws when something speaks against the new version.
 */
export async function updateWorkload(
  run: Run<RollingUpdateInput>,
  step: Step,
  planned: PlannedChange,
  begun: Change[],
  judgement: { settings: Settings; waived: Set<string> },
): Promise<void> {
  const settle = (finding: Finding | undefined) => settleFinding(run, judgement.settings, finding);
  const change = await remember(run, step, onTopOf(begun, planned));
  begun.push(change);
  await apply(run, step, planned.container, change);
  await settle(await watchChange(step, change));
  const { name } = planned.target.ref;
  const health = run.system.workloads.find((workload) => workload.name === name)?.health ?? [];
  const unhealthy = await runChecks(run, step, `Health of ${name}`, health);
  await settle(unhealthy && { ...unhealthy, workload: name });
  if (gatesOf(run, change).length > 0) await observeAndSettle(run, step, [change], judgement);
}

/** Two containers of one workload: the second change starts from what the first one wrote. */
function onTopOf(begun: Change[], planned: PlannedChange): PlannedChange {
  const before = begun.findLast((change) => change.target.uid === planned.target.uid)?.written;
  return before ? { ...planned, target: { ...planned.target, templateHash: before.templateHash } } : planned;
}

async function remember(run: Run, step: Step, planned: PlannedChange): Promise<Change> {
  const { target } = planned;
  return step.step('Remember the good state', async (inner) => {
    const saved = await mutate(`Save the template of ${target.ref.name}`).saveState({
      ref: target.ref,
      uid: target.uid,
      templateHash: target.templateHash,
      run: runRef(run),
      healthy: planned.healthyBefore,
    });
    inner.note(`Secret ${saved.secret}, version ${saved.version}, ${planned.from}`, saved);
    return {
      target,
      destination: ofSaved(saved, 'what stood there before this run'),
      image: planned.to,
      expectedHash: planned.expectedHash,
      undo: 'pending',
      ...(planned.digest !== undefined && { digest: planned.digest }),
    };
  });
}

async function apply(run: Run, step: Step, container: string, change: Change): Promise<void> {
  const { ref, uid, templateHash, wasPaused } = change.target;
  if (wasPaused) {
    await step.step('Resume the paused Deployment', () =>
      mutate(`Resume ${ref.name}`).setPaused({ ref, uid, paused: false, run: runRef(run) }),
    );
  }
  await step.step(`Set image ${change.image}`, async (inner) => {
    change.written = await mutate(`Set the image of ${ref.name}`).setImage({
      ref,
      uid,
      templateHash,
      container,
      image: change.image,
      run: runRef(run),
    });
    inner.note(`generation ${change.written.generation} at ${change.written.at}`, change.written);
  });
}

async function watchChange(step: Step, change: Change): Promise<Finding | undefined> {
  const identity = change.written;
  const { ref, deadlineSeconds } = change.target;
  if (!identity) return undefined;
  return step.step('Watch the rollout', async (inner) => {
    const ms = deadlineSeconds * 1_000;
    const verdict = await watch(`Watch ${ref.name}`, ms).watchRollout({ ref, identity, deadlineAt: Date.now() + ms });
    if (verdict.outcome === 'complete') {
      inner.note(verdict.summary, verdict.counts);
      return undefined;
    }
    inner.failed(verdict.summary, verdict);
    const kind = verdict.outcome === 'superseded' || verdict.outcome === 'replaced' ? verdict.outcome : 'failed';
    return { kind, workload: ref.name, summary: `${ref.name}: ${verdict.summary}`, evidence: verdict.evidence };
  });
}
