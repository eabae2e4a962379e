import { backupError } from './errors.js';
import type { BackupActivities, Swap } from './types.js';
import { engineContext, engineOf, workingAtSource, type AnyEngine, type BackupOptions } from './work.js';

function noSwap(found: AnyEngine, type: string): Error {
  const own = found.external ? undefined : found.engine.noSwap;
  return backupError(
    'Unsupported',
    own ?? `Live data of ${type} cannot be swapped; restore to a new name and point the consumers there.`,
  );
}

/** See `BackupActivities.swapIn`. */
export async function swapIn(options: BackupOptions, input: Parameters<BackupActivities['swapIn']>[0]): Promise<Swap> {
  const { target, restored, kept } = input;
  const { source } = target;
  const found = await engineOf(options, source);
  return workingAtSource(options, input, async (work) => {
    if (!found.engine.swap) throw noSwap(found, source.type);
    work.beat.phase('swap', 'work');
    const { live } = await found.engine.swap(source, restored, kept, engineContext(work));
    return { live, kept };
  });
}

/** See `BackupActivities.swapBack`. */
export async function swapBack(
  options: BackupOptions,
  input: Parameters<BackupActivities['swapBack']>[0],
): Promise<void> {
  const { target, restored, kept } = input;
  const { source } = target;
  const found = await engineOf(options, source);
  await workingAtSource(options, input, async (work) => {
    if (!found.engine.swapBack) throw noSwap(found, source.type);
    work.beat.phase('swap back', 'work');
    await found.engine.swapBack(source, restored, kept, engineContext(work));
  });
}

/** See `BackupActivities.dropRestored`. */
export async function dropRestored(
  options: BackupOptions,
  input: Parameters<BackupActivities['dropRestored']>[0],
): Promise<{ dropped: boolean }> {
  const { target, name } = input;
  const { source } = target;
  const found = await engineOf(options, source);
  return workingAtSource(options, input, async (work) => {
    if (!found.engine.drop) {
      throw backupError('Unsupported', `Belay cannot drop a restored copy of ${source.type}; remove ${name} by hand.`);
    }
    work.beat.phase('drop', 'work');
    return { dropped: await found.engine.drop(source, name, engineContext(work)) };
  });
}
