import { backupError } from './errors.js';
import { eventText } from './events.js';
import { backupPrefix, eventName, manifestKey } from './keys.js';
import { usingBucket } from './stores.js';
import type { BackupActivities } from './types.js';
import { typed, type BackupOptions } from './work.js';

/** See `BackupActivities.recordBackupEvent`. Throws `NotFound` when the backup is not published: an event says something of one. */
export async function recordBackupEvent(
  options: BackupOptions,
  { target, backupId, event }: Parameters<BackupActivities['recordBackupEvent']>[0],
): Promise<void> {
  const { system, source, policy } = target;
  await typed(options, () =>
    usingBucket(options.secrets, policy.store, async (bucket) => {
      const manifest = manifestKey(system, source.name, backupId);
      if ((await bucket.head(manifest)) === undefined) {
        throw backupError(
          'NotFound',
          `${bucket.reference(manifest)} does not exist: there is no such published backup.`,
        );
      }
      const key = `${backupPrefix(system, source.name, backupId)}${eventName(event)}`;
      // Taken: by an earlier try of this same event.
      await bucket.create(key, eventText(event), 'application/json');
    }),
  );
}
