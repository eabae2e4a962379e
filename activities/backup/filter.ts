import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { findProgram } from '../pipeline/programs.js';
import type { Command } from '../pipeline/types.js';
import { bounded } from '../secrets/index.js';
import { backupError } from './errors.js';

/** Most bytes that are held in memory for one payload. */
export const MAX_MEMORY = 512 * 1024 * 1024;

/**
 * Passes bytes through one program without a file: what goes in may be secret and must not touch a disk. Throws `ProducerFailed`
 * unless it exits with 0, and the signal's reason when aborted.
 */
export async function filterBytes(command: Command, input: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  signal.throwIfAborted();
  const file = await findProgram(command.file);
  const child = spawn(file, command.args, { stdio: ['pipe', 'pipe', 'pipe'], env: { LANG: 'C', TZ: 'UTC' } });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill);
  const output: Buffer[] = [];
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4_096)));
  // A program that ends before it has read all says why by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    signal.throwIfAborted();
    if (code !== 0) throw backupError('ProducerFailed', `${basename(file)} exited with ${code}. ${bounded(said)}`);
    return Buffer.concat(output);
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}
