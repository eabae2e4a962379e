import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListPartsCommand,
} from '@aws-sdk/client-s3';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../backup/errors.js';
import { compositeOf, storeChecksumOf } from './digest.js';
import { answerOf, isMissing, isUncertain } from './errors.js';
import { identify, type Expected } from './identify.js';
import { lockHeaders } from './lock.js';
import { allParts, allUploads } from './pages.js';
import type { Place } from './place.js';

/** A part as the store has confirmed it. */
export interface SentPart {
  number: number;
  etag: string;
  /** Base64 SHA-256. */
  checksum: string;
}

const END_TRIES = 10;
const END_PAUSE_MS = 200;

/** Open uploads of exactly this (full) key, or of all keys below a prefix. */
export async function openUploads(
  place: Place,
  prefix: string,
  exact: boolean,
): Promise<{ key: string; uploadId: string; initiated: Date }[]> {
  return (await allUploads(place, prefix)).flatMap(({ Key, UploadId, Initiated = new Date(0) }) =>
    Key === undefined || UploadId === undefined || (exact && Key !== prefix)
      ? []
      : [{ key: Key, uploadId: UploadId, initiated: Initiated }],
  );
}

/** When an open upload got its last part; `begun` when it has none, or has ended meanwhile. */
export async function lastPartAt(place: Place, key: string, uploadId: string, begun: Date): Promise<Date> {
  const parts = await allParts(place, key, uploadId).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return new Date(Math.max(begun.getTime(), ...parts.map(({ LastModified }) => LastModified?.getTime() ?? 0)));
}

/** Opens an upload. When its answer was lost and asked for again, the first one is ended: nobody would ever know of it. */
export async function beginUpload(
  place: Place,
  key: string,
  signal: AbortSignal,
  metadata: Record<string, string> = {},
): Promise<string> {
  const since = Date.now();
  let attempts = Infinity;
  let uploadId: string | undefined;
  try {
    const command = new CreateMultipartUploadCommand({
      Bucket: place.bucket,
      Key: key,
      ChecksumAlgorithm: 'SHA256',
      ContentType: 'application/octet-stream',
      Metadata: metadata,
      ...lockHeaders(place.lock),
    });
    const answer = await place.client.send(command, { abortSignal: signal });
    ({ attempts = 1 } = answer.$metadata);
    uploadId = answer.UploadId;
  } catch (error) {
    if (isUncertain(error)) await endTwins(place, key, since, undefined).catch(() => undefined);
    throw error;
  }
  if (uploadId === undefined) throw backupError('Unreachable', `The store opened an upload of ${key} without an id.`);
  if (attempts > 1) await endTwins(place, key, since, uploadId).catch(() => undefined);
  return uploadId;
}

/** Ends uploads of the key that were opened since then and have no part: those whose id never reached us. */
async function endTwins(place: Place, key: string, since: number, except: string | undefined): Promise<void> {
  // The store's clock counts for `initiated`; a minute of difference is nothing unusual.
  const twins = (await openUploads(place, key, true)).filter(
    ({ uploadId, initiated }) => uploadId !== except && initiated.getTime() >= since - 60_000,
  );
  for (const { uploadId } of twins) {
    const { Parts = [] } = await place.client.send(
      new ListPartsCommand({ Bucket: place.bucket, Key: key, UploadId: uploadId, MaxParts: 1 }),
    );
    if (Parts.length === 0) await endUpload(place, key, uploadId);
  }
}

/**
 * Ends an upload and repeats it until the store lists no part of it: a part that arrives during the first call would stay, and
 * be paid for. Throws when the store keeps listing parts.
 */
export async function endUpload(place: Place, key: string, uploadId: string): Promise<void> {
  const upload = { Bucket: place.bucket, Key: key, UploadId: uploadId };
  for (let turn = 0; turn < END_TRIES; turn++) {
    if (turn > 0) await sleep(END_PAUSE_MS);
    try {
      await place.client.send(new AbortMultipartUploadCommand(upload));
      const { Parts = [] } = await place.client.send(new ListPartsCommand({ ...upload, MaxParts: 1 }));
      if (Parts.length === 0) return;
    } catch (error) {
      if (isMissing(error)) return;
      throw error;
    }
  }
  throw backupError(
    'Stalled',
    `The store still lists parts of the upload of ${key} after it was ended ${END_TRIES} times.`,
  );
}

/**
 * Completes an upload, create-only. An answer that was lost is made up for by looking at the object. Throws `AlreadyPublished` when
 * another object has the key, `Damaged` when the store says another checksum than ours.
 */
export async function completeUpload(
  place: Place,
  key: string,
  uploadId: string,
  parts: readonly SentPart[],
  whole: { bytes: number; sha256: string },
  signal: AbortSignal,
): Promise<{ versionId?: string; storeChecksum?: string }> {
  const checksum = compositeOf(parts.map((part) => part.checksum));
  const expected: Expected = { ...whole, checksum };
  const command = new CompleteMultipartUploadCommand({
    Bucket: place.bucket,
    Key: key,
    UploadId: uploadId,
    IfNoneMatch: '*',
    MpuObjectSize: whole.bytes,
    MultipartUpload: {
      Parts: parts.map((part) => ({ PartNumber: part.number, ETag: part.etag, ChecksumSHA256: part.checksum })),
    },
  });
  try {
    const { VersionId, ChecksumSHA256 } = await place.patient.send(command, {
      abortSignal: signal,
      requestTimeout: place.patience.completeMs,
    });
    if (ChecksumSHA256 !== undefined && ChecksumSHA256 !== checksum) {
      throw backupError(
        'Damaged',
        `The store put ${key} together with checksum ${ChecksumSHA256}; it should be ${checksum}.`,
      );
    }
    const storeChecksum = storeChecksumOf(ChecksumSHA256);
    return { ...(VersionId ? { versionId: VersionId } : {}), ...(storeChecksum ? { storeChecksum } : {}) };
  } catch (error) {
    if (signal.aborted || !isUncertain(error)) throw error;
    const found = await identify(place, key, expected);
    if (found.is === 'ours') {
      // Refused because it stands already, the upload is still open.
      await endUpload(place, key, uploadId).catch(() => undefined);
      return found;
    }
    if (found.is === 'another' || answerOf(error).status === 412) {
      throw backupError('AlreadyPublished', `Another object has the key ${key}; it was not overwritten.`);
    }
    throw error;
  }
}
