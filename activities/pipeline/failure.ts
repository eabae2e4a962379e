import { ApplicationFailure } from '@temporalio/common';
import { basename } from 'node:path';
import { backupError } from '../backup/errors.js';
import type { CommandEnd } from './types.js';

/** Whether a program did what was asked of it. */
export const succeeded = (end: CommandEnd): boolean => end.code === 0;

// A reader that goes with bytes unread resets the connection between them.
const brokenPipe = (end: CommandEnd): boolean =>
  end.signal === 'SIGPIPE' || /broken pipe|EPIPE|connection reset|ECONNRESET/i.test(end.stderr);

/** `pg_dump exited with 1`, `zstd was ended by SIGKILL`. */
function howItEnded(end: CommandEnd): string {
  const name = basename(end.file);
  return end.signal === null ? `${name} exited with ${end.code}` : `${name} was ended by ${end.signal}`;
}

/**
 * The failed program that is to blame: the first in the order of the pipe, but one that only found its reader gone comes after
 * the one that went. `undefined` when all succeeded.
 */
export function culprit(ends: readonly CommandEnd[]): CommandEnd | undefined {
  const failed = ends.filter((end) => !succeeded(end));
  return failed.find((end) => !brokenPipe(end)) ?? failed[0];
}

/** The typed error of a program that failed, with the ends of all programs of its pipe as first detail. */
export function failureOf(end: CommandEnd, ends: readonly CommandEnd[]): ApplicationFailure {
  const said = end.stderr === '' ? 'It printed no error.' : `It printed: ${end.stderr}`;
  if (/no space left on device|disk quota exceeded/i.test(end.stderr)) {
    return backupError('DiskFull', `${howItEnded(end)}: the disk is full. Free space and start again. ${said}`, ends);
  }
  const killed =
    end.signal === 'SIGKILL'
      ? ' The system may have run out of memory (see its kernel log), or someone killed it.'
      : '';
  return backupError('ProducerFailed', `${howItEnded(end)}.${killed} ${said}`, ends);
}

/** How the programs of a failed pipe or command ended, for engines that know better what went wrong; empty when it is another error. */
export function endsOf(error: unknown): CommandEnd[] {
  const first: unknown = error instanceof ApplicationFailure ? error.details?.[0] : undefined;
  return Array.isArray(first) ? first.filter(isEnd) : [];
}

function isEnd(value: unknown): value is CommandEnd {
  return typeof value === 'object' && value !== null && 'file' in value && 'code' in value && 'stderr' in value;
}
