import {
  CancellationScope,
  ChildWorkflowCancellationType,
  condition,
  executeChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { Laggard, Remembered, SavedObject } from '../../activities/kubernetes/emergency/types.js';
import type { backup } from '../backup/workflow.js';
import { apply, markOf, type Trouble } from '../emergencyKit/apply.js';
import { keyIn, stopping, surveyInput, tiersInwards } from '../emergencyKit/targets.js';
import { watch } from '../kit/activities.js';
import { causeOf } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import { runChecks } from '../rollout/checks.js';
import { runRef } from '../rollout/targets.js';
import type { EmergencyShutdownInput } from './runbook.js';

type ShutdownRun = Run<EmergencyShutdownInput>;

/** Nothing optional may hold up an emergency: what fails is a note, and a cancel goes on to the caller. */
async function optional(
  run: ShutdownRun,
  title: string,
  body: (step: Step) => Promise<string | undefined>,
): Promise<string[]> {
  return run.steps.step(title, async (step) => {
    try {
      const problem = await body(step);
      if (problem === undefined) return [];
      step.failed(problem);
      return [`${title}: ${problem}`];
    } catch (error) {
      if (CancellationScope.current().consideredCancelled) throw error;
      const { message } = causeOf(error);
      step.failed(message);
      return [`${title}: ${message}`];
    }
  });
}

/** Runs `body` until `seconds` are over; false when it was cut short. */
async function within(seconds: number, what: string, body: () => Promise<void>): Promise<boolean> {
  const scope = new CancellationScope();
  const ended = { yes: false };
  const running = scope.run(body).then(() => {
    ended.yes = true;
  });
  const over = condition(() => ended.yes, seconds * 1_000, { summary: `${what} at most` });
  await Promise.race([running, over]);
  if (ended.yes) return true;
  scope.cancel();
  await running.catch(() => undefined);
  return ended.yes;
}

/** Routes lead nowhere, or to the maintenance page; requests under way get their time, but in immediate mode. */
export async function stopTraffic(run: ShutdownRun, objects: SavedObject[], snapshot: string): Promise<Trouble[]> {
  const routes = objects.filter(({ role }) => role === 'route');
  const bad = await apply(run, run.steps, 'Stop traffic', stopping(run.system, routes), markOf(run, snapshot, routes));
  const { drainSeconds } = run.system.policies.emergency;
  if (routes.length === 0 || drainSeconds === 0 || run.input.mode === 'immediate') return bad;
  await run.steps.step('Drain', async (step) => {
    await condition(() => false, drainSeconds * 1_000, { summary: 'Requests under way end' });
    step.note(`${drainSeconds} s`);
  });
  return bad;
}

/** Autoscalers, KEDA, CronJobs and GitOps would start pods again, or put routes back. */
export async function holdWakers(run: ShutdownRun, objects: SavedObject[], snapshot: string): Promise<Trouble[]> {
  const wakers = objects.filter(({ role }) => role === 'waker');
  return apply(run, run.steps, 'Hold what would wake it', stopping(run.system, wakers), markOf(run, snapshot, wakers));
}

/** Specs, events and logs of the pods, while there are pods. */
export async function keepEvidence(run: ShutdownRun, objects: SavedObject[], saved: Remembered): Promise<string[]> {
  if (!run.input.preserveEvidence) return [];
  const { evidenceSeconds } = run.system.policies.emergency;
  const { place, system } = surveyInput(run.system);
  const workloads = objects.filter(({ role }) => role === 'workload').map(({ ref }) => ref);
  const id = saved.snapshots.at(-1)?.id ?? workflowInfo().runId;
  return optional(run, 'Keep evidence', async (step) => {
    const whole = await within(evidenceSeconds, 'Evidence', async () => {
      const kept = await watch('Keep evidence', evidenceSeconds * 1_000).collectEvidence({
        place,
        system,
        id,
        workloads,
        run: runRef(run),
        deadlineAt: Date.now() + evidenceSeconds * 1_000,
      });
      const cut = kept.problems.length > 0 ? `; ${kept.problems.join('; ')}`.slice(0, 1_000) : '';
      step.note(`${kept.pods} pods, ${kept.bytes} bytes: ${kept.reference}${cut}`, kept);
    });
    return whole ? undefined : `not all of it within ${evidenceSeconds} s; the shutdown went on`;
  });
}

/** The backup runbook as a child, when traffic has stopped and the databases are still up. */
export async function takeBackup(run: ShutdownRun): Promise<string[]> {
  if (run.input.backup !== 'before') return [];
  const { backupSeconds } = run.system.policies.emergency;
  const { workflowId } = workflowInfo();
  return optional(run, 'Back up', async (step) => {
    const whole = await within(backupSeconds, 'Backup', async () => {
      const reason = `Before ${workflowId}: ${run.input.reason}`.slice(0, 500);
      const report = await executeChild<typeof backup>('backup', {
        workflowId: `backup/${run.system.name}/${workflowId.replaceAll('/', '-')}`,
        args: [{ system: run.system.name, reason, requestedBy: run.input.requestedBy }],
        staticSummary: 'Back up before the shutdown',
        // Its tidying up is not waited for.
        cancellationType: ChildWorkflowCancellationType.TRY_CANCEL,
      });
      step.note(report.summary, { backup: report.workflowId, report: report.reference });
    });
    return whole ? undefined : `no backup within ${backupSeconds} s; the shutdown went on`;
  });
}

/** Applications are told to stop writing, where they have a way to be told. */
export async function quiesce(run: ShutdownRun): Promise<string[]> {
  const checks = run.system.policies.emergency.quiesce;
  if (checks.length === 0 || run.input.mode === 'immediate') return [];
  return optional(run, 'Quiesce', async (step) => {
    const finding = await runChecks(run, step, 'Tell the applications', checks);
    return finding?.summary;
  });
}

/**
 * Scales down from the edge inwards, a tier when the one before has no pod left or its time is over; in immediate mode all at once
 * and without grace.
 */
export async function stopTiers(
  run: ShutdownRun,
  objects: SavedObject[],
  snapshot: string,
): Promise<{ troubles: Trouble[]; up: Trouble[] }> {
  const immediate = run.input.mode === 'immediate';
  const workloads = objects.filter(({ role }) => role === 'workload');
  const tiers = immediate ? [{ tier: 'everything', objects: workloads }] : tiersInwards(run.system, workloads);
  const troubles: Trouble[] = [];
  const up: Trouble[] = [];
  for (const tier of tiers) {
    run.enter('running', `Stops ${tier.tier}`);
    const changes = stopping(run.system, tier.objects);
    troubles.push(
      ...(await apply(run, run.steps, `Scale down ${tier.tier}`, changes, markOf(run, snapshot, tier.objects))),
    );
    up.push(...(await untilGone(run, tier.tier, tier.objects, immediate)));
  }
  return { troubles, up };
}

/** "Stopped" means that no pod is left, terminating ones included. */
async function untilGone(run: ShutdownRun, tier: string, objects: SavedObject[], kill: boolean): Promise<Trouble[]> {
  if (objects.length === 0) return [];
  const { stopSeconds } = run.system.policies.emergency;
  return run.steps.step(`Wait until ${tier} is gone`, async (step) => {
    const { place } = surveyInput(run.system);
    const deadlineAt = Date.now() + stopSeconds * 1_000;
    try {
      const waited = await watch(`Wait until ${tier} is gone`, stopSeconds * 1_000).waitStopped({
        ...{ place, workloads: objects.map(({ ref }) => ref), deadlineAt, kill },
      });
      const left = waited.left.map(asTrouble);
      if (left.length === 0) step.note(`no pod is left after ${(waited.tookMs / 1_000).toFixed(1)} s`, waited);
      else
        step.failed(
          `${waited.pods} pods are left: ${left.map(({ key, problem }) => `${key}: ${problem}`).join('; ')}`,
          waited,
        );
      return left;
    } catch (error) {
      const cause = causeOf(error);
      if (cause.type === 'Cancelled') throw error;
      step.failed(cause.message);
      return objects.map((one) => ({ key: keyIn(run.system, one), problem: `nobody knows: ${cause.message}` }));
    }
  });
}

const asTrouble = ({ key, count, why, command }: Laggard): Trouble => ({
  key,
  problem: `${count} pods are left: ${why}`,
  ...(command !== undefined && { command }),
});
