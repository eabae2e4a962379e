/** Longest wait for an outside source of a rota: its secret and its answer together. */
export const SOURCE_MS = 10_000;

/** What `work` gives, or a rejection after `ms` milliseconds; `work` itself is not stopped. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1_000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
