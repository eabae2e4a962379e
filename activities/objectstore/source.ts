import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** Where the bytes of an upload come from. */
export interface PartSource {
  /** Fills the buffer, less only at the end. `seen` gets the bytes piece by piece, in order. Returns how many there were. */
  fill(buffer: Buffer, seen: (piece: Buffer) => void): Promise<number>;
  /** Ends the source; no more bytes are wanted. */
  stop(reason: Error): void;
}

const PIECE = 1024 * 1024;

/** The bytes of a stream. Its errors come through `fill`. */
export function streamSource(body: Readable): PartSource {
  // Nobody may be reading when it is stopped; an error that nobody listens to would end the worker.
  body.on('error', () => undefined);
  const chunks: AsyncIterator<unknown> = body[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  return {
    async fill(buffer, seen) {
      let filled = 0;
      while (filled < buffer.length) {
        if (rest.length === 0) {
          const next = await chunks.next();
          if (next.done === true) break;
          rest = next.value instanceof Uint8Array ? asBuffer(next.value) : Buffer.from(String(next.value));
          continue;
        }
        const taken = rest.copy(buffer, filled);
        seen(buffer.subarray(filled, filled + taken));
        filled += taken;
        rest = rest.subarray(taken);
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
