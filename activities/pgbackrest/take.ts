import { backupError } from '../backup/errors.js';
import type { ExternalBackup } from '../backup/types.js';
import { chainOf, type BackupInfo, type StanzaInfo } from './info.js';
import { ask, readInfo, stanzaCommand, versionOf, work, type Stanza } from './stanza.js';

/** Key of the annotation that says which backup of ours a set is. */
export const ANNOTATION = 'belay-id';
/** `check` waits for the archive as long as archive-timeout says, 60 s by default. */
const CHECK_MS = 15 * 60_000;

export interface Taken {
  external: ExternalBackup;
  recoveryPoint: { at: string; position?: string };
}

/** Whether this version can annotate a backup. */
export const annotates = ([major, minor]: readonly [number, number]): boolean =>
  major > 2 || (major === 2 && minor >= 41);

/**
 * The set that was taken as this backup. Without annotations: the newest that began after the time in the id, which is when the backup was
 * asked for. Pure.
 */
export function setOf(info: StanzaInfo, backupId: string, annotated: boolean): BackupInfo | undefined {
  if (annotated) return info.backups.findLast(({ annotation }) => annotation?.[ANNOTATION] === backupId);
  const asked = Date.parse(backupId.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z.*$/, '$1-$2-$3T$4:$5:$6Z'));
  return info.backups.findLast(({ timestamp }) => timestamp.start * 1_000 >= asked);
}

/**
 * Checks that WAL reaches the archive, then takes a backup, unless an earlier attempt has. pgBackRest waits itself until the WAL that the backup
 * needs is archived. Its own retention does not run: what is deleted is decided elsewhere. Throws `Damaged` when pages of the live data have
 * wrong checksums; the set stays then, for whoever needs the rest of it.
 */
export async function takeBackup(stanza: Stanza, backupId: string): Promise<Taken> {
  const { source, context } = stanza;
  const annotated = annotates(await versionOf(stanza));
  const before = setOf(await readInfo(stanza), backupId, annotated);
  if (before !== undefined) return taken(stanza, before, backupId);

  await ask(stanza, `check stanza ${source.stanza}`, stanzaCommand(stanza, 'check'), CHECK_MS);
  const notes = annotated
    ? [`--annotation=${ANNOTATION}=${backupId}`, `--annotation=belay-workflow=${context.run.workflowId}`]
    : [];
  const options = [
    `--type=${source.kind}`,
    '--no-expire-auto',
    '--log-level-console=detail',
    '--checksum-page',
    ...notes,
  ];
  await work(stanza, `back up stanza ${source.stanza}`, stanzaCommand(stanza, 'backup', options));
  const info = await readInfo(stanza);
  const found = setOf(info, backupId, annotated);
  if (found === undefined) {
    throw backupError(
      'ProducerFailed',
      `pgBackRest ended without an error, but the repository has no set for ${backupId}.`,
    );
  }
  return taken(stanza, found, backupId, info);
}

async function taken(stanza: Stanza, found: BackupInfo, backupId: string, known?: StanzaInfo): Promise<Taken> {
  if (found.error === true) throw damagedPages(found.label);
  const { source } = stanza;
  const { systemId, version } = known ?? (await readInfo(stanza));
  const { info, lsn, archive, timestamp } = found;
  const details: ExternalBackup['details'] = {
    stanza: source.stanza,
    repo: source.repo,
    backupId,
    type: found.type,
    chain: `${source.stanza}/${chainOf(found.label)}`,
    needs: (found.reference ?? []).join(' '),
    systemId,
    version,
    restoredBytes: info.size,
    walStart: archive.start ?? '',
    walStop: archive.stop ?? '',
  };
  return {
    external: { kind: 'pgbackrest', id: found.label, bytes: info.repository.delta ?? info.size, details },
    recoveryPoint: {
      at: new Date(timestamp.stop * 1_000).toISOString(),
      ...(lsn !== undefined && { position: lsn.stop }),
    },
  };
}

export function damagedPages(label: string): Error {
  return backupError(
    'Damaged',
    `Backup ${label} holds pages whose checksums were wrong when they were read from the live data. Look at the log of pgBackRest for the files, ` +
      'and repair the cluster or restore an older backup.',
  );
}
