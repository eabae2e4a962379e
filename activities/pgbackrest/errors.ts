import { isError } from '../backup/classify.js';
import { backupError, type BackupErrorType } from '../backup/errors.js';
import { endsOf } from '../pipeline/index.js';
import { bounded } from '../secrets/index.js';

/** By pgBackRest's exit code (https://github.com/pgbackrest/pgbackrest, `src/build/error/error.yaml`). */
const CODES: Record<number, [BackupErrorType, string]> = {
  26: ['Damaged', 'a checksum is wrong'],
  28: ['Damaged', 'a file of the repository is not what it should be'],
  29: ['Damaged', 'a file of the repository cannot be read as what it should be'],
  38: ['InUse', 'a server runs on the folder'],
  40: ['NameTaken', 'the folder is not empty'],
  41: ['Forbidden', 'a file cannot be opened; run the host worker as the owner of the repository, or as root'],
  42: ['Forbidden', 'a file cannot be read'],
  44: [
    'VersionMismatch',
    'the archive belongs to another cluster; run `pgbackrest stanza-upgrade` if the server was upgraded',
  ],
  47: ['Forbidden', 'a folder cannot be made; run the host worker as the owner of the repository, or as root'],
  49: ['Unreachable', "the stanza's other host does not answer"],
  50: ['InUse', 'another command of pgBackRest works on the stanza; the next try comes later'],
  51: [
    'VersionMismatch',
    'the repository belongs to another cluster; run `pgbackrest stanza-upgrade` if the server was upgraded',
  ],
  53: ['Forbidden', 'a folder cannot be opened; run the host worker as the owner of the repository, or as root'],
  55: ['NotFound', 'a file is missing; run `pgbackrest stanza-create` if the stanza is new'],
  56: ['Unreachable', 'the server does not answer on its socket; is it running, and may this user connect?'],
  62: ['InUse', 'pgBackRest was stopped by hand; run `pgbackrest start`'],
  66: ['Unreachable', 'another process of pgBackRest did not answer in time'],
  68: [
    'Unsupported',
    "the server does not archive through pgBackRest; set archive_command as pgBackRest's user guide says",
  ],
  75: ['Unsupported', 'the backup set is not there or is still needed'],
  82: ['Stalled', 'WAL did not reach the archive in time; see archive_command and the log of the server'],
  87: ['Unsupported', "archiving is off; set archive_mode and archive_command as pgBackRest's user guide says"],
  103: ['Unreachable', 'no repository can be used'],
};

/** The number in `ERROR: [082]: …`; undefined when there is none. */
export const codeIn = (stderr: string): number | undefined => {
  const found = /ERROR: \[(\d{3})\]/.exec(stderr)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** The typed error for a command of pgBackRest that failed; `what` is a verb phrase. Errors of another kind stay as they are. */
export function stanzaError(error: unknown, what: string): unknown {
  const end = endsOf(error)[0];
  if (end === undefined || !isError(error, 'ProducerFailed')) return error;
  const code = codeIn(end.stderr);
  const said = bounded(end.stderr.replaceAll(/^.*WARN:.*retention-full.*\n.*HINT: to retain.*$/gm, ''), 1_000);
  const known = code === undefined ? undefined : CODES[code];
  if (known === undefined) {
    // 25 to 37 and 48: assertions and wrong options, which stay wrong.
    const wrong = code !== undefined && ((code >= 25 && code <= 37) || code === 48);
    return backupError(wrong ? 'Unsupported' : 'ProducerFailed', `Could not ${what}. pgBackRest said: ${said}`, [end]);
  }
  return backupError(known[0], `Could not ${what}: ${known[1]}. pgBackRest said: ${said}`);
}
