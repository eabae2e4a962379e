import { fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import { runChecks } from './checks.js';
import { restoreChange } from './restore.js';
import type { Change } from './types.js';
import { sentences } from './words.js';

/** What came of undoing everything. */
export type UndoResult = { back: true; summary: string } | { back: false; acceptedBy?: string; summary: string };

function describe(change: Change): string {
  if (change.undo === 'done') return change.undoDetail ?? 'back';
  if (change.undo === 'leftAlone') return `left alone: ${change.undoDetail ?? ''}`;
  return `still on ${change.image}: ${change.undoDetail ?? 'not undone'}`;
}

/**
 * Undoes the changes in reverse order, all of them even if one fails. What fails holds the run in a named state, pages, and
 * waits for `retryRollback`, `accept` or `abort`. Run it in a non-cancellable scope.
 */
export async function undoAll(run: Run, changes: Change[], why: string): Promise<UndoResult> {
  run.enter('rollingBack', `Rolls back: ${why}`);
  for (;;) {
    await run.steps.step('Roll back', async (step) => {
      for (const change of changes.toReversed()) {
        if (change.undo === 'pending' || change.undo === 'failed') await restoreChange(run, step, change);
      }
      const failed = changes.filter((change) => change.undo === 'failed');
      if (failed.length > 0)
        step.failed(failed.map((change) => `${change.target.ref.name}: ${change.undoDetail ?? ''}`).join('; '));
    });
    const problem = changes.some((change) => change.undo === 'failed')
      ? 'not every workload is back'
      : await systemProblem(run, changes);
    const summary = changes.map((change) => `${change.target.ref.name} ${describe(change)}`).join('; ');
    if (!problem) return { back: true, summary };
    const decision = await holdForPerson(run, changes, problem, summary);
    if (decision.verb === 'accept') return { back: false, acceptedBy: decision.actor, summary };
    if (decision.verb === 'abort') return { back: false, summary };
    for (const change of changes) if (change.undo === 'failed') change.forced = true;
    run.enter('rollingBack', `Rolls back again, as ${decision.actor} asked`);
  }
}

async function systemProblem(run: Run, changes: Change[]): Promise<string | undefined> {
  // What stands there is all somebody else's: its health is theirs to judge, and there is nothing that we could try again.
  if (changes.every((change) => change.undo === 'leftAlone')) return undefined;
  const finding = await runChecks(run, run.steps, 'Health after the rollback', [
    ...run.system.health,
    ...run.system.smoke,
  ]);
  return finding?.summary;
}

async function holdForPerson(run: Run, changes: Change[], problem: string, summary: string) {
  run.enter('held', `The rollback did not succeed: ${problem}`);
  run.notify('page', 'Rollback needs a person', `${problem}\n${summary}`);
  return run.control.hold({
    name: 'rollbackFailed',
    question: `The rollback did not succeed: ${problem}. What now?`,
    options: {
      retryRollback: 'Try again what is not back yet, also where the check before it advised against it.',
      accept: 'Take the state as it is. The run ends as AcceptedAsIs.',
      abort: 'Stop here and leave the state as it is. The run ends as CompensationFailed.',
    },
    state: Object.fromEntries(changes.map((change) => [change.target.ref.name, describe(change)])),
  });
}

/** The typed end of a run whose undo did not bring everything back. */
export const notBack = (cause: string, result: Extract<UndoResult, { back: false }>) =>
  result.acceptedBy === undefined
    ? fail('CompensationFailed', sentences(cause, `The rollback did not succeed: ${result.summary}`))
    : fail('AcceptedAsIs', sentences(cause, `${result.acceptedBy} accepted the state as it is: ${result.summary}`));
