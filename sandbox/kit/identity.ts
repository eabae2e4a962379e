import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';

const onLinux = process.platform === 'linux';

/**
 * A token that tells this process from every other that has had or will have the same pid: boot and start time.
 * `undefined` when there is no such process (a zombie counts as none: it has ended and waits for its parent).
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (!onLinux) return processIdentityFromPs(pid);
  try {
    const stat = fieldsOf(await readFile(`/proc/${pid}/stat`, 'utf8'));
    if (stat.state === 'Z' || stat.state === 'X') return undefined;
    return `${await bootId()}/${stat.startTicks}`;
  } catch {
    return undefined;
  }
}

/** Pids of the living members of a process group. */
export async function groupMembers(group: number): Promise<number[]> {
  const members: number[] = [];
  if (onLinux) {
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      const stat = await readFile(`/proc/${entry}/stat`, 'utf8').then(fieldsOf, () => undefined);
      if (stat?.group === group && stat.state !== 'Z' && stat.state !== 'X') members.push(Number(entry));
    }
    return members;
  }
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,pgid=,stat=']);
  for (const line of stdout.split('\n')) {
    const [pid, pgid, state] = line.trim().split(/\s+/);
    if (Number(pgid) === group && !state?.startsWith('Z')) members.push(Number(pid));
  }
  return members;
}

// proc(5): the second field is the program's name in parentheses and may itself hold blanks and parentheses.
function fieldsOf(stat: string): { state: string; group: number; startTicks: string } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), startTicks: fields[19] ?? '' };
}

let boot: Promise<string> | undefined;
function bootId(): Promise<string> {
  boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => 'boot',
  );
  return boot;
}

async function processIdentityFromPs(pid: number): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]);
    const [state, ...start] = stdout.trim().split(/\s+/);
    return !state || state.startsWith('Z') ? undefined : start.join(' ');
  } catch {
    return undefined;
  }
}
