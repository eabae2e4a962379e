import { spawn } from 'node:child_process';
import { machineCpuSeconds } from '../kit/calm.js';
import type { BackupPlace } from './place.js';
import type { Run } from './types.js';

const KEPT = 4_096;

/**
 * Runs a program and measures it. It gets a process group of its own, which is killed after `place.limitMs` and on interruption.
 * Throws with the end of what it printed unless it ends with 0.
 */
export async function timed(
  place: Pick<BackupPlace, 'limitMs' | 'signal'>,
  command: readonly string[],
  env: Record<string, string>,
): Promise<Run> {
  place.signal.throwIfAborted();
  const [file = '', ...args] = command;
  const [cpu, from] = [machineCpuSeconds(), performance.now()];
  const child = spawn(file, args, { cwd: '/', env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-KEPT)));
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  };
  const timer = setTimeout(kill, place.limitMs);
  process.once('exit', kill);
  place.signal.addEventListener('abort', kill);
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (status, signal) => resolve(status ?? signal ?? 'unknown'));
    });
    const seconds = (performance.now() - from) / 1_000;
    place.signal.throwIfAborted();
    if (code !== 0) throw new Error(`${file} ended with ${code} after ${seconds.toFixed(0)} s: ${words.trim()}`);
    return { seconds, machineCpuSeconds: machineCpuSeconds() - cpu };
  } finally {
    clearTimeout(timer);
    process.off('exit', kill);
    place.signal.removeEventListener('abort', kill);
  }
}
