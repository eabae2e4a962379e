import { PERSON } from '../../../activities/backup/fold.js';
import type { BackupEvent, Listing } from '../../../activities/backup/types.js';
import { outsideWorker } from '../../doctor/outsideWorker.js';
import { openBackups } from '../../backups/open.js';
import { CliError, UsageError } from '../errors.js';
import { exit } from '../exitCodes.js';
import { print } from '../io.js';
import type { Io } from '../io.js';
import { actor } from '../prepare.js';
import { useSandbox } from '../sandboxAddresses.js';
import { namedTargets } from './backups.js';

export interface HoldOptions {
  reason?: string;
  as?: string;
}

const limitMs = 120_000;

/**
 * `belay backups hold|release SYSTEM SOURCE ID`: appends an event to a backup. Retention keeps a held backup, whatever its age. Doing it twice
 * changes nothing.
 */
export async function backupsHold(
  io: Io,
  kind: 'hold' | 'release',
  place: { system: string; source: string; id: string },
  options: HoldOptions,
): Promise<number> {
  if (!options.reason?.trim()) throw new UsageError(`backups ${kind}: give --reason, it is recorded`);
  await useSandbox(io);
  const [target] = namedTargets(place.system, place.source);
  if (target === undefined) throw new UsageError(`${place.system} has no source "${place.source}"`);
  const { listBackups, recordBackupEvent } = await openBackups(io.env);
  const held = isHeld(await outsideWorker(limitMs, () => listBackups({ target })), place.id);
  const changed = held !== (kind === 'hold');
  const who = options.as ?? actor(io);
  if (changed) {
    const at = new Date().toISOString();
    const detail = `${who}: ${options.reason.trim()}`;
    const event: BackupEvent = { at, kind, detail, workflowId: `${PERSON}${who}` };
    await outsideWorker(limitMs, () => recordBackupEvent({ target, backupId: place.id, event }));
  }
  print(io, { ...place, held: kind === 'hold', changed }, () => {
    if (!changed) return `Nothing to do: ${place.id} is ${held ? 'held already' : 'not held'}.`;
    return kind === 'hold'
      ? `${place.id} is held: retention keeps it until it is released.`
      : `${place.id} is released: retention treats it like any other.`;
  });
  return exit.ok;
}

function isHeld(listing: Listing, id: string): boolean {
  const entry = listing.backups.find((one) => one.id === id);
  if (entry !== undefined) return entry.held;
  const unreadable = listing.unreadable.find((one) => one.id === id);
  if (unreadable !== undefined)
    throw new CliError(`${id} cannot be held: its manifest is unreadable (${unreadable.why})`);
  const known = listing.backups.map((one) => one.id);
  throw new CliError(`There is no published backup ${id}.`, exit.usage, [
    known.length === 0 ? 'This source has none at all.' : `There are: ${known.slice(0, 10).join(', ')}`,
  ]);
}
