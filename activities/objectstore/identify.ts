import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { storeChecksumOf } from './digest.js';
import { isMissing } from './errors.js';
import type { Place } from './place.js';

/** What an object must be to count as ours. */
export interface Expected {
  bytes: number;
  /** Hex, of all bytes. */
  sha256: string;
  /** As the store writes it: base64, with the number of parts for a multipart upload. */
  checksum: string;
}

export type Identified = { is: 'absent' | 'another' } | { is: 'ours'; versionId?: string; storeChecksum?: string };

/**
 * Whether the object under a (full) key is the one that we meant to write: same size, and same checksum as the store has computed it.
 * Metadata would only repeat what somebody said; where the store tells no checksum, the object is read and hashed.
 */
export async function identify(
  place: Place,
  key: string,
  expected: Expected,
  by: 'content' | 'size' = 'content',
): Promise<Identified> {
  const object = { Bucket: place.bucket, Key: key };
  try {
    const head = await place.client.send(new HeadObjectCommand({ ...object, ChecksumMode: 'ENABLED' }));
    if (head.ContentLength !== expected.bytes) return { is: 'another' };
    const version = head.VersionId ? { versionId: head.VersionId } : {};
    if (by === 'size') return { is: 'ours', ...version };
    if (head.ChecksumSHA256 === expected.checksum) {
      return { is: 'ours', ...version, storeChecksum: storeChecksumOf(head.ChecksumSHA256) ?? '' };
    }
    // A checksum of another division into parts says nothing about the bytes.
    const { Body } = await place.patient.send(
      new GetObjectCommand({ ...object, ...(head.VersionId ? { VersionId: head.VersionId } : {}) }),
    );
    const hash = createHash('sha256');
    for await (const chunk of Body as AsyncIterable<Uint8Array>) hash.update(chunk);
    return hash.digest('hex') === expected.sha256 ? { is: 'ours', ...version } : { is: 'another' };
  } catch (error) {
    if (isMissing(error)) return { is: 'absent' };
    throw error;
  }
}
