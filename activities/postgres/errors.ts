import { ApplicationFailure } from '@temporalio/common';
import { backupError, type BackupErrorType } from '../backup/errors.js';
import { bounded } from '../secrets/index.js';

/** What an SQLSTATE (PostgreSQL, appendix A) means for a backup, and what to do. First match wins; a class is its two letters. */
const BY_STATE: [RegExp, BackupErrorType, string][] = [
  [/^28P01$/, 'WrongPassword', 'Correct the password that the description refers to.'],
  [/^28/, 'Forbidden', 'Check the user and pg_hba.conf.'],
  [/^3D000$/, 'NotFound', 'Correct the name of the database.'],
  [/^42501$/, 'Forbidden', 'Grant the privilege that is named, or pg_read_all_data.'],
  [/^53100$/, 'DiskFull', 'Free space on the disk of the server.'],
  [/^53/, 'Unreachable', 'The server is short of connections or memory.'],
  [/^55P03$/, 'Stalled', 'Somebody holds a lock; see pg_locks.'],
  [/^55006$/, 'InUse', 'Sessions, replication slots or prepared transactions use it; see pg_stat_activity.'],
  [/^57P0/, 'Unreachable', 'The server starts, stops or has ended the session.'],
  [/^57014$/, 'Stalled', 'It took longer than it may.'],
  [/^08/, 'Unreachable', 'The connection was lost.'],
  [/^(40001|72000)$/, 'SnapshotLost', 'On a standby, raise max_standby_streaming_delay.'],
  [/^(42P04)$/, 'NameTaken', 'Choose another name.'],
  [/^(55000|0A000)$/, 'Unsupported', 'Ask the writer itself, not a reader or a proxy.'],
];

const BY_CODE: [RegExp, BackupErrorType, string][] = [
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+|ERR_TLS_CERT_ALTNAME_INVALID)$/,
    'Forbidden',
    "The server's certificate is not trusted: set sslRootCert to the authority that signed it.",
  ],
  [/^E[A-Z]+$/, 'Unreachable', 'Check host, port, the network and whether the server runs.'],
];

const BY_MESSAGE: [RegExp, BackupErrorType, string][] = [
  [/does not support SSL/i, 'Unsupported', 'Set sslMode to disable, or switch SSL on in the server.'],
  [/SASL|password must be a string/i, 'WrongPassword', 'Refer to the right password in the description.'],
  [/\bpool(ing|er)\b/i, 'PoolerBetween', 'Give the address of the server itself.'],
  [/invalid snapshot identifier/i, 'SnapshotLost', 'The session that held it has ended.'],
  [/timeout|terminated|not queryable|closed/i, 'Unreachable', 'Check the network and the server.'],
];

/** Type and cure of an error of the server, the driver or the network; undefined for what is none of the known. Pure. */
export function judge(error: {
  code?: unknown;
  message?: unknown;
}): { type: BackupErrorType; cure: string } | undefined {
  const code = typeof error.code === 'string' ? error.code : '';
  const message = typeof error.message === 'string' ? error.message : '';
  const rule =
    BY_MESSAGE.slice(0, 4).find(([pattern]) => pattern.test(message)) ??
    BY_STATE.find(([pattern]) => code.length === 5 && pattern.test(code)) ??
    BY_CODE.find(([pattern]) => pattern.test(code)) ??
    BY_MESSAGE.find(([pattern]) => code === '' && pattern.test(message));
  return rule && { type: rule[1], cure: rule[2] };
}

/**
 * The error as a failure with cause and cure. `where` names what was asked, e.g. `db:5432/shop`; `otherwise` is the type of
 * what is not known. Typed failures stay as they are.
 */
export function failure(
  error: unknown,
  where: string,
  otherwise: BackupErrorType = 'ProducerFailed',
): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  const { message, code } = Object(error) as { message?: unknown; code?: unknown };
  const found = judge({ code, message });
  const said = bounded(typeof message === 'string' && message !== '' ? message : String(code ?? error));
  return backupError(found?.type ?? otherwise, `PostgreSQL ${where}: ${said}.${found ? ` ${found.cure}` : ''}`);
}
