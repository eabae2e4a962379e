import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

/** CPU seconds that all processes of the machine have used since it started. */
export function machineCpuSeconds(): number {
  const busy = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return busy / 1_000;
}

/** Below this many cores used by others, a machine counts as otherwise idle: a sandbox at rest needs about 0.2. */
export const IDLE_CORES = 0.5;

const LOOK_MS = 500;

/** Cores in use over half a second. */
async function coresInUse(): Promise<number> {
  const [before, from] = [machineCpuSeconds(), performance.now()];
  await sleep(LOOK_MS);
  return (machineCpuSeconds() - before) / ((performance.now() - from) / 1_000);
}

/** Waits until the machine is idle, `maxMs` at most. */
export async function untilCalm(maxMs: number): Promise<void> {
  const until = Date.now() + maxMs;
  while ((await coresInUse()) > IDLE_CORES && Date.now() < until) await sleep(LOOK_MS);
}
