import type { Worker } from '@temporalio/worker';

/** Asks all that still poll to drain; safe to repeat. */
export function drain(workers: readonly Worker[]): void {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
}

/** Why not all of them poll; `undefined` when they do. */
export function notPolling(workers: readonly Worker[]): string | undefined {
  const idle = workers.find((worker) => worker.getState() !== 'RUNNING');
  return idle && `worker of queue ${idle.options.taskQueue} is ${idle.getState()}`;
}

/** Runs them until all have ended. When one fails the others drain too, and its error is thrown. */
export async function runTogether(workers: readonly Worker[]): Promise<void> {
  const running = workers.map((worker) => worker.run());
  try {
    await Promise.all(running);
  } catch (error) {
    drain(workers);
    await Promise.allSettled(running);
    throw error;
  }
}
