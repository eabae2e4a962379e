import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { sweepThrowaways } from '../throwaway/index.js';
import { isError } from './classify.js';
import { backupPrefix, idPattern, placeOf, sourcePrefix } from './keys.js';
import { listBackups } from './listing.js';
import { discard } from './remove.js';
import { stagedRoot } from './stage.js';
import type { BackupActivities } from './types.js';
import { engineContext, engineOf, working, type BackupOptions, type Work } from './work.js';

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
    const objects: string[] = [];
    for (const [id, lastWrite] of await unfinished(work)) {
      if (lastWrite >= before) continue;
      objects.push(...(await sweepUnfinished(work, id)));
    }
    return [...instances, ...scratch, ...staged, ...objects];
  });
}

/** Ids of backups without a manifest, or with an upload that is still open, and when something was last written to them (ms). */
async function unfinished({ bucket, options, target }: Work): Promise<Map<string, number>> {
  const { unpublished } = await listBackups(options, { target });
  const last = new Map(unpublished.map(({ id, lastWriteAt }) => [id, Date.parse(lastWriteAt)]));
  const prefix = sourcePrefix(target.system, target.source.name);
  for (const { key, lastWriteAt } of await bucket.openUploads(prefix)) {
    const id = placeOf(key, prefix)?.id;
    if (id !== undefined) last.set(id, Math.max(last.get(id) ?? 0, lastWriteAt.getTime()));
  }
  return last;
}

/** Removes what is left of an unpublished backup; of a published one, whose other attempts died, only the open uploads. */
async function sweepUnfinished(work: Work, id: string): Promise<string[]> {
  try {
    await discard(work, id);
    return [id];
  } catch (error) {
    if (!isError(error, 'AlreadyPublished')) throw error;
    const { system, source } = work.target;
    const ended = await work.bucket.abortUploads(backupPrefix(system, source.name, id));
    return ended.map((key) => `upload ${key}`);
  }
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
