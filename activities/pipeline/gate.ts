import { Readable } from 'node:stream';

/** Bytes that are taken from the last program before anybody asks for them: it need not wait for each of our turns. */
const AHEAD = 1024 * 1024;

/**
 * The bytes of `source` as a stream that ends only when `ended` has resolved, and is destroyed with its failure otherwise: a
 * reader never takes the output of a failed program for a whole. `onDestroy` is called when the reader goes before the end.
 */
export function gate(source: Readable, ended: Promise<unknown>, onDestroy: (error: Error | null) => void): Readable {
  let settled = false;
  const output = new Readable({
    highWaterMark: AHEAD,
    read() {
      source.resume();
    },
    destroy(error, done) {
      source.destroy();
      if (!settled) onDestroy(error);
      done(error);
    },
  });
  // A failure before anybody reads must not end the worker; whoever reads later still gets it.
  output.on('error', () => undefined);
  source.pause();
  source.on('data', (chunk: Buffer) => {
    if (!output.push(chunk)) source.pause();
  });
  source.once('error', (error) => output.destroy(error));
  source.once('end', () => {
    ended.then(
      () => {
        settled = true;
        output.push(null);
      },
      () => undefined,
    );
  });
  ended.catch((error: unknown) => {
    settled = true;
    output.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return output;
}
