import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../../../activities/pipeline/types.js';

export const never = new AbortController().signal;

export const sh = (script: string, changes: Partial<Command> = {}): Command => ({
  file: 'sh',
  args: ['-c', script],
  ...changes,
});

/** Process ids of everything that runs with this text in its arguments, zombies left out. */
export async function running(text: string): Promise<number[]> {
  const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found: number[] = [];
  for (const pid of all) {
    const [args, stat] = await Promise.all(
      ['cmdline', 'stat'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
    );
    if (args?.includes(text) && !/\) Z /.test(stat ?? '')) found.push(pid);
  }
  return found;
}

/** Waits until nothing with this text runs any more; gives what is left after `ms`. */
export async function leftAfter(text: string, ms = 10_000): Promise<number[]> {
  const end = Date.now() + ms;
  for (;;) {
    const left = await running(text);
    if (left.length === 0 || Date.now() > end) return left;
    await sleep(50);
  }
}
