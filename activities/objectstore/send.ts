import { UploadPartCommand } from '@aws-sdk/client-s3';
import { setMaxListeners } from 'node:events';
import { backupError } from '../backup/errors.js';
import type { SentPart } from './multipart.js';
import { MAX_PARTS } from './partBytes.js';
import type { FilledPart, PartReader } from './parts.js';
import type { Place } from './place.js';
import type { PartSource } from './source.js';

export interface Sending {
  place: Place;
  /** Full key. */
  key: string;
  uploadId: string;
  source: PartSource;
  reader: PartReader;
  partBytes: number;
  concurrency: number;
  signal: AbortSignal;
  progress?: ((bytes: number) => void) | undefined;
  /** A part that was read before the upload was opened. */
  first?: FilledPart;
  /** Parts that the store has already, by number; sent again when their checksum is not that of our bytes. */
  stored?: ReadonlyMap<number, SentPart>;
}

/**
 * Sends all parts, `concurrency` at a time. Throws the first failure, of source, store or signal, but only when no part is on its
 * way any more: an upload that is ended earlier could get parts afterwards.
 */
export async function sendParts(sending: Sending): Promise<{ parts: SentPart[]; sentBytes: number }> {
  const { place, key, uploadId, source, reader, partBytes, concurrency, stored } = sending;
  const parts: SentPart[] = [];
  const onTheWay = new Set<Promise<void>>();
  const control = new AbortController();
  setMaxListeners(0, control.signal);
  let failure: { error: unknown } | undefined;
  let sentBytes = 0;
  let confirmed = 0;

  const fail = (error: unknown): void => {
    if (failure) return;
    failure = { error };
    control.abort(error);
    source.stop(error instanceof Error ? error : new Error(String(error)));
  };
  const confirm = (part: SentPart, bytes: number): void => {
    parts.push(part);
    confirmed += bytes;
    sending.progress?.(confirmed);
  };
  const send = async (number: number, part: FilledPart): Promise<void> => {
    const bytes = part.bytes.length;
    try {
      const { ETag } = await place.client.send(
        new UploadPartCommand({
          Bucket: place.bucket,
          Key: key,
          UploadId: uploadId,
          PartNumber: number,
          Body: part.bytes,
          ContentLength: bytes,
          ChecksumSHA256: part.checksum,
        }),
        { abortSignal: control.signal },
      );
      if (ETag === undefined)
        throw backupError('Unreachable', `The store confirmed part ${number} of ${key} without a tag.`);
      sentBytes += bytes;
      confirm({ number, etag: ETag, checksum: part.checksum }, bytes);
    } catch (error) {
      fail(place.error(error, `send part ${number} of ${place.relative(key)}`, sending.signal));
    } finally {
      reader.release(part);
    }
  };

  const onAbort = (): void => fail(sending.signal.reason);
  sending.signal.addEventListener('abort', onAbort);
  if (sending.signal.aborted) onAbort();
  try {
    let { first } = sending;
    for (let number = 1; ; number++) {
      const part = first ?? (await reader.next());
      first = undefined;
      if (failure !== undefined || part.bytes.length === 0) break;
      if (number > MAX_PARTS) {
        const message = `${key} needs more than ${MAX_PARTS} parts of ${partBytes} bytes; set backups.partMiB to more.`;
        throw backupError('Unsupported', message);
      }
      const there = stored?.get(number);
      if (there?.checksum === part.checksum) {
        reader.release(part);
        confirm(there, part.bytes.length);
        continue;
      }
      while (onTheWay.size >= concurrency) await Promise.race(onTheWay);
      const sent = send(number, part).finally(() => onTheWay.delete(sent));
      onTheWay.add(sent);
    }
  } catch (error) {
    fail(error);
  } finally {
    await Promise.all(onTheWay);
    sending.signal.removeEventListener('abort', onAbort);
  }
  if (failure !== undefined) throw failure.error;
  return { parts: parts.toSorted((a, b) => a.number - b.number), sentBytes };
}
