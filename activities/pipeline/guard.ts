import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Kills the process groups of the last line that it has read, as soon as its standard input ends: that is, when this
 * process is gone, however it went.
 */
const SCRIPT =
  'groups=; while read -r line; do groups=$line; done; for group in $groups; do kill -s KILL -- "-$group"; done';

const groups = new Set<number>();
let guard: ChildProcess | undefined;

/** The guard of this process: one for all pipelines, started with the first. It holds up neither the loop nor the exit. */
function startGuard(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  const forget = (): void => {
    if (guard === child) guard = undefined;
  };
  // Without a shell nothing watches; a pipeline still breaks at the next byte that it writes.
  child.once('error', forget);
  child.once('exit', forget);
  child.stdin?.on('error', forget);
  child.unref();
  if (child.stdin && 'unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}

function tell(): void {
  if (groups.size > 0) guard ??= startGuard();
  // All that run now; a group that has ended is left out, because its number may be given to another.
  guard?.stdin?.write(`${[...groups].join(' ')}\n`);
}

/** Has the process group of this leader killed when this process dies, also by SIGKILL. */
export function watchGroup(pid: number): void {
  groups.add(pid);
  tell();
}

/** The leader has ended: nothing of it is killed any more. */
export function forgetGroup(pid: number): void {
  if (groups.delete(pid)) tell();
}
