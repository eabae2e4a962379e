const turns = new Map<string, Promise<void>>();

/**
 * Runs `work` after all earlier work of the same key in this process has ended, however it ended. Two messages of one run that go out
 * at the same instant must not both find the page empty.
 */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(key);
  const mine = before === undefined ? work() : before.then(work);
  const ended = mine.then(
    () => undefined,
    () => undefined,
  );
  turns.set(key, ended);
  try {
    return await mine;
  } finally {
    if (turns.get(key) === ended) turns.delete(key);
  }
}
