import { ApplicationFailure } from '@temporalio/common';
import { stat } from 'node:fs/promises';
import { backupError } from '../backup/errors.js';
import { compositeOf } from './digest.js';
import { isMissing } from './errors.js';
import { identify, type Identified } from './identify.js';
import { beginUpload, completeUpload, endUpload, openUploads, type SentPart } from './multipart.js';
import { allParts } from './pages.js';
import { partReader } from './parts.js';
import type { Place } from './place.js';
import { putNew } from './put.js';
import { sendParts } from './send.js';
import { fileSource } from './source.js';
import type { Uploaded, UploadOptions } from './types.js';
import { concurrencyOf } from './upload.js';
import { taken, uploaded } from './uploaded.js';

interface Resumable {
  uploadId: string;
  stored: Map<number, SentPart>;
}

/** The parts of an open upload; undefined when it is gone or was not divided as we would. */
async function partsOf(place: Place, key: string, uploadId: string, size: number, partBytes: number) {
  const stored = new Map<number, SentPart>();
  try {
    for (const { PartNumber = 0, ETag, ChecksumSHA256, Size } of await allParts(place, key, uploadId)) {
      if (Size !== Math.min(partBytes, size - (PartNumber - 1) * partBytes)) return undefined;
      // Without a checksum of the store nothing proves that these are our bytes; the part is sent again.
      if (ETag !== undefined && ChecksumSHA256 !== undefined) {
        stored.set(PartNumber, { number: PartNumber, etag: ETag, checksum: ChecksumSHA256 });
      }
    }
    return stored;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The open upload of the key that has most of it; the others are ended. */
async function resumable(place: Place, key: string, size: number, partBytes: number): Promise<Resumable | undefined> {
  let best: Resumable | undefined;
  for (const { uploadId } of await openUploads(place, key, true)) {
    const stored = await partsOf(place, key, uploadId, size, partBytes);
    const better = stored !== undefined && stored.size >= (best?.stored.size ?? 0);
    const worse = better ? best?.uploadId : uploadId;
    if (better) best = { uploadId, stored };
    if (worse !== undefined) await endUpload(place, key, worse);
  }
  return best;
}

/** Whether the object stands already, from an attempt that died before it could say so. */
async function standsAlready(
  place: Place,
  key: string,
  file: string,
  whole: { bytes: number; sha256: string },
  partBytes: number,
): Promise<Identified> {
  const head = await identify(place, key, { ...whole, checksum: '' }, 'size');
  if (head.is !== 'ours') return head;
  const source = await fileSource(file);
  try {
    const reader = partReader(source, partBytes, 1);
    const checksums: string[] = [];
    for (let part = await reader.next(); part.bytes.length > 0; part = await reader.next()) {
      checksums.push(part.checksum);
      reader.release(part);
    }
    const checksum = whole.bytes < partBytes ? (checksums[0] ?? '') : compositeOf(checksums);
    return await identify(place, key, { ...whole, checksum });
  } finally {
    await source.handle.close();
  }
}

/** Failures after which nobody will go on with the upload. */
function isFinal(error: unknown): boolean {
  return error instanceof ApplicationFailure && (error.type === 'AlreadyPublished' || error.type === 'Damaged');
}

/**
 * See `Bucket.uploadFile`. The file is read once, from start to end; parts that the store has are compared by checksum and not sent.
 * After a failure that another try can cure the upload stays open for it. Throws `Damaged` when the file is not what `sha256` says.
 */
export async function uploadFile(
  place: Place,
  file: string,
  sha256: string,
  options: UploadOptions,
): Promise<Uploaded & { sentBytes: number }> {
  const { partBytes, signal, progress } = options;
  signal.throwIfAborted();
  const key = place.full(options.key);
  const concurrency = concurrencyOf(options);
  const { size } = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw backupError('NotFound', `${file}, which is to be uploaded, cannot be read (${error.code}); stage it again.`);
  });
  const whole = { bytes: size, sha256 };
  const standing = await place.ask(
    `look for ${options.key}`,
    () => standsAlready(place, key, file, whole, partBytes),
    signal,
  );
  if (standing.is === 'another') throw taken(place, options.key);
  if (standing.is === 'ours') {
    // Another attempt's, which can no longer win.
    const ending = openUploads(place, key, true).then((all) =>
      Promise.all(all.map((open) => endUpload(place, key, open.uploadId))),
    );
    await place.ask(`end uploads of ${options.key}`, () => ending, signal);
    return { ...(await uploaded(place, options, whole, standing)), sentBytes: 0 };
  }
  const source = await fileSource(file);
  const reader = partReader(source, partBytes, concurrency + 1);
  const checkWhole = (): void => {
    const actual = reader.sha256();
    if (reader.total() === size && actual === sha256) return;
    throw backupError('Damaged', `${file} has changed since it was staged: SHA-256 ${actual}, expected ${sha256}.`);
  };
  try {
    if (size < partBytes) {
      const part = await reader.next();
      checkWhole();
      const put = await place.ask(`store ${options.key}`, () => putNew(place, key, part, { signal }), signal);
      if (put === 'exists') throw taken(place, options.key);
      progress?.(size);
      return { ...(await uploaded(place, options, whole, put)), sentBytes: size };
    }
    const open = await place.ask(
      `find open uploads of ${options.key}`,
      () => resumable(place, key, size, partBytes),
      signal,
    );
    const uploadId =
      open?.uploadId ??
      (await place.ask(`open an upload of ${options.key}`, () => beginUpload(place, key, signal), signal));
    try {
      const { parts, sentBytes } = await sendParts({
        ...{ place, key, uploadId, source, reader, partBytes, concurrency, signal, progress },
        ...(open ? { stored: open.stored } : {}),
      });
      checkWhole();
      const complete = () => completeUpload(place, key, uploadId, parts, whole, signal);
      const stored = await place.ask(`complete ${options.key}`, complete, signal);
      return { ...(await uploaded(place, options, whole, stored)), sentBytes };
    } catch (error) {
      if (isFinal(error)) await endUpload(place, key, uploadId).catch(() => undefined);
      throw error;
    }
  } finally {
    await source.handle.close();
  }
}
