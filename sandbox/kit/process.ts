import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { groupMembers, processIdentity } from './identity.js';
import { interruption } from './interrupt.js';
import { writeJson } from './json.js';
import { messageOf, tail } from './text.js';
import type { ProcessRecord } from './types.js';

/** End of the name of a process record under `dir/run/`; that folder holds other files too. */
export const PROCESS_RECORD = '.pid.json';

export interface StartOptions {
  /** Name in messages, of the log (`dir/logs/<name>.log`) and of the record (`dir/run/<name>.pid.json`). */
  name: string;
  file: string;
  args: readonly string[];
  /** The sandbox's folder. */
  dir: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

/** A process that this sandbox has started. */
export interface StartedProcess {
  name: string;
  pid: number;
  /** File with its standard output and standard error. */
  log: string;
  /** How it ended, e.g. `exit code 1`; `undefined` while it runs. */
  ended(): string | undefined;
}

/** Starts a program that outlives this command. Its record lets `belay sandbox down` find it even if we are killed now. */
export async function startDetached(options: StartOptions): Promise<StartedProcess> {
  const { name, dir } = options;
  await mkdir(join(dir, 'logs'), { recursive: true });
  const log = join(dir, 'logs', `${name}.log`);
  const output = await open(log, 'w', 0o600);
  let ended: string | undefined;
  try {
    const child = spawn(options.file, options.args, {
      cwd: options.cwd ?? dir,
      env: { ...process.env, ...options.env },
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
    child.once('exit', (code, signal) => (ended = code === null ? `signal ${signal}` : `exit code ${code}`));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new Error(`${name} cannot be started: ${error.message}`, { cause: error })),
      );
    });
    child.unref();
    if (child.pid === undefined) throw new Error(`${name} cannot be started: no process id`);
    await recordProcess(dir, name, child.pid);
    return { name, pid: child.pid, log, ended: () => ended };
  } finally {
    await output.close();
  }
}

/** Notes a process of the sandbox under `dir/run/`, together with what tells it from a later one with the same pid. */
export async function recordProcess(dir: string, name: string, pid: number): Promise<void> {
  const identity = (await processIdentity(pid)) ?? 'ended';
  const record: ProcessRecord = { name, pid, identity, startedAt: new Date().toISOString() };
  await writeJson(join(dir, 'run', `${name}${PROCESS_RECORD}`), record);
}

/**
 * Waits until `probe` no longer throws. Fails with the end of the log as soon as the process has died, or when the time
 * is up (then also with the probe's last error).
 */
export async function waitReady(started: StartedProcess, probe: () => Promise<void>, timeoutMs: number): Promise<void> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    let reason: string;
    try {
      // A probe that hangs must not outlast the time either.
      await Promise.race([
        probe(),
        sleep(Math.max(1, end - Date.now()), undefined, { ref: false }).then(() => {
          throw new Error('no answer in time');
        }),
      ]);
      if (started.ended() === undefined) return;
      reason = 'another process answered in its place';
    } catch (error) {
      reason = messageOf(error);
    }
    interruption.throwIfAborted();
    const ended = started.ended();
    const late = Date.now() >= end;
    if (ended !== undefined || late) {
      const what =
        ended === undefined ? `was not ready within ${timeoutMs / 1000} s (${reason})` : `ended with ${ended}`;
      const log = await readFile(started.log, 'utf8').catch(() => '');
      throw new Error(`${started.name} ${what}. End of ${started.log}:\n${tail(log, 15)}`);
    }
    await sleep(50);
  }
}

/**
 * Ends a process and its group: SIGTERM, after `graceMs` SIGKILL. Does nothing when the process has ended, or when
 * `identity` is given and the pid now belongs to another process. Returns whether it was running. Safe to repeat.
 */
export async function stopPid(pid: number, graceMs: number, identity?: string): Promise<boolean> {
  const present = await processIdentity(pid);
  if (present === undefined || (identity !== undefined && present !== identity)) return false;
  // Only a group leader's group is ours to end; otherwise the pid may sit in the group of whoever started it.
  const members = await groupMembers(pid);
  const target = members.includes(pid) ? -pid : pid;
  const isGone = async (): Promise<boolean> => {
    const now = await processIdentity(pid);
    if (now === present) return false;
    return target === pid || now !== undefined || (await groupMembers(pid)).length === 0;
  };
  for (const [signal, waitMs] of [
    ['SIGTERM', graceMs],
    ['SIGKILL', 10_000],
  ] as const) {
    send(target, signal);
    const end = Date.now() + waitMs;
    do {
      if (await isGone()) return true;
      await sleep(25);
    } while (Date.now() < end);
  }
  throw new Error(`Process ${pid} could not be ended; it may hang in the kernel. End it by hand (kill -9 ${pid}).`);
}

function send(target: number, signal: NodeJS.Signals): void {
  try {
    process.kill(target, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
