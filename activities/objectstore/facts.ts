import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
} from '@aws-sdk/client-s3';
import { answerOf } from './errors.js';
import type { Place } from './place.js';
import type { Bucket } from './types.js';

/** The header has whole seconds: on average it is half a second behind. */
const HALF_SECOND = 500;

/** The store's clock minus ours in milliseconds, from the `Date` of its answer; to some half a second. */
async function clockSkew(place: Place): Promise<number> {
  const command = new HeadBucketCommand({ Bucket: place.bucket });
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
  await place.client.send(command).catch((error: unknown) => {
    // Without the right to list, other requests may still be allowed; they say so themselves.
    if (answerOf(error).status !== 403) throw missingBucket(error);
  });
  return Math.round(skew);
}

/** The answer to HEAD has no body that would say what is missing. */
function missingBucket(error: unknown): unknown {
  if (answerOf(error).status === 404 && error instanceof Error) error.name = 'NoSuchBucket';
  return error;
}

/** Throws when there is no such bucket. */
export async function bucketExists(place: Place): Promise<void> {
  await place.client.send(new HeadBucketCommand({ Bucket: place.bucket })).catch((error: unknown) => {
    if (answerOf(error).status !== 403) throw missingBucket(error);
  });
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
