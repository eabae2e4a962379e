import type { Bucket } from '../objectstore/types.js';
import { canonical } from './canonical.js';
import { summarise } from './contents.js';
import type { ExternalEngine } from './engine.js';
import { backupPrefix } from './keys.js';
import { parseExternal } from './manifest.js';
import type { BackupTarget, Draft, ExternalBackup } from './types.js';
import { currentAttempt, engineContext, type Work } from './work.js';

/** Has a vendor or a tool take the backup. Notes in the store what was taken, so that it can be removed if it is never published. */
export async function takeExternal(work: Work, engine: ExternalEngine, backupId: string): Promise<Draft> {
  const { target, beat, bucket } = work;
  const context = engineContext(work);
  beat.phase('inspect', 'work');
  const facts = await engine.inspect(target.source, context);
  const startedAt = new Date().toISOString();
  beat.phase('take', 'work');
  const { external, recoveryPoint } = await engine.take(target.source, backupId, context);
  // Not in the attempt's folder: the next attempt clears that, and it may never come to take the same one again.
  const note = `${backupPrefix(target.system, target.source.name, backupId)}${NOTE}`;
  await bucket.create(note, canonical(external), 'application/json', { lock: false });
  return {
    backupId,
    attempt: currentAttempt().attempt,
    startedAt,
    endedAt: new Date().toISOString(),
    recoveryPoint,
    facts,
    objects: [],
    external,
    contents: summarise({ items: [], facts: {} }),
    excluded: [],
  };
}

const NOTE = 'external.json';

/** Keeps what a vendor's backup is called while manifest and data are deleted. */
export const TOMBSTONE = 'deleted.json';

/** The vendor's backups that attempts of this one have noted, or a deletion that was cut off has left. */
export async function notedExternals(
  bucket: Bucket,
  target: BackupTarget,
  backupId: string,
): Promise<ExternalBackup[]> {
  const prefix = backupPrefix(target.system, target.source.name, backupId);
  const found: ExternalBackup[] = [];
  for (const name of [NOTE, TOMBSTONE]) {
    const bytes = await bucket.read(`${prefix}${name}`);
    const external = bytes && parseExternal(bytes);
    if (external && !found.some(({ id }) => id === external.id)) found.push(external);
  }
  return found;
}
