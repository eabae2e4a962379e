import { mutate, glance, probe, watch } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';
import { runChecks } from './checks.js';
import { runRef } from './targets.js';
import type { Change } from './types.js';

/**
 * Undoes one change: proves that the old state can still run, puts its template back, watches and checks it like the way
 * forward. A stranger's later write is left alone. Throws nothing but defects: the outcome stands in `change.undo`.
 */
export async function restoreChange(run: Run, parent: Step, change: Change): Promise<void> {
  const { name } = change.target.ref;
  await parent.step(`Roll back ${name}`, async (step) => {
    try {
      await proveTarget(run, step, change);
      await putBack(run, step, change);
      await verifyRestored(run, step, change);
      change.undo = 'done';
      change.undoDetail = `back on ${change.destination.images.map((container) => container.image).join(', ')}`;
      step.note(change.undoDetail);
    } catch (error) {
      const cause = causeOf(error);
      const stranger = cause.type === 'Superseded' || cause.type === 'TargetReplaced';
      change.undo = stranger ? 'leftAlone' : 'failed';
      change.undoDetail = cause.message;
      if (stranger) step.skip(`left alone: ${cause.message}`);
      else step.failed(cause.message);
    }
  });
}

/** A rollback to an image that is gone would take down the pods that still serve. Unknown is not bad. */
async function proveTarget(run: Run, step: Step, change: Change): Promise<void> {
  if (change.forced) return;
  await step.step('Is the old state usable?', async (inner) => {
    const { insecureRegistries, mirrors } = run.system.policies.rollingUpdate.images;
    const looked = await Promise.all(
      change.destination.images.map(async ({ image }) => {
        try {
          return await glance(`Look up ${image}`.slice(0, 190)).resolveImage({ image, insecureRegistries, mirrors });
        } catch (error) {
          return { status: 'unreachable' as const, message: causeOf(error).message };
        }
      }),
    );
    const gone = looked.flatMap((one) => (one.status === 'notFound' ? [one.message] : []));
    if (gone.length > 0) {
      const { oldReady, newReady } = await probe('Which pods serve?').splitPods({
        ref: change.target.ref,
        templateHash: change.written?.templateHash ?? change.expectedHash,
      });
      throw fail(
        'CompensationFailed',
        `the old image cannot be pulled any more (${gone.join('; ')}); ${oldReady} old and ${newReady} new pods serve`,
      );
    }
    inner.note(looked.map((one) => (one.status === 'resolved' ? one.digest : one.message)).join(', '));
  });
}

async function putBack(run: Run, step: Step, change: Change): Promise<void> {
  const { ref, uid, orderedReady, deadlineSeconds, wasPaused } = change.target;
  const identity = await step.step('Put the saved template back', async (inner) => {
    const { from, name } = change.destination;
    const guarded = { ref, uid, templateHash: change.written?.templateHash ?? change.expectedHash, run: runRef(run) };
    const restore = mutate(`Restore ${ref.name}`);
    const written =
      from === 'savedState'
        ? await restore.restoreState({ ...guarded, secret: name })
        : await restore.restoreRevision({ ...guarded, revision: name });
    inner.note(written.changed ? `generation ${written.generation}` : 'stands there already', written);
    return written;
  });
  if (orderedReady) {
    await step.step('Delete pods that would block the revert', async (inner) => {
      const deleted = await mutate(`Unblock ${ref.name}`).deleteStuckPods({
        ref,
        uid,
        templateHash: identity.templateHash,
      });
      inner.note(deleted.join(', ') || 'none');
    });
  }
  await step.step('Watch the rollback', async (inner) => {
    const ms = deadlineSeconds * 1_000;
    const verdict = await watch(`Watch ${ref.name} go back`, ms).watchRollout({
      ref,
      identity,
      deadlineAt: Date.now() + ms,
    });
    inner.note(verdict.summary, verdict);
    if (verdict.outcome === 'superseded') throw fail('Superseded', verdict.summary);
    if (verdict.outcome === 'replaced') throw fail('TargetReplaced', verdict.summary);
    if (verdict.outcome !== 'complete') throw fail('CompensationFailed', verdict.summary, verdict.evidence);
  });
  if (wasPaused) {
    await step.step('Pause the Deployment again', () =>
      mutate(`Pause ${ref.name}`).setPaused({ ref, uid, paused: true, run: runRef(run) }),
    );
  }
}

async function verifyRestored(run: Run, step: Step, change: Change): Promise<void> {
  const { name } = change.target.ref;
  const checks = run.system.workloads.find((workload) => workload.name === name)?.health ?? [];
  const finding = await runChecks(run, step, `Health of ${name}`, checks);
  if (finding) throw fail('CompensationFailed', finding.summary);
}
