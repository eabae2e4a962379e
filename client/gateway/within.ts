/** The result if it comes within so many ms; `late` otherwise, and the work goes on. Rejects if the work fails in time. */
export async function within<T>(work: Promise<T>, ms: number): Promise<{ value: T } | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work.then((value) => ({ value })),
      new Promise<'late'>((resolve) => {
        timer = setTimeout(() => resolve('late'), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
