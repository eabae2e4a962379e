import { setTimeout as sleep } from 'node:timers/promises';

/** The value; rejects after `ms`. What was asked goes on: only for what may safely happen later, or never. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = async (): Promise<never> => {
    await sleep(ms, undefined, { ref: false });
    throw new Error(`no answer within ${ms / 1_000} s`);
  };
  return Promise.race([work, late()]);
}

/**
 * Waits for both, at most `boundMs`; once one is good the other one has only `graceMs` left, because nobody shall wait for a second copy.
 * Neither may reject. What is late is `late`.
 */
export async function bothOrSoon<T>(
  pair: [Promise<T>, Promise<T>],
  good: (value: T) => boolean,
  times: { graceMs: number; boundMs: number },
  late: T,
): Promise<[T, T]> {
  const waitFor = (one: Promise<T>, other: Promise<T>): Promise<T> => {
    const bound = sleep(times.boundMs, late, { ref: false });
    const grace = other.then((value) => (good(value) ? sleep(times.graceMs, late, { ref: false }) : bound));
    return Promise.race([one, grace, bound]);
  };
  const [first, second] = pair;
  return Promise.all([waitFor(first, second), waitFor(second, first)]);
}
