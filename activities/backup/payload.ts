import { stat } from 'node:fs/promises';
import { pipeline, Readable, Transform } from 'node:stream';
import type { Backups } from '../../systems/backupSchema.js';
import { partBytesFor } from '../objectstore/partBytes.js';
import { compress, encrypt, startPipeline } from '../pipeline/index.js';
import type { Command } from '../pipeline/types.js';
import type { Payload } from './engine.js';
import { filterBytes } from './filter.js';
import type { StoredObject } from './types.js';

type Policy = Pick<Backups, 'compressionLevel' | 'encryption' | 'partMiB'>;

const MIB = 1024 * 1024;

/** Size of the parts of an upload, bytes: the policy's, else by the estimate. Pure. */
export function partBytes(policy: Policy, estimate: number | undefined): number {
  return policy.partMiB === undefined ? partBytesFor(estimate) : policy.partMiB * MIB;
}

/** Programs that every payload goes through before it is stored. */
function storing(policy: Policy): Command[] {
  const filters = [compress(policy.compressionLevel)];
  return policy.encryption ? [...filters, encrypt(policy.encryption.recipients)] : filters;
}

/** Stored file name of a payload, and how it was made from it. */
export function storedForm(
  policy: Policy,
  name: string,
): Pick<StoredObject, 'compression' | 'encryption'> & { file: string } {
  return policy.encryption
    ? { file: `${name}.zst.age`, compression: 'zstd', encryption: 'age' }
    : { file: `${name}.zst`, compression: 'zstd', encryption: 'none' };
}

/** A payload on its way: the bytes to store. */
export interface Production {
  /** Ends only when every process has ended with 0; destroyed with the failure otherwise. */
  body: Readable;
  /** Grows for as long as something goes on: its processes work, or its bytes wait for the one who stores them. */
  pulse: () => number;
  /** Resolves when nothing of it runs any more. */
  stop: () => Promise<void>;
  /** Bytes before compression, where they are known. */
  plainBytes?: number;
}

/** Starts to produce the stored bytes of a payload. `onBytes` gets their count so far. Throws as `startPipeline`. */
export async function produce(
  payload: Payload,
  policy: Policy,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Production> {
  const filters = storing(policy);
  if ('bytes' in payload.from) {
    const plain = payload.from.bytes();
    let bytes: Uint8Array = plain;
    for (const filter of filters) bytes = await filterBytes(filter, bytes, signal);
    const source = Readable.from(chunksOf(bytes), { objectMode: false });
    const { body, waits } = metered(source, onBytes);
    return { body, pulse: waits, stop: async () => void source.destroy(), plainBytes: plain.length };
  }
  const { from } = payload;
  const [first, ...rest] = filters;
  const commands =
    'commands' in from ? [...from.commands, ...filters] : first ? [{ ...first, stdin: from.file }, ...rest] : [];
  const plainBytes = 'file' in from ? (await stat(from.file)).size : undefined;
  const running = await startPipeline(commands, { signal });
  const { body, waits } = metered(running.output, onBytes);
  return {
    body,
    pulse: () => running.cpuSeconds() + waits(),
    stop: () => running.kill(),
    ...(plainBytes !== undefined && { plainBytes }),
  };
}

function* chunksOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += MIB) yield bytes.subarray(at, at + MIB);
}

/** The same stream, with a count of what has passed; `waits` grows while the reader is to blame that nothing does. */
function metered(source: Readable, onBytes: (bytes: number) => void): { body: Readable; waits: () => number } {
  let total = 0;
  let waited = 0;
  const body = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      onBytes((total += chunk.length));
      done(null, chunk);
    },
  });
  // Errors go both ways: a failed source destroys the meter, a reader that goes destroys the source.
  pipeline(source, body, () => undefined);
  // Stores bound their own silence: bytes that wait for a slow line are no stall, and neither is the end of an upload.
  const waits = (): number => (body.readableLength > 0 || body.readableEnded ? ++waited : waited);
  return { body, waits };
}
