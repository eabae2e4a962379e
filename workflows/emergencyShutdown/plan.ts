import type { ObjectKey, SavedObject, Survey } from '../../activities/kubernetes/emergency/types.js';
import type { System } from '../../systems/schema.js';
import { probe } from '../kit/activities.js';
import { hashOf } from '../kit/hash.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Plan } from '../kit/types.js';
import { keyIn, stopping, surveyInput, tiersInwards } from '../emergencyKit/targets.js';
import type { EmergencyShutdownInput } from './runbook.js';

export interface ShutdownPlan extends Plan {
  facts: {
    /** What will be touched. */
    keys: ObjectKey[];
    tiers: { tier: string; workloads: ObjectKey[] }[];
    /** Workloads that are left running, with the reason. */
    left: { key: ObjectKey; why: string }[];
    /** Snapshots of a shutdown that was not recovered; they are adopted. */
    down: string[];
  };
}

/** Which objects a shutdown touches, and which workloads it leaves. Pure. */
export function chooseObjects(
  system: System,
  survey: Pick<Survey, 'objects' | 'ours'>,
  scope: EmergencyShutdownInput['scope'],
): { touched: SavedObject[]; left: { key: ObjectKey; why: string }[] } {
  const { keep, undescribed } = system.policies.emergency;
  const left: { key: ObjectKey; why: string }[] = [];
  const spared = (object: SavedObject): boolean => {
    const key = keyIn(system, object);
    const ours = survey.ours.find((one) => one.key === key);
    const why =
      ours?.why ??
      (keep.includes(object.ref.name) ? 'the description keeps it' : undefined) ??
      (object.tier === undefined && undescribed === 'leave' ? 'nothing describes it' : undefined);
    if (why !== undefined) left.push({ key, why });
    return why !== undefined;
  };
  const inScope = ({ tier, ref }: SavedObject): boolean =>
    scope === undefined ||
    (tier !== undefined && scope.tiers?.includes(tier)) ||
    (tier !== undefined && scope.workloads?.includes(ref.name)) ||
    false;
  const workloads = survey.objects.filter((one) => one.role === 'workload' && inScope(one) && !spared(one));
  const keys = new Set(workloads.map((one) => keyIn(system, one)));
  const others = survey.objects.filter((one) => {
    if (one.role === 'workload') return false;
    if (one.role === 'route') return scope === undefined && system.policies.emergency.traffic !== 'leave';
    if (one.target !== undefined) return keys.has(one.target);
    return one.ref.kind !== 'CronJob' || scope === undefined;
  });
  return { touched: [...workloads, ...others], left };
}

/** Looks at the system and says what will be done. Read-only. */
export async function makePlan(run: Run<EmergencyShutdownInput>, step: Step): Promise<ShutdownPlan> {
  const survey = await probe('Look at the system').surveySystem(surveyInput(run.system));
  const { touched, left } = chooseObjects(run.system, survey, run.input.scope);
  const plan = planOf(run, survey, touched, left);
  step.note(plan.summary, { left, problems: survey.problems, missingRights: survey.missingRights });
  return plan;
}

function planOf(
  run: Run<EmergencyShutdownInput>,
  survey: Survey,
  touched: SavedObject[],
  left: ShutdownPlan['facts']['left'],
): ShutdownPlan {
  const { system, input } = run;
  const keys = touched.map((one) => keyIn(system, one));
  const tiers = tiersInwards(system, touched).map(({ tier, objects }) => ({
    tier,
    workloads: objects.map((one) => keyIn(system, one)),
  }));
  const count = tiers.reduce((sum, one) => sum + one.workloads.length, 0);
  const wakers = touched.filter(({ role }) => role === 'waker');
  const routes = touched.filter(({ role }) => role === 'route');
  const undo = 'emergencyRecovery puts the saved fields back';
  const names = (objects: SavedObject[]) => objects.map((one) => keyIn(system, one)).join(', ') || 'none';
  const { runningJobs } = survey.surroundings;
  return {
    summary: `Stop ${count} workloads of ${system.title} in ${tiers.length} tiers (${input.mode})`,
    steps: [
      {
        title: 'Save the state',
        detail: survey.down.length > 0 ? `adopts ${survey.down.join(', ')}` : `${keys.length} objects`,
      },
      { title: 'Stop traffic', detail: names(routes), undo },
      { title: 'Hold what would wake it', detail: names(wakers), undo },
      ...(input.preserveEvidence ? [{ title: 'Keep evidence' }] : []),
      ...(input.backup === 'before' ? [{ title: 'Back up' }] : []),
      ...tiers.map(({ tier, workloads }) => ({ title: `Stop ${tier}`, detail: workloads.join(', '), undo })),
    ],
    warnings: [
      ...survey.problems,
      ...survey.down.map(
        (id) =>
          `the shutdown of snapshot ${id} was never recovered: what it saved counts, also where somebody has brought things back by hand since`,
      ),
      ...survey.missingRights.map((right) => `the worker may not ${right}; it goes on with the rest`),
      ...left.map(({ key, why }) => `${key} is left running: ${why}`),
      ...runningJobs.map(({ name, active }) => `Job ${name} runs with ${active} pods; jobs are left to their end`),
      ...(input.scope === undefined ? [] : ['routes and CronJobs stay as they are: the shutdown has a scope']),
    ],
    facts: { keys, tiers, left, down: survey.down },
    // What moves by itself (replicas, readiness) is not in it.
    hash: hashOf({
      stop: stopping(system, touched).map(({ ref }) => ref),
      mode: input.mode,
      description: run.systemHash,
    }),
  };
}
