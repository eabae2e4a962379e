import { CancellationScope, condition } from '@temporalio/workflow';
import type { Laggard, SavedObject } from '../../activities/kubernetes/emergency/types.js';
import { apply, type Trouble, troubleText } from '../emergencyKit/apply.js';
import { keyIn, restoring, surveyInput } from '../emergencyKit/targets.js';
import { watch } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import type { Step } from '../kit/steps.js';
import { now } from '../kit/steps.js';
import { runChecks } from '../rollout/checks.js';
import { type RecoveryRun, tiersOutwards } from './plan.js';

/** How far a recovery has come: what must be stopped again if it is to stay down. Plain data. */
export class Progress {
  /** Registered before they are started. */
  readonly begun: SavedObject[] = [];
  /** Tiers that nobody waited for. */
  readonly skipped: string[] = [];
  trafficAt: string | undefined;
  readonly startedAt = now();
}

/** Brings the tiers back from the data stores outwards, each behind readiness and its health checks. */
export async function startTiers(run: RecoveryRun, objects: SavedObject[], progress: Progress): Promise<void> {
  const tiers = tiersOutwards(run, objects);
  const groups =
    run.input.pace === 'atOnce' ? [{ tier: 'everything', objects: tiers.flatMap((one) => one.objects) }] : tiers;
  for (const group of groups) {
    await run.control.checkpoint();
    await startTier(run, group, progress);
  }
}

async function startTier(
  run: RecoveryRun,
  { tier, objects }: { tier: string; objects: SavedObject[] },
  progress: Progress,
): Promise<void> {
  const { state } = run.control;
  run.enter('running', `Starts ${tier}`);
  progress.begun.push(...objects);
  state.tier = tier;
  try {
    for (;;) {
      const problem = await run.steps.step(`Start ${tier}`, (step) => attempt(run, step, tier, objects));
      if (problem === undefined) return;
      if (state.skippedTiers?.includes(tier) || (await askAboutTier(run, tier, problem))) {
        progress.skipped.push(tier);
        return;
      }
    }
  } finally {
    delete state.tier;
  }
}

/** Why the tier is not well, or undefined. */
async function attempt(
  run: RecoveryRun,
  step: Step,
  tier: string,
  objects: SavedObject[],
): Promise<string | undefined> {
  const bad = await apply(run, step, `Put back the replicas of ${tier}`, restoring(run.system, objects), {
    unmark: true,
  });
  const late = await untilReady(run, step, tier, objects);
  const finding = late.length > 0 ? undefined : await checkTier(run, step, objects);
  const problem = [...bad.map(troubleText), ...late.map(troubleText), ...(finding === undefined ? [] : [finding])].join(
    '; ',
  );
  if (problem === '') return undefined;
  step.failed(problem.slice(0, 2_000));
  return problem;
}

async function untilReady(run: RecoveryRun, parent: Step, tier: string, objects: SavedObject[]): Promise<Trouble[]> {
  const { readySeconds } = run.system.policies.emergency.recovery;
  const workloads = objects.flatMap(({ ref, fields, facts }) => {
    const replicas = ref.kind === 'DaemonSet' ? facts['pods'] : fields['/spec/replicas'];
    return typeof replicas === 'number' && replicas > 0 ? [{ ref, replicas }] : [];
  });
  if (workloads.length === 0) return [];
  return parent.step(`Wait until ${tier} is ready`, async (step) => {
    const scope = new CancellationScope();
    const { state } = run.control;
    const { place } = surveyInput(run.system);
    const deadlineAt = Date.now() + readySeconds * 1_000;
    let left: Laggard[] | undefined;
    const waiting = scope.run(async () => {
      ({ left } = await watch(`Wait until ${tier} is ready`, readySeconds * 1_000).waitReady({
        place,
        workloads,
        deadlineAt,
      }));
    });
    // Whoever skips the tier takes it as it is.
    const skipped = condition(() => left !== undefined || (state.skippedTiers?.includes(tier) ?? false));
    await Promise.race([waiting, skipped]);
    if (left === undefined) {
      scope.cancel();
      await waiting.catch((error: unknown) => causeOf(error));
      step.skip('a person did not want to wait any longer');
      return [{ key: tier, problem: 'not waited for' }];
    }
    const late: Trouble[] = left.map(({ key, count, why }) => ({ key, problem: `${count} ready: ${why}` }));
    if (late.length === 0) step.note(`${workloads.length} workloads are ready`);
    else step.failed(late.map(troubleText).join('; ').slice(0, 2_000), left);
    return late;
  });
}

async function checkTier(run: RecoveryRun, step: Step, objects: SavedObject[]): Promise<string | undefined> {
  const up = new Set(objects.filter(({ fields }) => fields['/spec/replicas'] !== 0).map((one) => one.ref.name));
  const checks = run.system.workloads.filter(({ name }) => up.has(name)).flatMap(({ health }) => health);
  return (await runChecks(run, step, 'Health checks', checks))?.summary;
}

/** True when the tier is skipped; false to wait once more. */
async function askAboutTier(run: RecoveryRun, tier: string, problem: string): Promise<boolean> {
  run.notify('page', `Recovery of ${run.system.title}: ${tier} is not ready`, problem);
  const decision = await run.control.hold({
    name: 'tierNotReady',
    question: `${tier} is not well: ${problem}`.slice(0, 2_000),
    options: {
      resume: 'Wait once more.',
      skipTier: 'Go on with the next tier.',
      stayDown: 'Stop again what was started.',
      abort: 'End here; what is up stays up.',
    },
  });
  if (decision.verb === 'stayDown')
    throw fail('StayedDown', `${decision.actor} decided to stay down: ${decision.reason}`);
  if (decision.verb === 'abort') throw fail('Aborted', `Aborted by ${decision.actor}: ${problem}`);
  return decision.verb === 'skipTier';
}

const ORDER = [
  ['autoscalers', ['HorizontalPodAutoscaler', 'ScaledObject']],
  ['CronJobs', ['CronJob']],
  ['GitOps', ['Application', 'Kustomization', 'HelmRelease']],
] as const;

/** Autoscalers take over when the pods are ready, then CronJobs run again, then GitOps. */
export async function releaseWakers(run: RecoveryRun, objects: SavedObject[], progress: Progress): Promise<void> {
  await run.control.checkpoint();
  run.enter('running', 'Lets autoscalers, CronJobs and GitOps go');
  for (const [what, kinds] of ORDER) {
    const wakers = objects.filter(({ ref }) => (kinds as readonly string[]).includes(ref.kind));
    progress.begun.push(...wakers);
    const bad = await apply(run, run.steps, `Let ${what} go`, restoring(run.system, wakers), { unmark: true });
    if (bad.length > 0)
      throw fail('RecoveryFailed', `${what} could not be let go: ${bad.map(troubleText).join('; ')}`, {
        objects: bad.map(({ key }) => key),
      });
  }
}

export const keysOf = (run: RecoveryRun, objects: readonly SavedObject[]): string[] =>
  objects.map((one) => keyIn(run.system, one));
