import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { sweepThrowaways } from '../throwaway/index.js';
import { idPattern } from './keys.js';
import { listBackups } from './listing.js';
import { discard } from './remove.js';
import { stagedRoot } from './stage.js';
import type { BackupActivities } from './types.js';
import { engineContext, engineOf, working, type BackupOptions } from './work.js';

/** See `BackupActivities.sweepLeftovers`. */
export async function sweepLeftovers(
  options: BackupOptions,
  input: Parameters<BackupActivities['sweepLeftovers']>[0],
): Promise<string[]> {
  const { target, before } = input;
  const { engine } = await engineOf(options, target.source);
  return working(options, input, async (work) => {
    work.beat.phase('sweep', 'work');
    const instances = (await engine.sweep?.(before, engineContext(work))) ?? [];
    const scratch = await sweepThrowaways('scratch', before, undefined, options.scratchRoot);
    const staged = await sweepStaged(stagedRoot(options.scratchRoot), before);
    const { unpublished } = await listBackups(options, { target });
    const objects: string[] = [];
    for (const { id, lastWriteAt } of unpublished) {
      if (Date.parse(lastWriteAt) >= before) continue;
      // One that gets its manifest just now is refused, and stays.
      await discard(work, id);
      objects.push(id);
    }
    return [...instances, ...scratch, ...staged, ...objects];
  });
}

/** Removes staged backups in which nothing was written since `before`. */
async function sweepStaged(root: string, before: number): Promise<string[]> {
  const names = await readdir(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const removed: string[] = [];
  for (const name of names.filter((one) => idPattern.test(one))) {
    const folder = path.join(root, name);
    const files = await readdir(folder, { recursive: true });
    const times = await Promise.all(
      [folder, ...files.map((file) => path.join(folder, file))].map((file) => stat(file)),
    );
    if (times.some(({ mtimeMs }) => mtimeMs >= before)) continue;
    await rm(folder, { recursive: true, force: true });
    removed.push(`staged ${name}`);
  }
  return removed;
}
