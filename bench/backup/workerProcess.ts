import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackupPlace } from './place.js';
import type { Answer, Call, Measured, ResultOf } from './types.js';

/** How long cancelled work has to end its programs and its server. */
const GRACE_MS = 30_000;
const KEPT = 4_096;

type Results<T extends readonly Call[]> = { [Index in keyof T]: Measured<ResultOf<T[Index]>> };

/**
 * Runs calls one after the other in a Node process of their own, so that memory and CPU are of nothing else. Throws what the first
 * failing call says, or that the process died or took longer than `place.limitMs`; it has ended then.
 */
export async function inWorker<const T extends readonly Call[]>(place: BackupPlace, calls: T): Promise<Results<T>> {
  const file = join(dirname(fileURLToPath(import.meta.url)), 'child.js');
  const child = fork(file, { env: place.workerEnv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-KEPT)));
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the worker process ended with ${String(code ?? signal)}: ${words.trim()}`);
  });
  ended.catch(() => undefined);
  const limit = AbortSignal.timeout(place.limitMs);
  const cut = AbortSignal.any([place.signal, limit]);
  try {
    const results: Measured<unknown>[] = [];
    for (const call of calls) {
      cut.throwIfAborted();
      results.push(await Promise.race([ask(child, call), ended, aborted(cut, limit, call.name)]));
    }
    // One result per call, in their order.
    return results as Results<T>;
  } finally {
    await end(child);
  }
}

async function ask(child: ChildProcess, call: Call): Promise<Measured<unknown>> {
  const reply = once(child, 'message') as Promise<[Answer]>;
  child.send(call);
  const [answer] = await reply;
  if ('failed' in answer) throw new Error(`${call.name}: ${answer.failed}`);
  return answer.measured;
}

async function aborted(signal: AbortSignal, limit: AbortSignal, what: string): Promise<never> {
  await once(signal, 'abort');
  throw limit.aborted ? new Error(`${what} took too long`) : (signal.reason as Error);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  const kill = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  child.kill('SIGTERM');
  if (child.connected) child.disconnect();
  await gone;
  clearTimeout(kill);
}
