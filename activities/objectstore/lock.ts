import type { ObjectLockMode } from '@aws-sdk/client-s3';
import type { ObjectStoreRef } from '../../systems/backupSchema.js';

const DAY_MS = 86_400_000;

/** Headers that lock what is written until `days` from now; none without a lock. */
export function lockHeaders(
  lock: ObjectStoreRef['lock'],
  now = Date.now(),
): { ObjectLockMode?: ObjectLockMode; ObjectLockRetainUntilDate?: Date } {
  if (lock === undefined) return {};
  return { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(now + lock.days * DAY_MS) };
}
