import type { Client } from '@temporalio/client';
import type { DesiredSchedule } from './desired.js';
import { type Change, compare } from './diff.js';
import { isOwn } from './mark.js';
import { readSchedule } from './read.js';
import { createSchedule, isConflict, updateSchedule } from './write.js';

/** Somebody changed the schedule at the same time, twice. Nothing of theirs was overwritten; apply again. */
export class ChangedMeanwhile extends Error {
  override readonly name = 'ChangedMeanwhile';

  constructor(readonly scheduleId: string) {
    super(`${scheduleId} was changed by somebody else at the same time; look at the diff and apply again`);
  }
}

/**
 * Makes one schedule as it is wanted and returns what had to be done. Reads right before it writes, writes only what has not changed since, reads
 * again to be sure, and tries once more. Safe to repeat: a second apply finds nothing to do. Throws ChangedMeanwhile.
 */
export async function applySchedule(client: Client, want: DesiredSchedule): Promise<Change> {
  let done: Change | undefined;
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const existing = await readSchedule(client, want.scheduleId);
    const change = compare(want, existing);
    if (change.kind === 'unchanged' || change.kind === 'foreign') return done ?? change;
    done = change;
    if (existing === undefined) {
      if (await createSchedule(client, want)) return change;
    } else if (await wasWritten(client, want, existing)) return change;
  }
  throw new ChangedMeanwhile(want.scheduleId);
}

async function wasWritten(
  client: Client,
  want: DesiredSchedule,
  seen: NonNullable<Awaited<ReturnType<typeof readSchedule>>>,
): Promise<boolean> {
  try {
    await updateSchedule(client, want, seen);
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
  return compare(want, await readSchedule(client, want.scheduleId)).kind === 'unchanged';
}

/**
 * Deletes a schedule that still carries our mark for that system; runs that it has started go on. False when it is gone or not ours. Call it
 * only for what a `diff` of this moment calls `prune`.
 */
export async function pruneSchedule(client: Client, system: string, scheduleId: string): Promise<boolean> {
  const existing = await readSchedule(client, scheduleId);
  if (existing === undefined || !isOwn(scheduleId, existing.memo, system)) return false;
  await client.schedule.getHandle(scheduleId).delete();
  return true;
}
