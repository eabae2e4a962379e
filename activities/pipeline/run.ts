import { once } from 'node:events';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../backup/errors.js';
import { failureOf } from './failure.js';
import { findProgram } from './programs.js';
import { endStages, openInput, spawnStage, type Stage } from './stage.js';
import type { CommandEnd, RunCommand } from './types.js';

const MAX_BYTES = 1024 * 1024;
const GRACE_MS = 5_000;
const QUIET_MS = 300;

/** Waits for the end of an ended program's output, or until nothing more comes: a daemon that it started may hold the pipe open. */
async function readToEnd(output: Readable, bytes: () => number): Promise<void> {
  let before = -1;
  while (!output.closed && before !== bytes()) {
    before = bytes();
    await Promise.race([once(output, 'close'), sleep(QUIET_MS)]);
    // The timer may be late because this process was busy: then the bytes are read only now.
    await immediate();
  }
}

/**
 * Runs one program to its end. Rejects with `ProducerFailed` (its end is the first detail: `endsOf`) when it exits with another
 * code than those of `okCodes` or prints more than `maxBytes`, with `Stalled` when it takes longer than `timeoutMs`, with
 * `MissingProgram` when it is not there, and with the signal's reason when that aborts. Then nothing of it runs any more.
 */
export const runCommand: RunCommand = async (command, options) => {
  const { signal, timeoutMs, maxBytes = MAX_BYTES, okCodes = [0] } = options;
  const file = await findProgram(command.file);
  const input = await openInput(command);
  let stage: Stage;
  try {
    signal.throwIfAborted();
    stage = await spawnStage({ file }, command, input?.fd ?? 'ignore');
  } finally {
    // Not awaited: Node lets the output of a child that has exited run off when nobody listens to it yet.
    void input?.close().catch(() => undefined);
  }

  const running = stage;
  let stopped: { reason: unknown } | undefined;
  const stop = (reason: unknown): void => {
    stopped ??= { reason };
    void endStages([running], GRACE_MS);
  };
  const chunks: Buffer[] = [];
  let bytes = 0;
  running.output.on('error', () => undefined);
  running.output.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    // What is cut off would be taken for the whole.
    else stop(backupError('ProducerFailed', `${basename(file)} printed more than ${maxBytes} bytes; it was ended.`));
  });
  const abort = (): void => stop(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          const seconds = Math.round(timeoutMs / 100) / 10;
          stop(backupError('Stalled', `${basename(file)} took longer than ${seconds} s; it was ended.`));
        }, timeoutMs);
  let end: CommandEnd;
  try {
    end = await running.ended;
    await readToEnd(running.output, () => bytes);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    running.output.destroy();
  }
  if (stopped !== undefined) {
    await endStages([running], 0);
    throw stopped.reason;
  }
  if (end.code === null || !okCodes.includes(end.code)) {
    await endStages([running], 0);
    throw failureOf(end, [end]);
  }
  return { stdout: Buffer.concat(chunks).toString('utf8'), stderr: end.stderr, code: end.code };
};
