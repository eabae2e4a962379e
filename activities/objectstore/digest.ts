import { createHash } from 'node:crypto';

/** Base64 SHA-256, as S3 writes checksums. */
export const sha256Base64 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('base64');

/**
 * The checksum of a whole multipart upload: over the parts' checksums, with their number
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html). `parts` in base64.
 */
export function compositeOf(parts: readonly string[]): string {
  const joined = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  return `${sha256Base64(joined)}-${parts.length}`;
}

/** How we write down a checksum that the store told. */
export function storeChecksumOf(checksum: string | undefined): string | undefined {
  if (checksum === undefined) return undefined;
  return `SHA256-${checksum.includes('-') ? 'composite' : 'full'}:${checksum}`;
}
