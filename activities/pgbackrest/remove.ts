import { backupError } from '../backup/errors.js';
import type { ExternalBackup } from '../backup/types.js';
import { dependents } from './info.js';
import { ask, readInfo, stanzaCommand, versionOf, type Stanza } from './stanza.js';
import { annotates, ANNOTATION } from './take.js';

const EXPIRE_MS = 6 * 60 * 60_000;

/**
 * Expires exactly one set. `expire --set` would take the sets that need it along without a word, so it is refused while there are any: a chain goes
 * newest first. Nothing there counts as done. Throws `NotOurs` for a set without our annotation, `Unsupported` for the last full one, which
 * pgBackRest keeps.
 */
export async function removeSet(stanza: Stanza, external: ExternalBackup): Promise<void> {
  const { id, details } = external;
  const { backups } = await readInfo(stanza);
  const set = backups.find(({ label }) => label === id);
  if (set === undefined) return;
  if (annotates(await versionOf(stanza)) && set.annotation?.[ANNOTATION] !== details['backupId']) {
    throw backupError(
      'NotOurs',
      `Set ${id} does not carry our annotation ${ANNOTATION} of this backup, and was left. Expire it by hand if it is not needed.`,
    );
  }
  const needing = dependents(backups, id);
  if (needing.length > 0) {
    throw backupError('InUse', `Set ${id} is needed by ${needing.join(', ')}; remove those first.`);
  }
  await ask(stanza, `expire set ${id}`, stanzaCommand(stanza, 'expire', [`--set=${id}`]), EXPIRE_MS);
  const after = await readInfo(stanza);
  if (after.backups.some(({ label }) => label === id)) {
    throw backupError('ProducerFailed', `pgBackRest ended without an error, but set ${id} is still there.`);
  }
}
