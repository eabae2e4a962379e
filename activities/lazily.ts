type Functions<T> = { [Name in keyof T]: (input: never) => Promise<unknown> };

/**
 * Activities whose libraries are slow to load: the first call loads them, so that a worker polls long before. `names` lists every
 * function; a missing or surplus one does not compile.
 */
export function lazily<T extends Functions<T>>(names: Record<keyof T, true>, load: () => Promise<T>): T {
  let loading: Promise<T> | undefined;
  const loaded = (): Promise<T> => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  const entries = Object.keys(names).map((name) => [
    name,
    async (input: never) => (await loaded())[name as keyof T](input),
  ]);
  return Object.fromEntries(entries) as T;
}
