import { open, type FileHandle } from 'node:fs/promises';
import { finished, type Readable } from 'node:stream';

/** Where the bytes of an upload come from. */
export interface PartSource {
  /** Fills the buffer, less only at the end. `seen` gets the bytes piece by piece, in order. Returns how many there were. */
  fill(buffer: Buffer, seen: (piece: Buffer) => void): Promise<number>;
  /** Ends the source; no more bytes are wanted. */
  stop(reason: Error): void;
}

const PIECE = 1024 * 1024;
const AHEAD = 256 * 1024;

/**
 * The bytes of a stream. Its errors come through `fill`, also that it was closed before its end. Chunks are taken as they come:
 * iterating over the stream would put them together first, and each copy is garbage that has to be collected.
 */
export function streamSource(body: Readable): PartSource {
  const chunks: Buffer[] = [];
  let ahead = 0;
  let over: { error: unknown } | undefined;
  let wake = (): void => undefined;
  body.on('data', (chunk: Uint8Array | string) => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : asBuffer(chunk);
    chunks.push(bytes);
    ahead += bytes.length;
    if (ahead >= AHEAD) body.pause();
    wake();
  });
  finished(body, { writable: false }, (error) => {
    over = { error };
    wake();
  });
  return {
    async fill(buffer, seen) {
      let filled = 0;
      while (filled < buffer.length) {
        const [chunk] = chunks;
        // An error comes before what has not been taken yet: no part of it will be used.
        if (over?.error) throw over.error;
        if (chunk === undefined) {
          if (over !== undefined) break;
          body.resume();
          await new Promise<void>((resolve) => (wake = resolve));
          continue;
        }
        const taken = chunk.copy(buffer, filled);
        seen(buffer.subarray(filled, filled + taken));
        filled += taken;
        ahead -= taken;
        if (taken < chunk.length) chunks[0] = chunk.subarray(taken);
        else chunks.shift();
      }
      return filled;
    },
    stop: (reason) => void body.destroy(reason),
  };
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The bytes of a file. Close the handle afterwards. */
export async function fileSource(file: string): Promise<PartSource & { handle: FileHandle }> {
  const handle = await open(file, 'r');
  let position = 0;
  return {
    handle,
    async fill(buffer, seen) {
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, Math.min(PIECE, buffer.length - filled), position);
        if (bytesRead === 0) break;
        seen(buffer.subarray(filled, filled + bytesRead));
        filled += bytesRead;
        position += bytesRead;
      }
      return filled;
    },
    stop: () => undefined,
  };
}
