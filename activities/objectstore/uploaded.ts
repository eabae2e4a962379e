import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { backupError } from '../backup/errors.js';
import type { Place } from './place.js';
import type { Uploaded, UploadOptions } from './types.js';

export const taken = (place: Place, key: string): Error =>
  backupError('AlreadyPublished', `Another object has the key ${place.reference(key)}; it was not overwritten.`);

/** What is reported of an object that was stored: the lock is the one that the store says it has. Throws `Damaged` on another size. */
export async function uploaded(
  place: Place,
  options: UploadOptions,
  whole: { bytes: number; sha256: string },
  stored: { versionId?: string; storeChecksum?: string },
): Promise<Uploaded> {
  const { versionId, storeChecksum } = stored;
  const command = new HeadObjectCommand({
    Bucket: place.bucket,
    Key: place.full(options.key),
    ...(versionId === undefined ? {} : { VersionId: versionId }),
  });
  const head = await place.ask(`look at ${options.key}`, () => place.client.send(command), options.signal);
  if (head.ContentLength !== whole.bytes) {
    const message = `${place.reference(options.key)} has ${head.ContentLength} bytes in the store; ${whole.bytes} were sent.`;
    throw backupError('Damaged', message);
  }
  return {
    key: options.key,
    ...whole,
    partBytes: options.partBytes,
    ...(versionId === undefined ? {} : { versionId }),
    ...(storeChecksum === undefined ? {} : { storeChecksum }),
    ...(head.ObjectLockRetainUntilDate ? { lockedUntil: head.ObjectLockRetainUntilDate.toISOString() } : {}),
  };
}
