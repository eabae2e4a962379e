import { setTimeout as sleep } from 'node:timers/promises';

const WAIT_MS = 30_000;

/** Asks again until it is so; fails after half a minute. For views that follow with a delay. */
export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + WAIT_MS;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await sleep(200);
  }
}
