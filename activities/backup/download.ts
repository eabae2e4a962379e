import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { Bucket } from '../objectstore/types.js';
import { bounded } from '../secrets/index.js';
import { isError } from './classify.js';
import { backupError } from './errors.js';
import type { StoredObject } from './types.js';

export interface Downloading {
  bucket: Bucket;
  signal: AbortSignal;
  onBytes: (bytes: number) => void;
}

/**
 * Reads one stored object to its end, the very version that was written, and hashes it (L2); with `file` it is also written
 * there. Gives what is wrong with it, or undefined. Throws when the store cannot say: a cut connection is no damage.
 */
export async function download(
  { bucket, signal, onBytes }: Downloading,
  object: StoredObject,
  file?: string,
): Promise<string | undefined> {
  const where = bucket.reference(object.key);
  const version = object.versionId === undefined ? '' : ` (version ${object.versionId})`;
  let found: Awaited<ReturnType<Bucket['open']>>;
  try {
    found = await bucket.open(object.key, object.versionId, signal);
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error;
    // A bucket that is not there is another matter, and thrown by this.
    await bucket.head(object.key);
    return `${where}${version} is not there any more`;
  }
  const { body, bytes } = found;
  if (bytes !== object.bytes) {
    body.on('error', () => undefined).destroy();
    return `${where}${version} has ${bytes} bytes instead of ${object.bytes}`;
  }
  const hash = createHash('sha256');
  let received = 0;
  const handle = file === undefined ? undefined : await open(file, 'wx', 0o600);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      hash.update(chunk);
      received += chunk.length;
      onBytes(received);
      await handle?.writeFile(chunk);
    }
  } catch (error) {
    signal.throwIfAborted();
    // Errors of the file system have a path or a system call of their own; they are told by the caller.
    if (error instanceof ApplicationFailure || isWriteError(error)) throw error;
    throw cut(where, received, bytes, error instanceof Error ? error.message : String(error));
  } finally {
    await handle?.close();
  }
  if (received !== bytes) throw cut(where, received, bytes, 'it ended early');
  const sha256 = hash.digest('hex');
  if (sha256 === object.sha256) return undefined;
  return `${where}${version} has other bytes than were stored: SHA-256 ${sha256.slice(0, 16)}… instead of ${object.sha256.slice(0, 16)}…`;
}

const isWriteError = (error: unknown): boolean =>
  ['write', 'open'].includes((error as NodeJS.ErrnoException).syscall ?? '');

function cut(where: string, received: number, bytes: number, why: string): Error {
  return backupError(
    'Unreachable',
    `The connection was cut after ${received} of ${bytes} bytes of ${where}: ${bounded(why)}. The next try reads it again.`,
  );
}
