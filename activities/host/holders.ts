import { readdir, readlink, realpath } from 'node:fs/promises';
import { sep } from 'node:path';
import { backupError } from '../backup/errors.js';

/**
 * Pids of other processes that have this file, or anything below this folder, open or as working folder. Only as far as the system
 * lets us see: on Linux, processes of other users only for root; elsewhere none.
 */
export async function holdersOf(path: string): Promise<number[]> {
  const real = await realpath(path).catch(() => path);
  const pids = await readdir('/proc').catch(() => []);
  const holders: number[] = [];
  for (const pid of pids.map(Number).filter((one) => Number.isInteger(one) && one !== process.pid)) {
    const links = [`/proc/${pid}/cwd`];
    const open = await readdir(`/proc/${pid}/fd`).catch(() => []);
    links.push(...open.map((fd) => `/proc/${pid}/fd/${fd}`));
    for (const link of links) {
      const target = await readlink(link).catch(() => '');
      if (target !== real && !target.startsWith(real + sep)) continue;
      holders.push(pid);
      break;
    }
  }
  return holders;
}

/** Throws `InUse` when another process has it open: after a rename it would go on writing to the old data. */
export async function refuseHolders(path: string): Promise<void> {
  const holders = await holdersOf(path);
  if (holders.length === 0) return;
  const named = holders.slice(0, 5).join(', ');
  throw backupError(
    'InUse',
    `${path} is open in the processes ${named}; stop what uses it (see the source's consumers).`,
  );
}
