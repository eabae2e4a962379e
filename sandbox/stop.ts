import { stopPid } from './kit/process.js';
import { forgetProcess, readProcesses } from './kit/state.js';

const GRACE_MS = 5_000;

/**
 * Stops processes of the sandbox in this folder, the last started first, and returns the names of those that ran.
 * Safe to repeat; a recycled pid is never touched.
 */
export async function stopProcesses(dir: string, which: (name: string) => boolean = () => true): Promise<string[]> {
  const stopped: string[] = [];
  for (const record of (await readProcesses(dir)).toReversed()) {
    if (!which(record.name)) continue;
    if (await stopPid(record.pid, GRACE_MS, record.identity)) stopped.push(record.name);
    await forgetProcess(dir, record.name);
  }
  return stopped;
}
