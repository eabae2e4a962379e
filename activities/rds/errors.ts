import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { backupError, type BackupErrorType } from '../backup/errors.js';
import { bounded } from '../secrets/index.js';

type Rule = [names: RegExp, type: BackupErrorType, cure: string];

/** First match wins, by the error's name (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html). */
const RULES: readonly Rule[] = [
  [
    /^(Throttl\w*|RequestLimitExceeded|TooManyRequests\w*|RequestThrottled\w*|SlowDown)$/,
    'Throttled',
    'Amazon asks for fewer requests; the next try comes later',
  ],
  [
    /^(InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClientException|MissingAuthenticationToken|IncompleteSignature|ExpiredToken\w*|AuthFailure)$/,
    'WrongPassword',
    "the access key is wrong or has expired; correct the source's accessKeyId and secretAccessKey, or the worker's AWS identity",
  ],
  [
    /^(AccessDenied\w*|UnauthorizedOperation|NotAuthorized|AuthorizationNotFound\w*|OptInRequired|KMSKeyNotAccessible\w*)$/,
    'Forbidden',
    'the identity is not allowed to; grant it the right in IAM (docs/backup.md lists them), also for the KMS key',
  ],
  [
    /(QuotaExceeded|LimitExceeded)\w*$/,
    'QuotaExceeded',
    'the account has as many as it may; remove some, or have the quota raised in Service Quotas',
  ],
  [
    /^InsufficientDBInstanceCapacity\w*$/,
    'Unreachable',
    'Amazon has no such machine free at this moment; try later, or name another restore.instanceClass',
  ],
  [
    /^Invalid(DBInstance|DBSnapshot|DBSubnetGroup)State\w*$/,
    'InUse',
    'something else is being done with it; the next try comes later',
  ],
  [/AlreadyExists\w*$/, 'NameTaken', 'there is one of that name; choose another'],
  [/NotFound\w*$/, 'NotFound', 'there is no such thing in this account and region; correct the name or the region'],
  [
    /^(PointInTimeRestoreNotEnabled\w*|InvalidRestore\w*)$/,
    'Unsupported',
    'its automated backups do not reach that; switch them on, or restore the snapshot itself',
  ],
  [
    /^(InvalidParameter\w*|MissingParameter|ValidationError|InvalidSubnet|InvalidVPCNetworkState\w*|ProvisionedIops\w*|StorageTypeNotSupported\w*|UnknownOperation\w*)$/,
    'Unsupported',
    "Amazon refuses these values; correct the source's `restore`",
  ],
  [
    /^(InternalFailure|ServiceUnavailable|InternalError|RequestTimeout)$/,
    'Unreachable',
    'Amazon has a problem of its own; see the AWS Health Dashboard',
  ],
];

/** Name and status of what Amazon answered; `status` is undefined when there was no answer. */
export function answerOf(error: unknown): { name: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: '', status: undefined };
  const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata;
  return { name: error.name, status: metadata?.httpStatusCode };
}

/** Whether Amazon said that what was asked for is not there. */
export const isMissing = (error: unknown): boolean =>
  /^DB(Instance|Snapshot)NotFound(Fault)?$/.test(answerOf(error).name);

/** Whether Amazon said that the name is taken. */
export const isTaken = (error: unknown): boolean =>
  /^DB(Instance|Snapshot)AlreadyExists(Fault)?$/.test(answerOf(error).name);

/**
 * The typed error for what a request to Amazon threw; `what` is a verb phrase such as `create snapshot x`. A Temporal failure is given
 * back as it is, and so is the signal's reason after an abort.
 */
export function rdsError(error: unknown, what: string, signal?: AbortSignal): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  if (error instanceof ApplicationFailure || error instanceof TemporalFailure) return error;
  const { name, status } = answerOf(error);
  const said = bounded(error instanceof Error ? error.message : String(error));
  const intro = `Could not ${what}`;
  if (status === undefined) {
    if (name === 'CredentialsProviderError') {
      const cure = 'this worker has no AWS identity; give it one, or set accessKeyId and secretAccessKey of the source';
      return backupError('WrongPassword', `${intro}: ${cure}. ${said}`);
    }
    return backupError('Unreachable', `${intro}: there was no answer; check endpoint, region and network. ${said}`);
  }
  const rule = RULES.find(([names]) => names.test(name));
  const fallback: [BackupErrorType, string] =
    status === 403
      ? ['Forbidden', 'the identity is not allowed to; grant it the right in IAM']
      : status === 429
        ? ['Throttled', 'Amazon asks for fewer requests']
        : status >= 500
          ? ['Unreachable', 'Amazon has a problem of its own; see the AWS Health Dashboard']
          : ['Unsupported', 'Amazon refuses it'];
  const [type, cure] = rule ? [rule[1], rule[2]] : fallback;
  return backupError(type, `${intro}: ${cure}. Amazon said ${status} ${name}: ${said}`);
}
