import type { Difference, ObjectKey, SavedObject } from '../../activities/kubernetes/emergency/types.js';
import { probe } from '../kit/activities.js';
import { fail } from '../kit/failure.js';
import { hashOf } from '../kit/hash.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import type { Plan } from '../kit/types.js';
import { keyIn, surveyInput, tiersInwards } from '../emergencyKit/targets.js';
import type { EmergencyRecoveryInput } from './runbook.js';

export type RecoveryRun = Run<EmergencyRecoveryInput>;

export interface RecoveryPlan extends Plan {
  facts: {
    snapshots: { id: string; digest: string; takenAt: string }[];
    tiers: { tier: string; workloads: Record<ObjectKey, number> }[];
    drift: Difference[];
    /** Values that no snapshot tells, with what they are taken from; a person must accept them. */
    guessed: { key: ObjectKey; because: string }[];
  };
}

/** A plan, and the objects that it brings back: too many for a page, so they are not part of it. */
export interface Recovery {
  plan: RecoveryPlan;
  objects: SavedObject[];
}

/** Tiers from the data stores outwards. Pure. */
export const tiersOutwards = (run: RecoveryRun, objects: readonly SavedObject[]): ReturnType<typeof tiersInwards> =>
  tiersInwards(run.system, objects).toReversed();

/** Objects that come back: all, or the workloads of the tiers that were asked for with what scales them. Pure. */
export function chooseRecovered(run: RecoveryRun, objects: readonly SavedObject[]): SavedObject[] {
  const { tiers } = run.input;
  if (tiers === undefined) return [...objects];
  const workloads = objects.filter(
    ({ role, tier }) => role === 'workload' && tier !== undefined && tiers.includes(tier),
  );
  const keys = new Set(workloads.map((one) => keyIn(run.system, one)));
  return [
    ...workloads,
    ...objects.filter(({ role, target }) => role === 'waker' && target !== undefined && keys.has(target)),
  ];
}

/** Reads the snapshot and looks whether it can come back. Read-only. Throws `PreflightFailed` with every problem. */
export async function makeRecovery(run: RecoveryRun, step: Step): Promise<Recovery> {
  const survey = surveyInput(run.system);
  const snapshot = run.input.from === 'snapshot' ? run.input.snapshot : 'lastKnownGood';
  const read = await probe('Read the snapshot').readSnapshot({ ...survey, snapshot });
  if (!read.found && run.input.from === 'snapshot' && read.guess.length > 0) {
    const lines = read.guess.map((one) => `${keyIn(run.system, one)}: ${one.because}`);
    throw fail(
      'PreflightFailed',
      `${read.problem}. Nothing was changed. With "from": {"lastKnownGood": true} this would be taken instead: ${lines.join('; ')}`.slice(
        0,
        3_500,
      ),
    );
  }
  const all = read.found ? read.objects : read.guess;
  const objects = chooseRecovered(run, all);
  const { registry: images } = imagesOf(run);
  // What stood beside it before has not appeared since.
  const since = read.found ? read.snapshots[0]?.takenAt : undefined;
  const checked =
    objects.length === 0
      ? { problems: [], warnings: [], drift: [] }
      : await probe('Can it come back?').checkRecovery({
          ...{ place: survey.place, objects, images },
          ...(since !== undefined && { since }),
        });
  const warnings = [...(read.found ? read.warnings : [read.problem]), ...checked.warnings];
  if (checked.problems.length > 0)
    throw fail(
      'PreflightFailed',
      `It cannot come back as it was; nothing was changed. ${checked.problems.join('; ')}`.slice(0, 3_500),
      checked.problems,
    );
  const guessed = read.found ? [] : read.guess.map((one) => ({ key: keyIn(run.system, one), because: one.because }));
  const kept = read.found ? read.snapshots : [];
  const plan = planOf(run, objects, { snapshots: kept, warnings, drift: checked.drift, guessed });
  step.note(plan.summary, { drift: checked.drift, warnings });
  return { plan, objects };
}

function imagesOf({ system }: RecoveryRun): {
  registry: { insecureRegistries: string[]; mirrors: Record<string, string> };
} {
  const { insecureRegistries, mirrors } = system.policies.rollingUpdate.images;
  return { registry: { insecureRegistries, mirrors } };
}

const replicasOf = ({ fields }: SavedObject): number =>
  typeof fields['/spec/replicas'] === 'number' ? fields['/spec/replicas'] : 1;

const driftText = ({ key, what, was, is }: Difference): string =>
  `changed while it was down: ${key} ${what} was ${JSON.stringify(was)?.slice(0, 120)}, is ${JSON.stringify(is)?.slice(0, 120)}`;

function planOf(
  run: RecoveryRun,
  objects: SavedObject[],
  found: { snapshots: RecoveryPlan['facts']['snapshots']; warnings: string[] } & Pick<
    RecoveryPlan['facts'],
    'drift' | 'guessed'
  >,
): RecoveryPlan {
  const { drift, guessed } = found;
  const tiers = tiersOutwards(run, objects).map(({ tier, objects: workloads }) => ({
    tier,
    workloads: Object.fromEntries(workloads.map((one) => [keyIn(run.system, one), replicasOf(one)])),
  }));
  const snapshots = found.snapshots.map(({ id, digest, takenAt }) => ({ id, digest, takenAt }));
  const names = (role: SavedObject['role']) =>
    objects
      .filter((one) => one.role === role)
      .map((one) => keyIn(run.system, one))
      .join(', ') || 'none';
  const count = objects.filter(({ role }) => role === 'workload').length;
  const source = snapshots.length > 0 ? `snapshot ${snapshots.map(({ id }) => id).join(', ')}` : 'what is known';
  return {
    summary:
      objects.length === 0 ? 'Nothing is down' : `Bring back ${count} workloads of ${run.system.title} from ${source}`,
    steps: [
      ...tiers.map(({ tier, workloads }) => ({
        title: `Start ${tier}`,
        detail: Object.entries(workloads)
          .map(([key, replicas]) => `${key}: ${replicas}`)
          .join(', '),
        undo: 'stayDown stops it again',
      })),
      { title: 'Let autoscalers, CronJobs and GitOps go', detail: names('waker') },
      { title: 'Traffic', detail: names('route'), undo: 'off again when smoke tests or the bake fail' },
      { title: 'Compare with the snapshot' },
    ],
    warnings: [...found.warnings, ...drift.map(driftText)],
    facts: { snapshots, tiers, drift, guessed },
    hash: hashOf({ snapshots, tiers, drift, guessed, description: run.systemHash }),
  };
}
