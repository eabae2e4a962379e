import { asyncLocalStorage, Context } from '@temporalio/activity';
import type { Info } from '@temporalio/activity';
import { noopMetricMeter } from '@temporalio/common';

const silent = (): void => undefined;
const logger = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/**
 * Runs read-only activities outside a worker, with a time limit: `doctor` asks the very code that a run will use. Nothing is
 * heartbeated, logged or measured.
 */
export async function outsideWorker<T>(limitMs: number, body: () => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(limitMs);
  const cancelled = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${limitMs / 1_000} s`)), { once: true });
  });
  cancelled.catch(silent);
  // Activities read these few fields; a heartbeat timeout is left out on purpose, so that none is sent.
  const info = { activityId: 'doctor', activityType: 'doctor', attempt: 1, taskToken: new Uint8Array() } as Info;
  const context = new Context(info, cancelled, signal, silent, undefined, logger, noopMetricMeter, {});
  return asyncLocalStorage.run(context, () => Promise.race([body(), cancelled]));
}
