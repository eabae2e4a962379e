import { MongoError, MongoServerError, MongoServerSelectionError, MongoNetworkError } from 'mongodb';
import { ApplicationFailure } from '@temporalio/common';
import { backupError } from '../backup/errors.js';
import { endsOf } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';

/** Codes of MongoDB: https://www.mongodb.com/docs/manual/reference/error-codes/ */
const UNAUTHORIZED = 13;
const AUTHENTICATION_FAILED = 18;
const NAMESPACE_NOT_FOUND = 26;
const OUT_OF_DISK = 14_031;
const PRIMARY_CHANGED = new Set([91, 189, 10_107, 11_600, 11_602, 13_435, 13_436]);

/** The typed failure for what the driver said about `place` (host:port/database); what is typed already stays as it is. */
export function mongoFailure(error: unknown, place: string): unknown {
  if (error instanceof ApplicationFailure || !(error instanceof MongoError)) return error;
  const said = bounded(error.message);
  const code = codeOf(error);
  if (code === AUTHENTICATION_FAILED || /auth(entication)? failed/i.test(error.message))
    return backupError(
      'WrongPassword',
      `${place} does not take the user and password: ${said}. Correct user, password or authSource.`,
    );
  if (code === UNAUTHORIZED)
    return backupError(
      'Forbidden',
      `${place}: ${said}. Grant the user the role "read" on the database (and "dbAdmin" to validate).`,
    );
  if (code === NAMESPACE_NOT_FOUND)
    return backupError('NotFound', `${place}: ${said}. Correct the name of the database.`);
  if (code === OUT_OF_DISK)
    return backupError('DiskFull', `${place}: the server's disk is full: ${said}. Free space there.`);
  if (
    error instanceof MongoServerSelectionError ||
    error instanceof MongoNetworkError ||
    PRIMARY_CHANGED.has(code ?? -1)
  )
    return backupError(
      'Unreachable',
      `${place} does not answer: ${said}. Is the server up, and are host, port, TLS and replicaSet right?`,
    );
  return backupError('ProducerFailed', `${place}: ${said}.`);
}

/** The server's error code, also of an error that is only the cause of another one. */
function codeOf(error: MongoError): number | undefined {
  if (error instanceof MongoServerError && typeof error.code === 'number') return error.code;
  const reason: unknown = error.cause;
  return reason instanceof MongoServerError && typeof reason.code === 'number' ? reason.code : undefined;
}

/** The typed failure of mongodump or mongorestore by what it printed. `refused` is the type when nothing else fits. */
export function toolFailure(error: unknown, place: string, refused: 'ProducerFailed' | 'RestoreError'): unknown {
  const [end] = endsOf(error).filter(({ code }) => code !== 0);
  if (!end) return error;
  const said = bounded(end.stderr, 600);
  if (/AuthenticationFailed|unable to authenticate/i.test(end.stderr))
    return backupError('WrongPassword', `${place} does not take the user and password: ${said}`);
  if (/not authorized|Unauthorized|requires authentication/i.test(end.stderr))
    return backupError(
      'Forbidden',
      `${place}: ${said}. Grant the role "backup" or "read" to dump, "restore" or "readWrite" to restore.`,
    );
  if (/could not connect|server selection error|connection refused|no reachable servers/i.test(end.stderr))
    return backupError('Unreachable', `${place} does not answer: ${said}`);
  if (/no space left|OutOfDiskSpace/i.test(end.stderr))
    return backupError('DiskFull', `${place}: the disk is full: ${said}`);
  return refused === 'RestoreError' ? backupError('RestoreError', `mongorestore refuses the data: ${said}`) : error;
}

/** Runs work against a server; the driver's errors become typed failures. After an abort its reason counts. */
export async function onServer<T>(place: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw mongoFailure(error, place);
  }
}
