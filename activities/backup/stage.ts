import { createHash } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ensureScratchRoot } from '../throwaway/index.js';
import { clearAttempts } from './attempts.js';
import { captured, type Saved } from './capturing.js';
import { freeBytes, sizeText } from './classify.js';
import type { Payload } from './engine.js';
import { backupError } from './errors.js';
import { backupPrefix } from './keys.js';
import { partBytes, storedForm } from './payload.js';
import { producing } from './producing.js';
import type { BackupActivities, Draft, Staged, StoredObject } from './types.js';
import { ownEngine, typed, working, type BackupOptions, type Work } from './work.js';

/** Below it lie the staged backups of a worker, one folder each. */
export const stagedRoot = (scratchRoot: string): string => path.join(scratchRoot, 'staged');

/** See `BackupActivities.stageBackup`. */
export async function stageBackup(
  options: BackupOptions,
  input: Parameters<BackupActivities['stageBackup']>[0],
): Promise<Staged> {
  const { target, backupId } = input;
  const engine = await ownEngine(options, target.source);
  return working(options, input, async (work) => {
    await clearAttempts(work.bucket, target, backupId);
    await ensureScratchRoot(options.scratchRoot);
    const all = path.join(stagedRoot(options.scratchRoot), backupId);
    // What an earlier attempt staged is of another snapshot.
    await rm(all, { recursive: true, force: true });
    const dir = path.join(all, work.attempt);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const prefix = `${backupPrefix(target.system, target.source.name, backupId)}${work.attempt}/`;
    try {
      const draft = await captured(
        work,
        engine,
        input,
        (payload, _estimate, signal) => stagePayload(work, payload, dir, prefix, signal),
        ({ estimatedBytes }) => refuseNarrow(dir, estimatedBytes),
      );
      await syncFolder(dir);
      return { queue: options.hostQueue, dir, draft };
    } catch (error) {
      await rm(all, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
  });
}

/** Throws `DiskFull` when the estimate does not fit. Compression would help, but nobody knows by how much. */
async function refuseNarrow(dir: string, estimatedBytes: number | undefined): Promise<void> {
  const free = await freeBytes(dir);
  if (estimatedBytes === undefined || free >= estimatedBytes) return;
  throw backupError(
    'DiskFull',
    `${dir} has ${sizeText(free)} free, the source has about ${sizeText(estimatedBytes)}: free more, set BELAY_SCRATCH to a larger disk, ` +
      "or use shape 'stream'.",
  );
}

async function stagePayload(
  work: Work,
  payload: Payload,
  dir: string,
  prefix: string,
  signal: AbortSignal,
): Promise<Saved> {
  const { policy } = work.target;
  const { file, ...form } = storedForm(policy, payload.name);
  const { made, plainBytes } = await producing(work, payload, { verb: 'stage', signal }, (body) =>
    writeSynced(body, path.join(dir, file), signal),
  );
  const object = { name: payload.name, key: `${prefix}${file}`, ...made, partBytes: partBytes(policy, made.bytes) };
  return { object: { ...object, ...form }, ...(plainBytes !== undefined && { plainBytes }) };
}

/** Writes a stream to a new file, and has the disk confirm it. */
async function writeSynced(
  body: Readable,
  file: string,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const handle = await open(file, 'wx', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const write = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        await handle.writeFile(chunk);
      }
    };
    await pipeline(body, write, { signal });
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** See `BackupActivities.uploadStaged`. */
export async function uploadStaged(
  options: BackupOptions,
  input: Parameters<BackupActivities['uploadStaged']>[0],
): Promise<Draft> {
  const { draft, dir } = input.staged;
  return working(options, input, async (work) => {
    const objects: StoredObject[] = [];
    for (const object of draft.objects) {
      // The store bounds its own silence, and a part may take long on a slow line.
      work.beat.phase(`upload ${object.name}`, 'work');
      objects.push(await uploadOne(work, object, path.join(dir, path.posix.basename(object.key))));
    }
    return { ...draft, objects };
  });
}

async function uploadOne(work: Work, object: StoredObject, file: string): Promise<StoredObject> {
  const { bucket, beat } = work;
  const { name, key, compression, encryption, sha256, partBytes: part } = object;
  const size = (await stat(file)).size;
  const there = await bucket.head(key);
  // An earlier attempt finished this one. Its bytes are checked when all of the backup is read back.
  if (there?.bytes === size) {
    const { versionId, lockedUntil } = there;
    return {
      ...object,
      ...(versionId !== undefined && { versionId }),
      ...(lockedUntil !== undefined && { lockedUntil }),
    };
  }
  const { sentBytes: _sent, ...stored } = await bucket.uploadFile(file, sha256, {
    key,
    partBytes: part,
    signal: beat.signal,
    progress: beat.moved,
  });
  return { name, ...stored, compression, encryption };
}

/** See `BackupActivities.discardStaged`. */
export async function discardStaged(
  options: BackupOptions,
  { staged }: Parameters<BackupActivities['discardStaged']>[0],
): Promise<void> {
  const root = stagedRoot(path.resolve(options.scratchRoot));
  const folder = path.dirname(path.resolve(staged.dir));
  if (path.dirname(folder) !== root) {
    throw backupError('NotOurs', `${staged.dir} is no folder of staged files of this worker; nothing was removed.`);
  }
  await typed(options, () => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
}
