import { constants } from 'node:fs';
import { access, lstat, open, statfs } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { backupError } from '../backup/errors.js';

/** The system's code of an error, such as `ENOENT`. */
export const codeOf = (error: unknown): string | undefined =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;

/** The typed error for what the file system refused, or the error itself. `what` names the file and what was done with it. */
export function fileFailure(error: unknown, what: string): unknown {
  const code = codeOf(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return backupError(
        'NotFound',
        `${what}: there is nothing (${code}). Correct the path in the system's description.`,
      );
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return backupError('Forbidden', `${what}: ${code}. Give the host worker's user the right to do so.`);
    case 'ENOSPC':
    case 'EDQUOT':
      return backupError('DiskFull', `${what}: the disk is full (${code}). Free space and start again.`);
    case 'EBUSY':
    case 'EXDEV':
      return backupError(
        'Unsupported',
        `${what}: ${code}; it is a mount point, which cannot be renamed. Swap it by hand, or describe a path below it.`,
      );
    default:
      return error;
  }
}

/** Runs a file operation; its failure becomes a typed error. */
export async function onFile<T>(what: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    throw fileFailure(error, what);
  }
}

/** The entry itself, links not followed; undefined when there is none. */
export async function entryAt(path: string): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileFailure(error, `Looking at ${path}`);
  });
}

export async function isWritable(folder: string): Promise<boolean> {
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Bytes that an ordinary user may still write on the file system of `path`. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Makes renames in a folder, or the bytes of a file, survive a power failure. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
