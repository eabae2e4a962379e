import { spawn } from 'node:child_process';
import { interruption } from './interrupt.js';
import { tail } from './text.js';

const KEPT = 64 * 1024;

export interface CommandOptions {
  cwd?: string;
  /** The whole environment of the command; default: this process's. */
  env?: NodeJS.ProcessEnv;
  /** After this many milliseconds the command and its children are killed. */
  timeoutMs: number;
}

/**
 * Runs a command to its end and returns what it printed (the last 64 KiB of standard output and of standard error).
 * Throws with the last lines of its output when it cannot be started, exits with another code than 0, or takes too long.
 */
export async function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<{ stdout: string; stderr: string }> {
  interruption.throwIfAborted();
  // A process group of its own, so that a time-out also ends the compilers that `go build` has started.
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(-KEPT)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-KEPT)));

  let late = false;
  const killGroup = (): void => {
    try {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself in this moment.
    }
  };
  const timer = setTimeout(() => {
    late = true;
    killGroup();
  }, options.timeoutMs);
  process.once('exit', killGroup);
  interruption.addEventListener('abort', killGroup);
  try {
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve(status ?? signal ?? 'unknown'));
    });
    interruption.throwIfAborted();
    if (code === 0) return { stdout, stderr };
    const what = late ? `took longer than ${Math.round(options.timeoutMs / 1000)} s` : `ended with ${code}`;
    throw new Error(`${file} ${args.slice(0, 3).join(' ')} ${what}:\n${tail(stderr || stdout, 15)}`);
  } finally {
    clearTimeout(timer);
    process.off('exit', killGroup);
    interruption.removeEventListener('abort', killGroup);
  }
}
