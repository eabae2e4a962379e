import { Readable } from 'node:stream';

/** Cuts in a row without a byte between them, after which a download is given up. */
const CUTS = 5;

export interface Download {
  /** The bytes from an offset on. */
  from(offset: number): Promise<Readable>;
  /** A source that sends nothing for so long, while somebody waits for it, is cut. */
  idleMs: number;
  error(error: unknown): Error;
  signal?: AbortSignal;
}

/**
 * A body as one stream that goes on where it was cut. It ends only after all its bytes; otherwise it is destroyed with the typed
 * error. A reader that takes its time is no silence: the clock runs only while bytes are wanted.
 */
export function download(first: { body: Readable; bytes: number }, options: Download): Readable {
  const { idleMs, signal } = options;
  let current: Readable | undefined;
  let received = 0;
  let cuts = 0;
  let timer: NodeJS.Timeout | undefined;

  const output = new Readable({
    read() {
      timer ??= setTimeout(silent, idleMs);
      current?.resume();
    },
    destroy(error, done) {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      current?.destroy();
      done(error);
    },
  });
  // An error before anybody reads must not end the worker; whoever reads later still gets it.
  output.on('error', () => undefined);
  const abort = (): void => void output.destroy(options.error(signal?.reason));
  const silent = (): void => {
    timer = undefined;
    const error = new Error(`no byte within ${idleMs / 1_000} s`);
    error.name = 'TimeoutError';
    current?.destroy(error);
  };

  const attach = (body: Readable): void => {
    current = body;
    body.pause();
    body.on('data', (chunk: Buffer) => {
      clearTimeout(timer);
      timer = undefined;
      cuts = 0;
      received += chunk.length;
      if (output.push(chunk)) timer = setTimeout(silent, idleMs);
      else body.pause();
    });
    let over = false;
    const end = (error?: Error): void => {
      if (over || output.destroyed) return;
      over = true;
      if (received === first.bytes) output.push(null);
      else void goOn(error ?? new Error(`the body ended after ${received} of ${first.bytes} bytes`));
    };
    body.once('error', end);
    body.once('end', () => end());
    body.once('close', () => end());
    body.resume();
  };

  const goOn = async (why: Error): Promise<void> => {
    cuts++;
    current = undefined;
    clearTimeout(timer);
    timer = undefined;
    try {
      if (cuts > CUTS || received > first.bytes) throw why;
      const body = await options.from(received);
      if (output.destroyed) body.destroy();
      else attach(body);
    } catch (error) {
      output.destroy(options.error(error));
    }
  };

  signal?.addEventListener('abort', abort);
  attach(first.body);
  if (signal?.aborted) abort();
  return output;
}
