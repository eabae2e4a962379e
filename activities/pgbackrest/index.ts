import type { ExternalEngine } from '../backup/engine.js';
import type { SourceFacts } from '../backup/types.js';
import { isError } from '../backup/classify.js';
import { sweepThrowaways } from '../throwaway/index.js';
import { dropCopy, inspectCopy, restoreBeside } from './copy.js';
import { liveFacts } from './live.js';
import { removeSet } from './remove.js';
import { KIND } from './restoring.js';
import { openStanza, readInfo, versionOf, type Stanza } from './stanza.js';
import { annotates, takeBackup } from './take.js';
import { verifyBackup } from './verify.js';

/**
 * Physical backups and point-in-time recovery by pgBackRest, on the host that has its configuration. Sets stay in its repository and are
 * restored by hand with its own command. There is no swap: a physical copy is a whole cluster, not a database.
 */
export const pgbackrestEngine: ExternalEngine<'pgbackrest'> = {
  inspect: async (source, context) => inspect(await openStanza(source, context)),
  take: async (source, id, context) => takeBackup(await openStanza(source, context), id),
  verify: async (source, external, level, context) => verifyBackup(await openStanza(source, context), external, level),
  restore: async (source, external, into, pointInTime, context) =>
    restoreBeside(await openStanza(source, context), external, into, pointInTime),
  inspectRestore: async (source, into, bytes, context) => inspectCopy(await openStanza(source, context), into, bytes),
  drop: async (source, name, context) => dropCopy(await openStanza(source, context), name),
  remove: async (source, external, context) => removeSet(await openStanza(source, context), external),
  sweep: (before) => sweepThrowaways(KIND, before),
};

async function inspect(stanza: Stanza): Promise<SourceFacts> {
  const { source, config } = stanza;
  const version = await versionOf(stanza);
  const info = await readInfo(stanza);
  const warnings = [...(await liveWarnings(stanza))];
  if (!annotates(version)) {
    warnings.push(
      `pgBackRest ${version.join('.')} cannot annotate backups; a repeat is told by its time. Update to 2.41 or newer`,
    );
  }
  if (config.dropsWal)
    warnings.push('archive-push-queue-max is set: when the queue is full, WAL is dropped and points in time are lost');
  if (source.verify !== undefined && source.verify > 'L4') {
    warnings.push(`${source.verify} is asked, but L4 is the highest level of a physical backup`);
  }
  const last = info.backups.at(-1);
  return {
    identity: info.systemId,
    serverVersion: info.version,
    tools: { pgbackrest: version.join('.') },
    ...(last !== undefined && { estimatedBytes: last.info.size }),
    warnings,
  };
}

async function liveWarnings(stanza: Stanza): Promise<string[]> {
  if (stanza.config.remote) return [];
  try {
    const { archiverFails, lastFailedWal, dataChecksums } = await liveFacts(stanza);
    const warnings: string[] = [];
    if (archiverFails)
      warnings.push(`the last try to archive failed (${lastFailedWal}), so WAL piles up; see the log of the server`);
    if (!dataChecksums)
      warnings.push('data checksums are off: damage on the disk of the live cluster is backed up unseen');
    return warnings;
  } catch (error) {
    stanza.context.signal.throwIfAborted();
    if (isError(error, 'MissingProgram')) throw error;
    return ['the live server does not answer on its socket'];
  }
}
