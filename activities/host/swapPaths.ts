import { lstat, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { backupError } from '../backup/errors.js';
import { entryAt, fileFailure, onFile, syncToDisk } from './files.js';
import { claim, isOf, readTag, removeTag, requireTag, type Owner, type Tag } from './tag.js';

/** Three names in one folder. */
export interface SwapNames {
  live: string;
  restored: string;
  kept: string;
}

export interface SwapOptions {
  tag: Omit<Tag, 'belay'>;
  /** Makes sure that nobody uses the live one; called right before it is renamed. Throws `InUse`. */
  quiet: (path: string) => Promise<void>;
  /** Endings of files that belong to it and go with it, such as `-wal`. */
  companions?: readonly string[];
}

/**
 * Renames live → kept and restored → live. The tag of `kept` is written first and says, after a crash, that a swap has begun; every
 * rename found done is left. When the live one is lost, what remains of it goes to `kept`. Nothing is ever overwritten or removed.
 */
export async function swapPaths(names: SwapNames, options: SwapOptions): Promise<void> {
  const { live, restored, kept } = names;
  const { tag, quiet, companions = [] } = options;
  const begun = isOf(await readTag(kept), tag);
  if ((await entryAt(restored)) === undefined) {
    if (begun && (await entryAt(live)) !== undefined) return finish(names);
    throw backupError('NotFound', `${restored}, the restored copy, is not there; restore again, then swap.`);
  }
  await requireTag(restored, tag);
  const found = await entryAt(live);
  if (found !== undefined) {
    await refuseLink(live);
    if (begun && (await entryAt(kept)) !== undefined) {
      throw backupError(
        'NameTaken',
        `${kept} and ${live} are both there: something made ${live} anew. Look at both by hand.`,
      );
    }
    await quiet(live);
  }
  await claim(kept, { ...tag, belay: 'kept' });
  if (found !== undefined) await move(live, kept);
  for (const ending of companions) await moveIfThere(live + ending, kept + ending);
  await move(restored, live);
  await finish(names);
}

/** Puts the names back. Does nothing when no swap has begun. Safe to repeat. */
export async function swapPathsBack(names: SwapNames, options: SwapOptions): Promise<void> {
  const { live, restored, kept } = names;
  const { quiet, companions = [] } = options;
  if ((await readTag(kept)) === undefined && (await entryAt(kept)) === undefined) return;
  await requireTag(kept, options.tag);
  const there = { live: await entryAt(live), restored: await entryAt(restored), kept: await entryAt(kept) };
  if (there.live && there.restored && there.kept) {
    throw backupError(
      'NameTaken',
      `${live}, ${restored} and ${kept} are all there: which is which cannot be told. Look by hand.`,
    );
  }
  if (there.live && there.restored === undefined) {
    await quiet(live);
    await claim(restored, { ...options.tag, belay: 'restored' });
    await move(live, restored);
    for (const ending of companions) await moveIfThere(live + ending, restored + ending);
  }
  if (there.kept) await move(kept, live);
  for (const ending of companions) await moveIfThere(kept + ending, live + ending);
  await removeTag(kept);
  await syncToDisk(dirname(live));
}

/** Removes a tagged copy: data first, tag last. False when there is none. Throws `NotOurs` when it carries no tag of the source. */
export async function dropPath(path: string, owner: Owner, companions: readonly string[] = []): Promise<boolean> {
  if ((await entryAt(path)) === undefined && (await readTag(path)) === undefined) return false;
  await requireTag(path, owner);
  await onFile(`Removing ${path}`, async () => {
    for (const one of [path, ...companions.map((ending) => path + ending)]) {
      await rm(one, { recursive: true, force: true, maxRetries: 3 });
    }
    await removeTag(path);
  });
  return true;
}

async function finish({ live, restored }: SwapNames): Promise<void> {
  await removeTag(restored);
  await syncToDisk(dirname(live));
}

/** Renaming a link would leave the data where it is. */
async function refuseLink(path: string): Promise<void> {
  if ((await lstat(path)).isSymbolicLink()) {
    throw backupError('Unsupported', `${path} is a symbolic link; name the real path in the system's description.`);
  }
}

async function move(from: string, to: string): Promise<void> {
  await onFile(`Renaming ${from} to ${to}`, () => rename(from, to));
}

async function moveIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw fileFailure(error, `Renaming ${from} to ${to}`);
  });
}
