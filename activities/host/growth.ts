import { stat } from 'node:fs/promises';

const LOOK_MS = 1_000;
const TELL_MS = 5_000;

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

/**
 * Reports progress every few seconds while one call works that cannot tell how far it is: a check or a digest of everything. It must have
 * an end of its own.
 */
export async function whileAlive<T>(
  what: string,
  progress: (what: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const begun = performance.now();
  const timer = setInterval(() => progress(`${what}, ${Math.round((performance.now() - begun) / 1_000)} s`), TELL_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
