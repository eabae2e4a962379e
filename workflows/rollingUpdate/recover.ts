import { isCancellation } from '@temporalio/workflow';
import { mutate } from '../kit/activities.js';
import { type Cause, causeOf, fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Change, Finding } from '../rollout/types.js';
import { notBack, undoAll } from '../rollout/undo.js';
import { explainPods, sentences } from '../rollout/words.js';
import type { RollingUpdateInput } from './runbook.js';
import type { FindingDetail } from './settle.js';

/**
 * The way forward has ended badly, was aborted or cancelled: remember what was bad, put the good state back, and end the
 * run with its typed failure. Run it in a non-cancellable scope; a second cancel changes nothing.
 */
export async function recover(run: Run<RollingUpdateInput>, begun: Change[], error: unknown): Promise<never> {
  const cause = causeOf(error);
  const finding = findingOf(cause);
  const why = sentences(explain(run, cause), explainPods(finding?.evidence));
  if (begun.length === 0) throw error;
  for (const change of begun) {
    if (
      change.target.ref.name === finding?.workload &&
      (finding.kind === 'superseded' || finding.kind === 'replaced')
    ) {
      change.undo = 'leftAlone';
      change.undoDetail = finding.summary;
    }
  }
  run.notify('failure', `Rolling update of ${run.system.name} failed`, why);
  // Beside the rollback: remembering must not delay it.
  const remembered = finding?.kind === 'failed' ? quarantine(run, begun, finding) : Promise.resolve();
  if (finding && (await keepsAsIs(run, finding))) {
    await remembered;
    throw fail(
      'AcceptedAsIs',
      sentences(why, `${run.control.state.chosen?.actor ?? 'A person'} accepted the new version as it is`),
    );
  }
  const result = await undoAll(run, begun, why);
  await remembered;
  run.notify(
    'rollback',
    `Rolling update of ${run.system.name}: ${result.back ? 'rolled back' : 'rollback failed'}`,
    `${why}\n${result.summary}`,
  );
  if (!result.back) throw notBack(why, result);
  const stranger =
    finding?.kind === 'superseded' ? 'Superseded' : finding?.kind === 'replaced' ? 'TargetReplaced' : undefined;
  throw fail(stranger ?? 'RolledBack', sentences(why, `Rolled back: ${result.summary}`), finding?.evidence);
}

function findingOf(cause: Cause): Finding | undefined {
  const detail = cause.details[0] as Partial<FindingDetail> | undefined;
  if (detail?.finding) return detail.finding;
  // A guarded write met a stranger's: the activity says so by its type.
  if (cause.type === 'Superseded') return { kind: 'superseded', summary: cause.message };
  if (cause.type === 'TargetReplaced') return { kind: 'replaced', summary: cause.message };
  return undefined;
}

function explain(run: Run, cause: Cause): string {
  if (cause.type !== 'Cancelled') return cause.message;
  const { aborted } = run.control.state;
  return aborted ? `Aborted by ${aborted.actor}: ${aborted.reason || 'no reason given'}` : 'Cancelled';
}

/** Remembers the version that failed; without a named workload the system's checks failed, and every change is suspect. */
async function quarantine(run: Run, begun: Change[], finding: Finding): Promise<void> {
  const suspects = begun.filter(
    (change) => finding.workload === undefined || change.target.ref.name === finding.workload,
  );
  await run.steps.step('Quarantine what failed', async (step) => {
    for (const change of suspects) {
      const { ref, uid } = change.target;
      const entry = {
        image: change.image,
        templateHash: change.written?.templateHash ?? change.expectedHash,
        reason: finding.summary.slice(0, 500),
        run: run.status.workflowId,
        at: new Date(Date.now()).toISOString(),
        ...(change.digest !== undefined && { digest: change.digest }),
      };
      try {
        await mutate(`Quarantine ${change.image}`.slice(0, 190)).quarantine({ ref, uid, entry });
        step.note(suspects.map((one) => one.image).join(', '));
      } catch (error) {
        // Not being able to remember must not stand in the way of the rollback.
        step.failed(`could not be remembered: ${causeOf(error).message}`);
      }
    }
  });
}

/** `onFailure: hold`: a person looks first. True when they keep the new version. */
async function keepsAsIs(run: Run<RollingUpdateInput>, finding: Finding): Promise<boolean> {
  const onFailure = run.input.onFailure ?? run.system.policies.rollingUpdate.onFailure;
  if (onFailure !== 'hold' || finding.kind !== 'failed') return false;
  run.enter('held', `Failed and held: ${finding.summary}`);
  run.notify('page', `Rolling update of ${run.system.name} failed and is held`, finding.summary);
  const hold = {
    name: 'updateFailed',
    question: `${finding.summary}. The run holds, as asked. What now?`,
    options: {
      retryRollback: 'Roll back now.',
      accept: 'Keep the new version. The run ends as AcceptedAsIs.',
      abort: 'Roll back now.',
    },
  };
  try {
    const decision = await run.control.hold(hold, run.control.forward?.cancelRequested);
    return decision.verb === 'accept';
  } catch (error) {
    // A cancel means what it means everywhere: roll back.
    if (isCancellation(error)) return false;
    throw error;
  }
}
