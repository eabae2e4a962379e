import { Context } from '@temporalio/activity';

/**
 * Runs `work` and heartbeats every `everyMs` while it runs, so that the server sees a living activity and can deliver a cancellation.
 * Does nothing but run it when the activity was scheduled without a heartbeat timeout (the SDK forbids heartbeats then).
 */
export async function heartbeating<T>(work: () => Promise<T>, details?: () => unknown, everyMs = 2_000): Promise<T> {
  const context = Context.current();
  if (context.info.heartbeatTimeoutMs === undefined) return work();
  const beat = () => context.heartbeat(details?.());
  beat();
  const timer = setInterval(beat, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Throws the activity's CancelledFailure if it was asked to cancel; otherwise returns at once. */
export async function throwIfCancelled(): Promise<void> {
  const context = Context.current();
  if (context.cancellationSignal.aborted) await context.cancelled;
}
