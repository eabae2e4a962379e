import { clear, clearAttempts } from './attempts.js';
import { captured, type Saved } from './capturing.js';
import { backupPrefix } from './keys.js';
import { partBytes, storedForm } from './payload.js';
import { producing } from './producing.js';
import { takeExternal } from './external.js';
import type { Payload } from './engine.js';
import type { BackupActivities, Draft } from './types.js';
import { engineOf, working, type BackupOptions, type Work } from './work.js';

type Input = Parameters<BackupActivities['takeBackup']>[0];

/** See `BackupActivities.takeBackup`. */
export async function takeBackup(options: BackupOptions, input: Input): Promise<Draft> {
  const { target, backupId } = input;
  const found = await engineOf(options, target.source);
  return working(options, input, async (work) => {
    await clearAttempts(work.bucket, target, backupId);
    const prefix = `${backupPrefix(target.system, target.source.name, backupId)}${work.attempt}/`;
    try {
      if (found.external) return await takeExternal(work, found.engine, backupId);
      return await captured(work, found.engine, input, (payload, estimate, signal) =>
        upload(work, payload, prefix, estimate, signal),
      );
    } catch (error) {
      // The failure is what matters; what stays here is removed with the backup by `discardBackup`.
      await clear(work.bucket, prefix).catch(() => undefined);
      throw error;
    }
  });
}

/** Produces one payload straight into the store. */
async function upload(
  work: Work,
  payload: Payload,
  prefix: string,
  estimate: number | undefined,
  signal: AbortSignal,
): Promise<Saved> {
  const { policy } = work.target;
  const { file, ...form } = storedForm(policy, payload.name);
  const { made, plainBytes } = await producing(work, payload, { verb: 'store', signal }, (body) =>
    work.bucket.upload(body, { key: `${prefix}${file}`, partBytes: partBytes(policy, estimate), signal }),
  );
  return { object: { name: payload.name, ...made, ...form }, ...(plainBytes !== undefined && { plainBytes }) };
}
