import { backupError } from '../backup/errors.js';
import type { Rds } from './client.js';
import { deleteInstance, findInstance, renameInstance, tagInstance, waitSettled, type Instance } from './instance.js';
import { hasTag, TAGS } from './names.js';

/** Names of a swap, in Amazon's form. */
export interface SwapNames {
  live: string;
  restored: string;
  kept: string;
}

const isRestored = (one: Instance | undefined, restored: string): boolean =>
  one !== undefined && hasTag(one.tags, TAGS.copy, restored);
const isKept = (one: Instance | undefined, kept: string): boolean =>
  one !== undefined && hasTag(one.tags, TAGS.kept, kept);

/**
 * live → kept, restored → live, by renaming. Tags stay with an instance through its renames, so each step sees whether it is done. The live
 * instance is tagged before it is renamed, so that it is known as ours wherever the worker dies.
 */
export async function swapInstances(rds: Rds, { live, restored, kept }: SwapNames): Promise<void> {
  let atLive = await findInstance(rds, live);
  if (isRestored(atLive, restored)) {
    if ((await findInstance(rds, kept)) === undefined) {
      throw backupError(
        'NotFound',
        `${restored} is ${live} already, but ${kept} is not there. Look for what it replaced.`,
      );
    }
    await waitSettled(rds, live);
    return;
  }
  const copy = await findInstance(rds, restored);
  if (!isRestored(copy, restored)) {
    throw backupError(
      copy === undefined ? 'NotFound' : 'NotOurs',
      copy === undefined
        ? `There is no instance ${restored} to put in the place of ${live}.`
        : `Instance ${restored} does not carry our tag ${TAGS.copy}; only what a restore has made is put in the place of ${live}.`,
    );
  }
  await waitSettled(rds, restored);
  if (atLive !== undefined) {
    atLive = await waitSettled(rds, live);
    await tagInstance(rds, atLive, { [TAGS.kept]: kept });
    await renameInstance(rds, live, kept);
  } else {
    const moved = await findInstance(rds, kept);
    if (!isKept(moved, kept)) throw backupError('NotFound', `There is no instance ${live}, and none kept as ${kept}.`);
  }
  await renameInstance(rds, restored, live);
}

/** Undoes a swap from wherever it stands: live → restored, kept → live. */
export async function swapInstancesBack(rds: Rds, { live, restored, kept }: SwapNames): Promise<void> {
  const atLive = await inFlight(rds, live);
  if (isRestored(atLive, restored)) await renameInstance(rds, live, restored);
  const old = await findInstance(rds, kept);
  if (isKept(old, kept)) await renameInstance(rds, kept, live);
  const now = await findInstance(rds, live);
  if (now === undefined || isRestored(now, restored)) {
    throw backupError(
      'NotFound',
      `The instance that was ${live} is neither there nor kept as ${kept}. Look for it by hand.`,
    );
  }
  await waitSettled(rds, live);
}

/** The instance of a name once no change of it is under way: a rename that a cut swap asked for may still come. */
async function inFlight(rds: Rds, id: string): Promise<Instance | undefined> {
  const found = await findInstance(rds, id);
  if (found === undefined || (found.pending.length === 0 && found.status === 'available')) return found;
  await waitSettled(rds, id, rds.patience.pollMs * 3).catch((error: unknown) => {
    rds.signal.throwIfAborted();
    if ((error as { type?: string }).type !== 'Stalled') throw error;
  });
  return findInstance(rds, id);
}

/**
 * Deletes a restored copy or a kept original; false when there is none. The tag must say that the instance has this name by our doing: a copy
 * that has become the live instance has another name and is never deleted. Throws `NotOurs`.
 */
export async function dropInstance(rds: Rds, live: string, id: string): Promise<boolean> {
  if (id === live) throw backupError('NotOurs', `${id} is the live instance, which is never dropped.`);
  const isOurs = ({ tags }: Instance): boolean => hasTag(tags, TAGS.copy, id) || hasTag(tags, TAGS.kept, id);
  return deleteInstance(rds, id, isOurs, true);
}
