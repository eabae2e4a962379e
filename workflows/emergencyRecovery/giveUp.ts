import type { SavedObject } from '../../activities/kubernetes/emergency/types.js';
import { apply, markOf, type Trouble, troubleText } from '../emergencyKit/apply.js';
import { stopping, surveyInput } from '../emergencyKit/targets.js';
import { watch } from '../kit/activities.js';
import { type Cause, causeOf, fail } from '../kit/failure.js';
import type { Conclusion } from '../kit/run.js';
import type { RecoveryRun } from './plan.js';
import type { Progress } from './start.js';

/**
 * Ends a recovery that does not go on. A person's `stayDown` stops again all that was started; otherwise what is up stays up, but for
 * traffic: a system that did not prove itself gets none. Run it in a non-cancellable scope.
 */
export async function giveUp(
  run: RecoveryRun,
  objects: SavedObject[],
  progress: Progress,
  cause: Cause,
): Promise<Conclusion> {
  const { stayDown, aborted } = run.control.state;
  const snapshot = run.status.plan ? idsOf(run) : '';
  if (stayDown)
    return stopAgain(
      run,
      progress,
      `${stayDown.actor} decided to stay down: ${stayDown.reason || 'no reason given'}`,
      snapshot,
    );
  const bad = await trafficOff(run, objects, progress, snapshot);
  const left = bad.length > 0 ? ` Traffic could not be taken off: ${bad.map(troubleText).join('; ')}.` : '';
  if (cause.type === 'Cancelled' || cause.type === 'Aborted') {
    const who = aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : cause.message;
    throw fail('Aborted', `${who}; what is up stays up, without traffic.${left} Start again to go on`);
  }
  run.notify('failure', `Recovery of ${run.system.title} failed`, cause.message);
  const text = `${cause.message}. What is up stays up, without traffic.${left} Start again when that is mended: what is back is left alone`;
  throw fail('RecoveryFailed', text.slice(0, 4_000), cause.details);
}

const idsOf = (run: RecoveryRun): string => {
  const facts = run.status.plan?.facts as { snapshots?: { id: string }[] } | undefined;
  return facts?.snapshots?.map(({ id }) => id).join(', ') ?? '';
};

async function trafficOff(
  run: RecoveryRun,
  objects: SavedObject[],
  progress: Progress,
  snapshot: string,
): Promise<Trouble[]> {
  const routes = objects.filter((one) => one.role === 'route' && progress.begun.includes(one));
  if (routes.length === 0) return [];
  run.enter('rollingBack', 'Takes traffic off again');
  return apply(run, run.steps, 'Take traffic off again', stopping(run.system, routes), markOf(run, snapshot, routes));
}

async function stopAgain(run: RecoveryRun, progress: Progress, why: string, snapshot: string): Promise<never> {
  run.enter('rollingBack', `Stops again: ${why}`);
  const bad: Trouble[] = [];
  for (const role of ['route', 'waker', 'workload'] as const) {
    const some = progress.begun.filter((one) => one.role === role);
    bad.push(
      ...(await apply(run, run.steps, `Stop again: ${role}s`, stopping(run.system, some), markOf(run, snapshot, some))),
    );
  }
  bad.push(...(await untilGone(run, progress)));
  run.notify('failure', `Recovery of ${run.system.title}: stays down`, why);
  if (bad.length > 0)
    throw fail(
      'CompensationFailed',
      `${why}; but not everything is down again: ${bad.map(troubleText).join('; ')}`.slice(0, 4_000),
    );
  throw fail('StayedDown', `${why}. What was started is stopped again; the snapshot still stands`);
}

async function untilGone(run: RecoveryRun, progress: Progress): Promise<Trouble[]> {
  const workloads = progress.begun.filter(({ role }) => role === 'workload').map(({ ref }) => ref);
  if (workloads.length === 0) return [];
  const { stopSeconds } = run.system.policies.emergency;
  return run.steps.step('Wait until it is gone', async (step) => {
    try {
      const { place } = surveyInput(run.system);
      const deadlineAt = Date.now() + stopSeconds * 1_000;
      const { left } = await watch('Wait until it is gone', stopSeconds * 1_000).waitStopped({
        place,
        workloads,
        deadlineAt,
        kill: false,
      });
      return left.map(({ key, why }) => ({ key, problem: why }));
    } catch (error) {
      const { message } = causeOf(error);
      step.failed(message);
      return [{ key: 'pods', problem: message }];
    }
  });
}
