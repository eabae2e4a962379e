import { statfs } from 'node:fs/promises';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { bounded } from '../secrets/index.js';
import { backupError, backupErrors, type BackupErrorType } from './errors.js';

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const CLOSED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Bytes that the worker's user may still write below a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** `1.5 GB`, powers of ten. */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes < 1_000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${Math.round((bytes / 10 ** (3 * power)) * 10) / 10} ${units[power]}`;
}

/** Whether the error is a typed one of this kind. */
export function isError(error: unknown, ...types: BackupErrorType[]): boolean {
  return error instanceof ApplicationFailure && types.some((type) => type === error.type);
}

/**
 * The error as a typed failure. Errors of the file system get their type from their code; `folder` is where scratch files lie, for
 * the numbers of a full disk. What is typed already stays; anything else stays too, redacted, and counts as retryable.
 */
export async function classified(error: unknown, folder: string): Promise<unknown> {
  if (error instanceof TemporalFailure) return error;
  const { code, path, message } = error as NodeJS.ErrnoException;
  const what = bounded(message ?? String(error));
  if (code !== undefined && FULL.has(code)) {
    const free = await freeBytes(folder).then(sizeText, () => 'an unknown number of bytes');
    const where = path ?? folder;
    return backupError(
      'DiskFull',
      `The disk is full: ${what}. ${where} has ${free} free; free more, or set BELAY_SCRATCH to a larger disk.`,
    );
  }
  if (code !== undefined && CLOSED.has(code) && path !== undefined) {
    return backupError('Forbidden', `${path} cannot be used (${code}); give it to the worker's user.`);
  }
  if (code === 'ENOENT' && path !== undefined) return backupError('NotFound', `${path} does not exist.`);
  return ApplicationFailure.create({ type: 'Unexpected', message: what });
}

/** Types that say that nothing can be said: the store, the disk, a program or a person stood in the way, not the backup. */
const SURROUNDINGS = new Set<BackupErrorType>(
  (Object.keys(backupErrors) as BackupErrorType[]).filter(
    (type) => !['Damaged', 'RestoreError', 'ProducerFailed', 'TooSmall'].includes(type),
  ),
);

/** Whether an error came from the surroundings of a verification, not from the backup that it looked at. */
export function isSurroundings(error: unknown): boolean {
  if (!(error instanceof ApplicationFailure)) return true;
  return (
    error.type === undefined ||
    error.type === null ||
    !(error.type in backupErrors) ||
    SURROUNDINGS.has(error.type as BackupErrorType)
  );
}
