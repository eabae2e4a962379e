import { backupError } from '../backup/errors.js';
import { codeOf, fileFailure } from '../host/files.js';
import { bounded } from '../secrets/redact.js';

/** SQLite's own code of an error (`SQLITE_BUSY`); undefined for any other error. */
export function sqliteCode(error: unknown): string | undefined {
  const code = codeOf(error);
  return code?.startsWith('SQLITE_') ? code : undefined;
}

/** Whether SQLite says that the file itself is bad; disks and locks say nothing of it. */
export const speaksAgainst = (error: unknown): boolean =>
  /^SQLITE_(NOTADB|CORRUPT|ERROR)/.test(sqliteCode(error) ?? '');

/** The typed error for what SQLite said of a file, or the error itself when SQLite did not say it. */
export function sqliteFailure(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  if (code === undefined) return fileFailure(error, file);
  const said = `${file}: ${bounded(messageOf(error))} (${code}).`;
  switch (code.split('_').slice(0, 2).join('_')) {
    case 'SQLITE_NOTADB':
      return backupError(
        'Damaged',
        `${said} It is no SQLite database: the path names another kind of file, it is encrypted, or its first page is damaged.`,
      );
    case 'SQLITE_CORRUPT':
      return backupError('Damaged', `${said} The database is damaged: restore a backup, or try sqlite3's ".recover".`);
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
    case 'SQLITE_AUTH':
      return backupError(
        'Forbidden',
        `${said} Give the host worker's user the right to read it and to write beside it (-shm).`,
      );
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return backupError('InUse', `${said} Another process has locked it; find it (fuser) and end its transaction.`);
    case 'SQLITE_FULL':
      return backupError('DiskFull', `${said} The disk is full. Free space and start again.`);
    default:
      return backupError('ProducerFailed', `${said} Look at the host's disk and its kernel log.`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
