import { ApplicationFailure } from '@temporalio/common';

/** Failure types of backup activities. `retry` says whether another try can help without a person. */
export const backupErrors = {
  Unreachable: { retry: true },
  Throttled: { retry: true },
  Stalled: { retry: true },
  /** A process of the pipeline ended with an error that has no better name. */
  ProducerFailed: { retry: true },
  WrongPassword: { retry: false },
  Forbidden: { retry: false },
  NotFound: { retry: false },
  VersionMismatch: { retry: false },
  MissingProgram: { retry: false },
  /** A transaction pooler or a load balancer stands between us and the server. */
  PoolerBetween: { retry: false },
  DiskFull: { retry: false },
  /** The vendor's account has as many of these as it may. */
  QuotaExceeded: { retry: false },
  SnapshotLost: { retry: true },
  /** Stored bytes are not those that were produced. */
  Damaged: { retry: false },
  /** L1: too small, or much smaller than the last one. */
  TooSmall: { retry: false },
  /** The throwaway instance refused the data. */
  RestoreError: { retry: false },
  NameTaken: { retry: false },
  /** Another process has the file or folder open, or locked. */
  InUse: { retry: true },
  NotOurs: { retry: false },
  AlreadyPublished: { retry: false },
  ClockBehind: { retry: false },
  Unsupported: { retry: false },
  LockedObject: { retry: false },
} as const;

export type BackupErrorType = keyof typeof backupErrors;

/** A failure that names cause and cure. `message` must hold no secret; use `redact` on the output of programs. */
export function backupError(type: BackupErrorType, message: string, ...details: unknown[]): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: !backupErrors[type].retry, details });
}
