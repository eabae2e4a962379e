import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { backupError } from '../backup/errors.js';
import { storeChecksumOf } from './digest.js';
import { answerOf, isConflict, isTaken, isUncertain } from './errors.js';
import { identify } from './identify.js';
import { lockHeaders } from './lock.js';
import type { FilledPart } from './parts.js';
import type { Place } from './place.js';

const CONFLICT_TRIES = 5;
const CONFLICT_PAUSE_MS = 300;

/**
 * Stores a small object under a (full) key, create-only. A repeat of ours that finds what the first try has written counts as
 * written. `exists` when something else has the key, or had it before the first try.
 */
export async function putNew(
  place: Place,
  key: string,
  { bytes, checksum }: FilledPart,
  options: { signal?: AbortSignal; contentType?: string; lock?: boolean } = {},
): Promise<'exists' | { versionId?: string; storeChecksum?: string }> {
  const { signal, contentType = 'application/octet-stream', lock = true } = options;
  const command = new PutObjectCommand({
    Bucket: place.bucket,
    Key: key,
    Body: bytes,
    ContentLength: bytes.length,
    ContentType: contentType,
    ChecksumSHA256: checksum,
    IfNoneMatch: '*',
    ...(lock ? lockHeaders(place.lock) : {}),
  });
  for (let turn = 1; ; turn++) {
    try {
      const { VersionId, ChecksumSHA256 } = await place.client.send(command, signal ? { abortSignal: signal } : {});
      if (ChecksumSHA256 !== undefined && ChecksumSHA256 !== checksum) {
        throw backupError(
          'Damaged',
          `The store has written ${key} with checksum ${ChecksumSHA256}; it should be ${checksum}.`,
        );
      }
      const storeChecksum = storeChecksumOf(ChecksumSHA256);
      return { ...(VersionId ? { versionId: VersionId } : {}), ...(storeChecksum ? { storeChecksum } : {}) };
    } catch (error) {
      if (signal?.aborted || !isUncertain(error)) throw error;
      if (isTaken(error) && answerOf(error).attempts === 1) return 'exists';
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const found = await identify(place, key, { bytes: bytes.length, sha256, checksum });
      if (found.is === 'ours') return found;
      if (found.is === 'another') return 'exists';
      if (!isConflict(error) || turn >= CONFLICT_TRIES) throw error;
      await sleep(CONFLICT_PAUSE_MS * turn);
    }
  }
}
