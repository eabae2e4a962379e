import type { Info } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';

/** Runs an activity function in a context of its own, as a worker would. */
export async function inActivity<I, R>(fn: (input: I) => Promise<R>, input: I, info: Partial<Info> = {}): Promise<R> {
  return environment(info).run(fn, input);
}

/** A context that can be cancelled and whose heartbeats can be seen. */
export function environment(info: Partial<Info> = {}): MockActivityEnvironment {
  const logger = new DefaultLogger('ERROR');
  return new MockActivityEnvironment(
    { heartbeatTimeoutMs: 60_000, scheduledTimestampMs: Date.now(), ...info },
    { logger },
  );
}
