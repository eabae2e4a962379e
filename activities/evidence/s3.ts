import {
  GetObjectCommand,
  NoSuchKey,
  paginateListObjectsV2,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { LIST_BOUND, newestFirst, type EvidenceStore, type Stored } from './store.js';

/**
 * Evidence in an S3 bucket, below a prefix. Needs `s3:PutObject`, `s3:GetObject` and, for listing, `s3:ListBucket`. Creating is
 * atomic and create-only through `If-None-Match: *`
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 */
export function createS3Store(options: { client: S3Client; bucket: string; prefix?: string }): EvidenceStore {
  const { client, bucket: Bucket } = options;
  const prefix = options.prefix ? `${options.prefix.replace(/^\/+|\/+$/g, '')}/` : '';
  const base = `s3://${Bucket}/${prefix}`;

  function keyOf(keyOrReference: string): string {
    if (!keyOrReference.includes('://')) return prefix + keyOrReference;
    if (!keyOrReference.startsWith(base)) throw new Error(`${keyOrReference} is not in the evidence store ${base}`);
    return prefix + keyOrReference.slice(base.length);
  }

  return {
    reference: (key) => base + key,

    async create(key, body, ContentType) {
      const object = {
        Bucket,
        Key: keyOf(key),
        Body: body,
        // Without it the SDK takes an empty text for a stream of unknown length.
        ContentLength: Buffer.byteLength(body),
        ContentType,
        IfNoneMatch: '*',
        ChecksumAlgorithm: 'SHA256',
      } as const;
      try {
        await client.send(new PutObjectCommand(object));
        return 'created';
      } catch (error) {
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return 'exists';
        throw error;
      }
    },

    async read(keyOrReference) {
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: keyOf(keyOrReference) }));
        return (await Body?.transformToString('utf8')) ?? '';
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },

    async list(below, limit) {
      const found: Stored[] = [];
      for await (const page of paginateListObjectsV2({ client }, { Bucket, Prefix: prefix + below })) {
        for (const { Key = '', LastModified = new Date(0), Size = 0 } of page.Contents ?? []) {
          const key = Key.slice(prefix.length);
          found.push({ key, reference: base + key, modified: LastModified, bytes: Size });
        }
        if (found.length >= LIST_BOUND) break;
      }
      return newestFirst(found, limit);
    },
  };
}
