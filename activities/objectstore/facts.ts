import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import { answerOf } from './errors.js';
import type { Place } from './place.js';
import type { Bucket } from './types.js';

/** The header has whole seconds: on average it is half a second behind. */
const HALF_SECOND = 500;

/**
 * The store's clock minus ours in milliseconds, from the `Date` of its answer; to some half a second. Throws when there is no such
 * bucket: this request, unlike those by HEAD, is answered with what is missing.
 */
async function clockSkew({ client, bucket: Bucket }: Place): Promise<number> {
  const command = new ListObjectsV2Command({ Bucket, MaxKeys: 1 });
  let skew = 0;
  command.middlewareStack.add(
    (next) => async (args) => {
      const before = Date.now();
      const answer = await next(args);
      const { headers } = answer.response as { headers?: Record<string, string> };
      const date = Date.parse(headers?.['date'] ?? '');
      if (!Number.isNaN(date)) skew = date + HALF_SECOND - (before + Date.now()) / 2;
      return answer;
    },
    { step: 'deserialize', name: 'clockSkew', priority: 'low' },
  );
  await client.send(command).catch((error: unknown) => {
    // Who may not list may still be allowed to write; other requests say so themselves.
    if (answerOf(error).name !== 'AccessDenied') throw error;
  });
  return Math.round(skew);
}

/** Throws when there is no such bucket, or the store does not know us. */
export async function bucketExists(place: Place): Promise<void> {
  await clockSkew(place);
}

/** `value` of an answer, or what an error of one of these statuses means. */
async function unless<T>(request: Promise<T>, meanings: Record<number, T>): Promise<T> {
  return request.catch((error: unknown) => {
    const { name, status } = answerOf(error);
    if (status !== undefined && status in meanings && name !== 'NoSuchBucket') return meanings[status] as T;
    throw error;
  });
}

/** See `Bucket.facts`. Read-only. What the identity may not ask counts as off, or as unknown. */
export function factsOf(place: Place): Bucket['facts'] {
  const { client, bucket: Bucket } = place;
  return () =>
    place.ask('look at the bucket', async () => {
      const clockSkewMs = await clockSkew(place);
      const [versioning, objectLock, abortsStaleUploads] = await Promise.all([
        unless(
          client.send(new GetBucketVersioningCommand({ Bucket })).then(({ Status }) => Status === 'Enabled'),
          { 403: false, 501: false },
        ),
        unless(
          client
            .send(new GetObjectLockConfigurationCommand({ Bucket }))
            .then((answer) => answer.ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled'),
          { 403: false, 404: false, 501: false },
        ),
        unless<boolean | null>(
          client
            .send(new GetBucketLifecycleConfigurationCommand({ Bucket }))
            .then(({ Rules = [] }) =>
              Rules.some(
                (rule) =>
                  rule.Status === 'Enabled' && (rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation ?? 0) > 0,
              ),
            ),
          { 403: null, 404: false, 501: null },
        ),
      ]);
      return { versioning, objectLock, abortsStaleUploads, clockSkewMs };
    });
}
