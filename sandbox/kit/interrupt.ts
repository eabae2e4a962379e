const control = new AbortController();
let depth = 0;

/** Aborted by the first Ctrl-C or SIGTERM during `interruptible` work. */
export const interruption: AbortSignal = control.signal;

/**
 * Runs work that must not be cut off in the middle: the first Ctrl-C makes its waits and commands fail, so that it
 * cleans up after itself and rejects; the second one ends this process at once.
 */
export async function interruptible<T>(work: () => Promise<T>): Promise<T> {
  if (depth++ === 0) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  try {
    return await work();
  } finally {
    if (--depth === 0) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
  }
}

function interrupt(): void {
  if (interruption.aborted) process.exit(130);
  control.abort(new Error('interrupted'));
}
