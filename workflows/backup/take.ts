import { CancellationScope, TimeoutFailure, ActivityFailure, uuid4 } from '@temporalio/workflow';
import type { BackupEntry, BackupTarget, Draft, Listing, SourceFacts, Staged } from '../../activities/backup/types.js';
import { usable } from '../backupKit/choose.js';
import { backupRun, queueOf, removalQueueOf, TIDY_MS, timeFor } from '../backupKit/targets.js';
import { mutate, transfer } from '../kit/activities.js';
import { causeOf, fail } from '../kit/failure.js';
import type { Run } from '../kit/run.js';
import type { Step } from '../kit/steps.js';

/** What the plan found out about a source. */
export interface PlannedSource {
  target: BackupTarget;
  facts: SourceFacts;
  listing: Listing;
}

/** Sorts by time; the random part tells two of one second apart. */
const newBackupId = (): string =>
  `${new Date(Date.now()).toISOString().replace(/[-:]|\.\d+/g, '')}-${uuid4().slice(0, 8)}`;

/**
 * Stores one source, reads it back, and publishes it. Until the manifest stands whatever was stored is removed again, on a
 * failure as on a cancel.
 */
export async function takeAndPublish(run: Run, step: Step, planned: PlannedSource): Promise<BackupEntry> {
  const { target, facts } = planned;
  const backupId = newBackupId();
  try {
    const draft = await step.step('Store it', async (inner) => {
      const stored = await take(run, planned, backupId);
      inner.note(
        `${stored.objects.length} objects, ${stored.objects.reduce((sum, one) => sum + one.bytes, 0)} bytes, recovery point ${stored.recoveryPoint.at}`,
        { objects: stored.objects, contents: stored.contents, excluded: stored.excluded },
      );
      return stored;
    });
    await step.step('Read it back (L2)', async (inner) => {
      const read = await transfer(
        `Read back ${target.source.name}`,
        timeFor(facts.estimatedBytes),
        queueOf(target),
      ).readBack({ target, draft });
      inner.note(`${read.bytes} bytes are those that were sent, in ${read.tookMs} ms`);
    });
    const entry = await step.step('Publish it', (inner) =>
      // Whether the manifest was written must be known, also when the run is stopped just now.
      CancellationScope.nonCancellable(async () => {
        const published = await mutate(`Publish ${backupId}`).publishBackup({ target, draft, run: backupRun(run) });
        inner.note(published.id);
        return published;
      }),
    );
    return entry;
  } catch (error) {
    await discard(step, target, backupId, causeOf(error).message);
    throw error;
  }
}

async function take(run: Run, planned: PlannedSource, backupId: string): Promise<Draft> {
  const { target, facts, listing } = planned;
  const [last] = usable(listing);
  const request = { target, backupId, run: backupRun(run), ...(last && { lastBytes: last.bytes }) };
  const { name } = target.source;
  const time = timeFor(facts.estimatedBytes);
  if (target.policy.shape === 'stream') return transfer(`Back up ${name}`, time, queueOf(target)).takeBackup(request);
  for (let tries = 1; ; tries += 1) {
    const staged = await transfer(`Stage ${name}`, time, queueOf(target)).stageBackup(request);
    try {
      const draft = await transfer(`Upload ${name}`, time, staged.queue).uploadStaged({ target, staged });
      await discardStaged(staged);
      return draft;
    } catch (error) {
      await CancellationScope.nonCancellable(() => discardStaged(staged));
      if (!workerGone(error) || tries === 3) throw error;
    }
  }
}

/** The worker that holds the staged files does not poll any more: they have to be made anew elsewhere. */
const workerGone = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof TimeoutFailure &&
  error.cause.timeoutType === 'SCHEDULE_TO_START';

/** Best effort: the next staging on that worker sweeps what this one could not. */
async function discardStaged(staged: Staged): Promise<void> {
  await mutate('Remove the staged files', staged.queue)
    .discardStaged({ staged })
    .catch((error: unknown) => void causeOf(error));
}

async function discard(step: Step, target: BackupTarget, backupId: string, why: string): Promise<void> {
  await CancellationScope.nonCancellable(() =>
    step.step('Remove what was stored', async (inner) => {
      try {
        const { retained } = await transfer(`Discard ${backupId}`, TIDY_MS, removalQueueOf(target)).discardBackup({
          target,
          backupId,
        });
        if (retained.length === 0) inner.note('nothing of it is left');
        else
          inner.note(`${retained.length} objects stay until their object lock ends; no manifest names them`, retained);
      } catch (error) {
        const cause = causeOf(error);
        // The manifest stands: the failure came after the backup was complete, and it stays.
        if (cause.type === 'AlreadyPublished') return inner.skip('it was published already');
        inner.failed(cause.message);
        throw fail('CompensationFailed', `${why}; and what was stored could not be removed: ${cause.message}`);
      }
    }),
  );
}
