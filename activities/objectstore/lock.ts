import type { ObjectLockMode } from '@aws-sdk/client-s3';
import type { ObjectStoreRef } from '../../systems/backupSchema.js';

const DAY_MS = 86_400_000;

/** Headers that lock what is written until `days` from now; none without a lock. */
export function lockHeaders(
  lock: ObjectStoreRef['lock'],
  now = Date.now(),
): { ObjectLockMode?: ObjectLockMode; ObjectLockRetainUntilDate?: Date } {
  if (lock === undefined) return {};
  // Whole seconds, because some of a store's answers have no smaller unit.
  const until = Math.ceil((now + lock.days * DAY_MS) / 1_000) * 1_000;
  return { ObjectLockMode: lock.mode, ObjectLockRetainUntilDate: new Date(until) };
}
