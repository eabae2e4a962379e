import { workflowInfo } from '@temporalio/workflow';
import type { Remembered } from '../../activities/kubernetes/emergency/types.js';
import { urgent } from '../kit/activities.js';
import { seekApproval } from '../kit/approval.js';
import { causeOf, fail } from '../kit/failure.js';
import { acquireSystem } from '../kit/lock.js';
import { type Conclusion, type Run, runbook } from '../kit/run.js';
import type { Report } from '../kit/types.js';
import { runRef } from '../rollout/targets.js';
import { type Trouble, troubleText } from '../emergencyKit/apply.js';
import { keyIn, lockTargets, surveyInput } from '../emergencyKit/targets.js';
import { verbs } from './messages.js';
import { makePlan, type ShutdownPlan } from './plan.js';
import type { EmergencyShutdownInput } from './runbook.js';
import { holdWakers, keepEvidence, quiesce, stopTiers, stopTraffic, takeBackup } from './stop.js';

/** Longest wait for the lock of a recovery that is pre-empted; workloads' holders have `lockSeconds` of the policy. */
const LOCK_SECONDS = 120;

/** Longest try to save the state: without it nothing is touched, and somebody must be told soon. */
const SAVE_MS = 5 * 60_000;

/** Emergency shutdown; input and failure types in `runbook.ts`. */
export async function emergencyShutdown(raw: unknown): Promise<Report> {
  return runbook<EmergencyShutdownInput>('emergencyShutdown', verbs, raw, async (run) => {
    run.topic = `emergency/${run.system.name}`;
    run.enter('planning', 'Looks at what is up');
    const plan = await run.steps.step('Look at the system', (step) => makePlan(run, step));
    run.status.plan = plan;
    if (run.input.dryRun) return { outcome: 'planned', summary: `Plan only: ${plan.summary}` };
    await permission(run, plan);
    run.notify('page', `EMERGENCY SHUTDOWN of ${run.system.title}`, announcement(run, plan));
    const { lockSeconds } = run.system.policies.emergency;
    const late = await acquireSystem(run, lockTargets(run.system), 'preempt', {
      system: LOCK_SECONDS,
      targets: lockSeconds,
    });
    return carryOut(run, plan, late);
  });
}

/** Nobody is waited for unless the system says so; a break-glass start is loud, and stands in the report. */
async function permission(run: Run<EmergencyShutdownInput>, plan: ShutdownPlan): Promise<void> {
  const { approval } = run.system.policies.emergency;
  if (!run.input.breakGlass) {
    await seekApproval(run, plan, approval, false);
    return;
  }
  await run.steps.step('Break glass', async (step) => {
    if (!approval.required) return step.skip('the system asks for no approval');
    step.note(`${run.input.requestedBy} started without the approval that the system asks for: ${run.input.reason}`);
    run.notify('page', `BREAK GLASS: ${run.input.requestedBy} shuts down ${run.system.title}`, run.input.reason);
  });
}

function announcement({ input }: Run<EmergencyShutdownInput>, plan: ShutdownPlan): string {
  const incident = input.incident === undefined ? '' : `\nIncident ${input.incident}`;
  return `${plan.summary}\n${input.reason} (${input.requestedBy})${incident}`;
}

async function carryOut(run: Run<EmergencyShutdownInput>, plan: ShutdownPlan, late: string[]): Promise<Conclusion> {
  run.enter('running', plan.summary);
  const saved = await saveState(run, plan);
  const snapshot = saved.snapshots.map(({ id }) => id).join(', ');
  const chosen = new Set(plan.facts.keys);
  const objects = saved.objects.filter((one) => chosen.has(keyIn(run.system, one)));
  try {
    // Side by side: neither traffic nor autoscalers wait for the other, and evidence goes with the pods.
    const first = await Promise.all([
      stopTraffic(run, objects, snapshot),
      holdWakers(run, objects, snapshot),
      keepEvidence(run, objects, saved),
    ]);
    const prepared = [...(await takeBackup(run)), ...(await quiesce(run))];
    const { troubles, up } = await stopTiers(run, objects, snapshot);
    return conclude(run, snapshot, {
      notes: [...late, ...prepared, ...first[2]],
      troubles: [...first[0], ...first[1], ...troubles],
      up,
    });
  } catch (error) {
    const cause = causeOf(error);
    if (cause.type !== 'Cancelled') throw error;
    const { aborted } = run.control.state;
    const who = aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'Cancelled';
    throw fail(
      'Aborted',
      `${who}; what is down stays down. Bring it back: ${recoveryCommand(run)}`,
      recoveryInput(run),
    );
  }
}

/** First of all, and never overwritten: what stands now is what the recovery brings back. */
async function saveState(run: Run<EmergencyShutdownInput>, plan: ShutdownPlan): Promise<Remembered> {
  return run.steps.step('Save the state', async (step) => {
    const { startTime, runId } = workflowInfo();
    const id =
      `${startTime.toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')}-${runId.slice(-8)}`.toLowerCase();
    const saved = await urgent('Save the state', SAVE_MS).takeSnapshot({
      ...surveyInput(run.system),
      ...{ id, keys: plan.facts.keys, run: runRef(run) },
    });
    const ids = saved.snapshots.map((one) => one.id).join(', ');
    const words = [saved.adopted ? `adopted ${ids}` : ids, ...saved.warnings].join('; ');
    step.note(
      words,
      saved.snapshots.map(({ covers, ...one }) => ({ ...one, objects: covers.length })),
    );
    return saved;
  });
}

interface Outcome {
  notes: string[];
  troubles: Trouble[];
  up: Trouble[];
}

async function conclude(run: Run<EmergencyShutdownInput>, snapshot: string, outcome: Outcome): Promise<Conclusion> {
  const { notes, troubles, up } = outcome;
  const bad = [...up, ...troubles.filter((one) => !up.some(({ key }) => key === one.key))];
  await run.steps.step('How to bring it back', async (step) => step.note(recoveryCommand(run), recoveryInput(run)));
  const said = notes.length > 0 ? ` Note: ${notes.join('; ')}.` : '';
  if (bad.length > 0) {
    const summary = `${bad.length} things are not down: ${bad.map(troubleText).join('; ')}.${said} Snapshot ${snapshot}`;
    run.notify('page', `Shutdown of ${run.system.title} is NOT complete`, summary);
    throw fail('PartialShutdown', summary.slice(0, 4_000), {
      snapshot,
      up,
      troubles,
      notes,
      recovery: recoveryInput(run),
    });
  }
  const summary = `${run.system.title} is down. Snapshot ${snapshot}.${said} Bring it back: ${recoveryCommand(run)}`;
  run.notify('end', `Shutdown of ${run.system.title} is complete`, summary, { ongoing: true });
  return { outcome: 'succeeded', summary };
}

/** Input of the recovery, to be copied. It takes all snapshots of this shutdown, also those of an earlier part. */
const recoveryInput = ({ input, system }: Run<EmergencyShutdownInput>) => ({
  ...{ system: system.name, snapshot: 'latest' },
  ...{ reason: `Recovery after: ${input.reason}`.slice(0, 500), requestedBy: '' },
});

const recoveryCommand = ({ system }: Run<EmergencyShutdownInput>): string =>
  `belay start emergencyRecovery --system ${system.name} --reason "…"`;
