import { stat } from 'node:fs/promises';

const LOOK_MS = 1_000;

/** Reports progress whenever the file has grown, once a second at most, while `work` runs. */
export async function whileGrowing<T>(
  file: string,
  progress: (what: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  let before = 0;
  const timer = setInterval(() => {
    stat(file).then(
      ({ size }) => {
        if (size > before) progress(`${size} bytes`);
        before = size;
      },
      () => undefined,
    );
  }, LOOK_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
