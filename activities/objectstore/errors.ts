import { S3ServiceException } from '@aws-sdk/client-s3';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { backupError, type BackupErrorType } from '../backup/errors.js';
import { bounded } from '../secrets/index.js';

/** What was being done, for messages: a verb phrase such as `read manifest.json`, and the place as people know it. */
export interface Doing {
  what: string;
  /** `s3://bucket/prefix at endpoint`. */
  place: string;
  bucket: string;
}

/** Name of the store's error and its HTTP status, as far as it answered. */
export function answerOf(error: unknown): { name: string; status: number | undefined; attempts: number } {
  if (!(error instanceof S3ServiceException)) return { name: '', status: undefined, attempts: 1 };
  // A reply to HEAD has no body; the SDK then calls the error after the status or not at all.
  return { name: error.name, status: error.$metadata.httpStatusCode, attempts: error.$metadata.attempts ?? 1 };
}

/** Whether the store said that there is no such object, version or upload. Other things that are missing are errors. */
export const isMissing = (error: unknown): boolean =>
  answerOf(error).status === 404 && /^(NoSuch(Key|Version|Upload)|NotFound)$/.test(answerOf(error).name);

/** Whether create-only was refused because the key is taken. */
export const isTaken = (error: unknown): boolean => answerOf(error).status === 412;

/** Whether the store could not decide about create-only because another write was on its way. */
export const isConflict = (error: unknown): boolean => answerOf(error).status === 409;

/** Whether the store may have done what was asked although we got no answer, or an answer about a repeat of ours. */
export function isUncertain(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return status === undefined || status >= 500 || status === 412 || status === 409 || name === 'NoSuchUpload';
}

type Rule = [names: RegExp, statuses: number[], type: BackupErrorType, cure: (doing: Doing) => string];

const never: number[] = [];
/** First match wins: by the error's name, else by the status. */
const rules: readonly Rule[] = [
  [
    /^NoSuchBucket$/,
    never,
    'NotFound',
    (d) => `bucket ${d.bucket} does not exist; create it, or correct its name or endpoint`,
  ],
  [
    /^NoSuchUpload$/,
    never,
    'Stalled',
    () => 'the upload was ended by another attempt or by a lifecycle rule; start again',
  ],
  [
    /^(InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|ExpiredToken|TokenRefreshRequired|XAdminUserNotFound)$/,
    [401],
    'WrongPassword',
    () => 'the access key or its secret is wrong; correct the references in backups.store',
  ],
  [
    /^(RequestTimeTooSkewed|RequestExpired)$/,
    never,
    'ClockBehind',
    () => "this worker's clock and the store's differ too much; synchronise them (NTP)",
  ],
  [
    /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/,
    [301, 307],
    'Unsupported',
    (d) => `bucket ${d.bucket} is in another region; correct backups.store.region`,
  ],
  [
    /^(AccessDenied|AllAccessDisabled|InvalidObjectState|KMS\.\w+)$/,
    [403],
    'Forbidden',
    () => 'the identity is not allowed to; grant the right in the policy of the identity and of the bucket',
  ],
  [/^PreconditionFailed$/, [412], 'AlreadyPublished', () => 'the key is taken; nothing was overwritten'],
  [
    /^(BadDigest|XAmzContent(SHA256|Checksum)Mismatch|IncompleteBody|InvalidDigest|RequestTimeout)$/,
    never,
    'Unreachable',
    () => 'not all bytes that were sent arrived; look for a faulty network or proxy between',
  ],
  [
    /^(SlowDown\w*|Throttl\w*|TooManyRequests\w*|RequestLimitExceeded|BandwidthLimitExceeded|ServiceUnavailable|Busy)$/,
    [429, 503],
    'Throttled',
    () => 'the store asks for fewer requests; the next try comes later',
  ],
  [
    /^(QuotaExceeded|InsufficientStorage\w*|XMinioStorageFull|XMinioAdminBucketQuotaExceeded)$/,
    [507],
    'DiskFull',
    () => 'the store is full; free or add space there',
  ],
  [/^(NotImplemented|MethodNotAllowed)$/, [405, 501], 'Unsupported', () => 'this store cannot do that'],
  [
    /^OperationAborted|^ConditionalRequestConflict$/,
    [409],
    'Unreachable',
    () => 'another write to the same key was on its way',
  ],
  [/^NoSuch(Key|Version)$|^NotFound$/, [404], 'NotFound', () => 'it is not there'],
  [/^InternalError$/, [500, 502, 504], 'Unreachable', () => 'the store has an internal problem; look at its status'],
];

/** Without an answer, by the code that Node or the SDK gives: what it means, and what to do. */
const silences: readonly [RegExp, string][] = [
  [/ENOTFOUND|EAI_AGAIN/, 'its name cannot be resolved; check the endpoint and DNS'],
  [/ECONNREFUSED/, 'nothing listens there; check the endpoint and whether the store runs'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|EPROTO/,
    'its certificate is not trusted here; give its authority in NODE_EXTRA_CA_CERTS',
  ],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no route to it; check network and firewall'],
  [/ETIMEDOUT|TimeoutError|ESOCKETTIMEDOUT/, 'it did not answer in time; check network and store'],
  [/ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE/, 'the connection was cut; check the network and proxies between'],
];

function codesOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return '';
  const { code } = error as NodeJS.ErrnoException;
  // The SDK wraps errors of Node and keeps the code in the text only.
  return `${error.name} ${code ?? ''} ${error.message} ${codesOf(error.cause, depth + 1)}`;
}

/**
 * The typed error for whatever a request to the store threw: `NotFound`, `Forbidden`, `WrongPassword`, `Throttled`, `Unreachable` …,
 * naming the place, the cause and the cure. A Temporal failure is given back as it is, and so is the signal's reason after an abort.
 */
export function storeError(error: unknown, doing: Doing, signal?: AbortSignal): Error {
  if (signal?.aborted) return signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason));
  if (error instanceof ApplicationFailure || error instanceof TemporalFailure) return error;
  const intro = `Could not ${bounded(doing.what)} (${doing.place})`;
  const said = error instanceof Error ? bounded(error.message.replace(/^AWS SDK error wrapper for Error: /, '')) : '';
  const { name, status } = answerOf(error);
  if (status !== undefined) {
    const rule = rules.find(([names]) => names.test(name)) ?? rules.find(([, statuses]) => statuses.includes(status));
    const [type, cure] = rule ? [rule[2], rule[3](doing)] : (['Unsupported', 'the store refuses it'] as const);
    return backupError(type, `${intro}: ${cure}. The store said ${status} ${name}: ${said}`);
  }
  const codes = codesOf(error);
  if (/CredentialsProviderError/.test(codes)) {
    const cure =
      'this worker has no AWS identity; give it one, or set accessKeyId and secretAccessKey in backups.store';
    return backupError('WrongPassword', `${intro}: ${cure}. ${said}`);
  }
  const silence = silences.find(([code]) => code.test(codes));
  return backupError('Unreachable', `${intro}: ${silence?.[1] ?? 'there was no usable answer'}. ${said}`);
}
