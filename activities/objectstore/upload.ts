import type { Readable } from 'node:stream';
import { backupError } from '../backup/errors.js';
import { beginUpload, completeUpload, endUpload } from './multipart.js';
import { MAX_PART_BYTES, MIN_PART_BYTES } from './partBytes.js';
import { partReader } from './parts.js';
import type { Place } from './place.js';
import { putNew } from './put.js';
import { sendParts } from './send.js';
import { streamSource } from './source.js';
import type { Uploaded, UploadOptions } from './types.js';
import { taken, uploaded } from './uploaded.js';

const CONCURRENCY = 4;

/** Parts at a time, after a check of what the caller asks for. */
export function concurrencyOf({ partBytes, concurrency = CONCURRENCY }: UploadOptions): number {
  if (!Number.isInteger(partBytes) || partBytes < MIN_PART_BYTES || partBytes > MAX_PART_BYTES) {
    throw backupError('Unsupported', `Parts of ${partBytes} bytes are not possible; S3 wants 5 MiB to 5 GiB.`);
  }
  return Math.max(1, concurrency);
}

/**
 * See `Bucket.upload`. Memory: `partBytes` × (`concurrency` + 1). A stream of less than one part is stored with one request. After a
 * failure the body is destroyed with it; an upload that cannot be ended because the store is gone is left to `abortUploads`.
 */
export async function uploadStream(place: Place, body: Readable, options: UploadOptions): Promise<Uploaded> {
  const { partBytes, signal, progress } = options;
  const source = streamSource(body);
  const stop = (): void => source.stop(asError(signal.reason));
  signal.addEventListener('abort', stop);
  try {
    signal.throwIfAborted();
    const key = place.full(options.key);
    const concurrency = concurrencyOf(options);
    const reader = partReader(source, partBytes, concurrency + 1);
    const first = await reader.next();
    if (first.bytes.length < partBytes) {
      const put = await place.ask(`store ${options.key}`, () => putNew(place, key, first, { signal }), signal);
      if (put === 'exists') throw taken(place, options.key);
      progress?.(first.bytes.length);
      return await uploaded(place, options, { bytes: first.bytes.length, sha256: reader.sha256() }, put);
    }
    const uploadId = await place.ask(`open an upload of ${options.key}`, () => beginUpload(place, key, signal), signal);
    try {
      const { parts } = await sendParts({
        ...{ place, key, uploadId, source, reader, partBytes, concurrency, signal, progress, first },
      });
      const whole = { bytes: reader.total(), sha256: reader.sha256() };
      const complete = () => completeUpload(place, key, uploadId, parts, whole, signal);
      return await uploaded(place, options, whole, await place.ask(`complete ${options.key}`, complete, signal));
    } catch (error) {
      await endUpload(place, key, uploadId).catch(() => undefined);
      throw error;
    }
  } catch (error) {
    const failure = signal.aborted ? signal.reason : error;
    source.stop(asError(failure));
    throw failure;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
