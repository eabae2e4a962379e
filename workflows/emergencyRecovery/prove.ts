import type { Difference, SavedObject } from '../../activities/kubernetes/emergency/types.js';
import { surveyInput } from '../emergencyKit/targets.js';
import { mutate, probe } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import type { Conclusion } from '../kit/run.js';
import { runRef } from '../rollout/targets.js';
import type { RecoveryPlan, RecoveryRun } from './plan.js';
import { keysOf, type Progress } from './start.js';

/** A difference, and why it is none to worry about. */
export interface Explained {
  difference: Difference;
  because: string;
}

/** Tells differences that have a good reason from those that have none. Pure. */
export function explain(
  differences: readonly Difference[],
  objects: readonly SavedObject[],
): { explained: Explained[]; open: Difference[] } {
  const explained: Explained[] = [];
  const open: Difference[] = [];
  const scaled = new Set(
    objects.flatMap(({ role, target }) => (role === 'waker' && target !== undefined ? [target] : [])),
  );
  for (const difference of differences) {
    if (
      difference.what === '/spec/replicas' &&
      scaled.has(difference.key) &&
      typeof difference.is === 'number' &&
      difference.is > 0
    )
      explained.push({ difference, because: 'its autoscaler decides again' });
    else open.push(difference);
  }
  return { explained, open };
}

/** The state must be that of the snapshot, field by field, or the difference explained. */
export async function proveState(
  run: RecoveryRun,
  objects: SavedObject[],
  _progress: Progress,
): Promise<ReturnType<typeof explain>> {
  return run.steps.step('Compare with the snapshot', async (step) => {
    const { place } = surveyInput(run.system);
    const differences = await probe('Compare with the snapshot').compareWithSnapshot({ place, objects });
    const result = explain(differences, objects);
    const { explained, open } = result;
    if (open.length > 0) step.failed(open.map(differenceText).join('; ').slice(0, 2_000), result);
    else
      step.note(
        explained.length === 0
          ? 'equal in every field'
          : explained.map(({ difference, because }) => `${difference.key}: ${because}`).join('; '),
        explained,
      );
    return result;
  });
}

const differenceText = ({ key, what, was, is }: Difference): string =>
  `${key} ${what} was ${JSON.stringify(was)?.slice(0, 200)}, is ${JSON.stringify(is)?.slice(0, 200)}`;

/** Closes the account of the shutdown, if nothing of it is left, and measures how long it took. */
export async function conclude(
  run: RecoveryRun,
  plan: RecoveryPlan,
  progress: Progress,
  state: ReturnType<typeof explain>,
): Promise<Conclusion> {
  // Everything is put back, whether somebody waited for it or not; what differs is somebody's own.
  const whole = run.input.tiers === undefined;
  if (whole) await close(run, plan);
  if (state.open.length > 0) {
    const text = `The system is back, but not as it was: ${state.open.map(differenceText).join('; ')}`;
    run.notify('failure', `Recovery of ${run.system.title}: differences`, text);
    throw fail('VerificationFailed', text.slice(0, 4_000), state);
  }
  const summary = `${whole ? run.system.title : `A part of ${run.system.title}`} is back: ${keysOf(run, progress.begun).length} objects as in the snapshot${skippedText(progress)}. ${timesText(run, plan, progress)}`;
  await run.steps.step('Measure', async (step) =>
    step.note(timesText(run, plan, progress), timesOf(run, plan, progress)),
  );
  run.notify('end', `Recovery of ${run.system.title} succeeded`, summary, { ongoing: !whole });
  return { outcome: 'succeeded', summary };
}

const skippedText = ({ skipped }: Progress): string =>
  skipped.length === 0 ? '' : `; not waited for: ${skipped.join(', ')}`;

/** From event times, not from the worker's clock. */
function timesOf(
  run: RecoveryRun,
  plan: RecoveryPlan,
  progress: Progress,
): { recoverySeconds: number; downSeconds?: number } {
  const end = Date.parse(progress.trafficAt ?? new Date(Date.now()).toISOString());
  const [first] = plan.facts.snapshots;
  const seconds = (from: string) => Math.round((end - Date.parse(from)) / 1_000);
  return { recoverySeconds: seconds(run.startedAt), ...(first && { downSeconds: seconds(first.takenAt) }) };
}

function timesText(run: RecoveryRun, plan: RecoveryPlan, progress: Progress): string {
  const { recoverySeconds, downSeconds } = timesOf(run, plan, progress);
  return `Recovered within ${recoverySeconds} s${downSeconds === undefined ? '' : `, down for ${downSeconds} s in all`}`;
}

/** A mark that stays says "down" although nothing is: told, but no failure of a proved recovery. */
async function close(run: RecoveryRun, plan: RecoveryPlan): Promise<void> {
  await run.steps.step('Take the mark off', async (step) => {
    const { place, system } = surveyInput(run.system);
    try {
      const snapshots = plan.facts.snapshots.map(({ id }) => id);
      await mutate('Take the mark off').closeShutdown({ place, system, snapshots, run: runRef(run) });
    } catch (error) {
      step.failed(`${causeOf(error).message}. The next recovery will find nothing to do and try again`);
    }
  });
}
