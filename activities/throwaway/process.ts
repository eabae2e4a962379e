import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A process that cannot be mistaken for a later one with its pid. */
export interface ProcessMark {
  pid: number;
  /** Boot and start time, as the system tells them. */
  identity: string;
}

const STOP_MS = 10_000;
const POLL_MS = 50;

/** The mark of a living process; undefined when there is none (a zombie has ended and counts as none). */
export async function markProcess(pid: number): Promise<ProcessMark | undefined> {
  const identity = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  return identity === undefined ? undefined : { pid, identity };
}

/** Whether the very process that was marked still runs. */
export async function isAlive(mark: ProcessMark): Promise<boolean> {
  return (await markProcess(mark.pid))?.identity === mark.identity;
}

/**
 * Ends the marked process: SIGINT (a fast, clean shutdown for PostgreSQL, Redis and MongoDB alike), SIGKILL after 10 s. A process
 * that merely has its pid is left alone. Resolves when it is gone, or 2 s after SIGKILL.
 */
export async function endProcess(mark: ProcessMark, graceMs = STOP_MS): Promise<void> {
  for (const [signal, ms] of [
    ['SIGINT', graceMs],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!(await isAlive(mark))) return;
    try {
      process.kill(mark.pid, signal);
    } catch {
      return;
    }
    const until = Date.now() + ms;
    while (Date.now() < until && (await isAlive(mark))) await sleep(POLL_MS);
  }
}

let boot: Promise<string> | undefined;

async function fromProc(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the second field is the program's name in parentheses and may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
      (text) => text.trim(),
      () => 'boot',
    );
    return `${await boot}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

async function fromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state, ...start] = stdout.trim().split(/\s+/);
    return !state || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}
