import { download } from './download.js';
import { backupError } from './errors.js';
import type { BackupActivities } from './types.js';
import { working, type BackupOptions } from './work.js';

/** See `BackupActivities.readBack`. */
export async function readBack(
  options: BackupOptions,
  input: Parameters<BackupActivities['readBack']>[0],
): Promise<{ bytes: number; tookMs: number }> {
  return working(options, input, async ({ bucket, beat }) => {
    const start = performance.now();
    const problems: string[] = [];
    for (const object of input.draft.objects) {
      beat.phase(`read back ${object.name}`, 'bytes');
      const problem = await download({ bucket, signal: beat.signal, onBytes: beat.moved }, object);
      if (problem !== undefined) problems.push(problem);
    }
    if (problems.length > 0) {
      throw backupError(
        'Damaged',
        `What the store holds is not what was sent: ${problems.join('; ')}. Nothing was published.`,
      );
    }
    const bytes = input.draft.objects.reduce((sum, object) => sum + object.bytes, 0);
    return { bytes, tookMs: Math.round(performance.now() - start) };
  });
}
