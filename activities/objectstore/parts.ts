import { createHash, type Hash } from 'node:crypto';
import type { PartSource } from './source.js';

/** A part in memory: bytes and their checksum (base64). */
export interface FilledPart {
  bytes: Buffer;
  checksum: string;
}

/** Reads a source part by part into a fixed set of buffers, hashing the whole on the way. */
export interface PartReader {
  /** The next part, which is shorter only at the end; without bytes after it. Waits for a free buffer. */
  next(): Promise<FilledPart>;
  /** Gives the buffer of a part back. */
  release(part: FilledPart): void;
  /** Hex SHA-256 of all parts so far; ends the reading. */
  sha256(): string;
  total(): number;
}

/** Never holds more than `buffers` parts in memory; each buffer is used again and again. */
export function partReader(source: PartSource, partBytes: number, buffers: number): PartReader {
  const whole: Hash = createHash('sha256');
  const free: ArrayBufferLike[] = [];
  let made = 0;
  let total = 0;
  let waiting: ((buffer: ArrayBufferLike) => void) | undefined;

  async function buffer(): Promise<Buffer> {
    let memory = free.pop();
    if (memory === undefined && made < buffers) {
      made++;
      memory = new ArrayBuffer(partBytes);
    }
    memory ??= await new Promise<ArrayBufferLike>((resolve) => (waiting = resolve));
    return Buffer.from(memory);
  }

  return {
    async next() {
      const target = await buffer();
      const part = createHash('sha256');
      const filled = await source.fill(target, (piece) => {
        whole.update(piece);
        part.update(piece);
      });
      total += filled;
      return { bytes: target.subarray(0, filled), checksum: part.digest('base64') };
    },
    release({ bytes }) {
      if (waiting) {
        waiting(bytes.buffer);
        waiting = undefined;
      } else free.push(bytes.buffer);
    },
    sha256: () => whole.digest('hex'),
    total: () => total,
  };
}
