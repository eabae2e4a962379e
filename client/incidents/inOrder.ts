/**
 * Runs work of one key after the other, work of different keys side by side. A resolve that waits for nothing could overtake the opening of its own
 * incident. Keys are forgotten when nothing of theirs is under way.
 */
export class InOrder {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Result or error of `work`, once what was asked before under this key has ended, however it ended. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.tails.set(key, mine);
    const forget = (): void => {
      if (this.tails.get(key) === mine) this.tails.delete(key);
    };
    mine.then(forget, forget);
    return mine;
  }

  /** Keys with work under way. */
  get size(): number {
    return this.tails.size;
  }
}

/**
 * `work` for every item, at most `limit` at once. After the first failure nothing more is begun; what is under way ends, then the failure is thrown.
 * Results are in the items' order.
 */
export async function atMost<T, R>(limit: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (failures.length === 0) {
      const index = next++;
      const item = items[index];
      if (index >= items.length || item === undefined) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  if (failures.length > 0) throw failures[0];
  return results;
}
