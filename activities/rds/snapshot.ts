import {
  CreateDBSnapshotCommand,
  DeleteDBSnapshotCommand,
  DescribeDBSnapshotsCommand,
  type DBSnapshot,
} from '@aws-sdk/client-rds';
import type { SourceOf } from '../../systems/backupSchema.js';
import { isError } from '../backup/classify.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import type { ExternalBackup } from '../backup/types.js';
import { poll, whenBusy, type Rds } from './client.js';
import { isMissing } from './errors.js';
import { fromTagList, hasTag, snapshotName, TAGS, toTagList, type Tags } from './names.js';

const GIB = 1024 ** 3;

/** What we look at of a snapshot. */
export interface Snapshot {
  id: string;
  arn: string;
  status: string;
  /** manual, automated, shared, public, awsbackup. */
  type: string;
  storageGiB: number;
  encrypted: boolean;
  kmsKeyId?: string;
  percent: number;
  resourceId: string;
  engine: string;
  version: string;
  /** The state that a restore gives; for a copy the time of the original. */
  takenAt?: string;
  tags: Tags;
}

export function toSnapshot(found: DBSnapshot): Snapshot {
  const taken = found.OriginalSnapshotCreateTime ?? found.SnapshotCreateTime;
  return {
    id: found.DBSnapshotIdentifier ?? '',
    arn: found.DBSnapshotArn ?? '',
    status: found.Status ?? 'unknown',
    type: found.SnapshotType ?? 'unknown',
    storageGiB: found.AllocatedStorage ?? 0,
    encrypted: found.Encrypted === true,
    ...(found.KmsKeyId !== undefined && { kmsKeyId: found.KmsKeyId }),
    percent: found.PercentProgress ?? 0,
    resourceId: found.DbiResourceId ?? '',
    engine: found.Engine ?? '',
    version: found.EngineVersion ?? '',
    ...(taken !== undefined && { takenAt: taken.toISOString() }),
    tags: fromTagList(found.TagList),
  };
}

/** The snapshot of this name; undefined when Amazon says that there is none. */
export async function findSnapshot(rds: Rds, id: string): Promise<Snapshot | undefined> {
  const command = new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier: id });
  return rds.ask(`look at snapshot ${id}`, async (options) => {
    try {
      const found = (await rds.client.send(command, options)).DBSnapshots?.[0];
      return found && toSnapshot(found);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

/**
 * Takes a snapshot under a name that follows from the backup's id, so that a repeat finds the one that was begun, and waits until it is
 * available. One that failed is removed, so that the next try can begin anew (`ProducerFailed`).
 */
export async function takeSnapshot(
  rds: Rds,
  source: SourceOf<'rds'>,
  backupId: string,
  run: EngineContext['run'],
): Promise<{ external: ExternalBackup; recoveryPoint: { at: string } }> {
  const id = snapshotName(source.instance, backupId);
  const command = new CreateDBSnapshotCommand({
    DBInstanceIdentifier: source.instance,
    DBSnapshotIdentifier: id,
    Tags: toTagList({ [TAGS.backup]: backupId, [TAGS.workflow]: run.workflowId }),
  });
  await whenBusy(rds, `Snapshot ${id}`, async () => {
    try {
      await rds.ask(`create snapshot ${id} of ${source.instance}`, (options) => rds.client.send(command, options));
    } catch (error) {
      if (!isError(error, 'NameTaken', 'InUse')) throw error;
      // An earlier attempt, or an answer that was lost: the instance is busy with our own snapshot then.
      if ((await ours(rds, id, backupId)) === undefined) throw error;
    }
  });
  const done = await poll(rds, `Snapshot ${id}`, rds.patience.snapshotMs, async () => {
    const found = await ours(rds, id, backupId);
    if (found === undefined) return 'not there yet';
    if (found.status === 'available' && found.takenAt !== undefined) return { ...found, takenAt: found.takenAt };
    if (['creating', 'available', 'modifying'].includes(found.status)) return `${found.status}, ${found.percent} %`;
    await dropFailed(rds, found);
    throw backupError(
      'ProducerFailed',
      `Snapshot ${id} of ${source.instance} is ${found.status}. Look at the events of the instance in the AWS console.`,
    );
  });
  const details: ExternalBackup['details'] = {
    arn: done.arn,
    backupId,
    instance: source.instance,
    resourceId: done.resourceId,
    engine: `${done.engine} ${done.version}`,
    encrypted: done.encrypted,
    storageGiB: done.storageGiB,
    ...(done.kmsKeyId !== undefined && { kmsKeyId: done.kmsKeyId }),
  };
  return {
    external: { kind: 'rds-snapshot', id, bytes: done.storageGiB * GIB, details },
    recoveryPoint: { at: done.takenAt },
  };
}

async function ours(rds: Rds, id: string, backupId: string): Promise<Snapshot | undefined> {
  const found = await findSnapshot(rds, id);
  if (found === undefined || hasTag(found.tags, TAGS.backup, backupId)) return found;
  throw backupError('NameTaken', `A snapshot ${id} is there, but without our tag for backup ${backupId}. Remove it.`);
}

async function dropFailed(rds: Rds, { id, status }: Snapshot): Promise<void> {
  if (status !== 'failed') return;
  const command = new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id });
  // The failure of the snapshot is what must be told; a leftover is found by the next try.
  await rds.ask(`delete the failed snapshot ${id}`, (options) => rds.client.send(command, options)).catch(() => {});
}

/** What is wrong with a snapshot that stands for a backup (L2); empty when it is right. */
export function snapshotProblems(found: Snapshot | undefined, external: ExternalBackup): string[] {
  const { details } = external;
  if (found === undefined) return [`snapshot ${external.id} is not there any more`];
  const problems: string[] = [];
  if (found.status !== 'available') problems.push(`it is ${found.status}, not available`);
  if (!(found.storageGiB > 0)) problems.push('its size is 0');
  if (details['storageGiB'] !== undefined && found.storageGiB !== details['storageGiB']) {
    problems.push(`its size is ${found.storageGiB} GiB, it was ${details['storageGiB']} GiB`);
  }
  if (found.encrypted !== details['encrypted']) {
    problems.push(found.encrypted ? 'it is encrypted, and was not' : 'it is not encrypted, and was');
  }
  if (found.resourceId !== details['resourceId']) problems.push('it is of another instance than the one backed up');
  if (!hasTag(found.tags, TAGS.backup, String(details['backupId']))) problems.push(`its tag ${TAGS.backup} is wrong`);
  return problems;
}

/**
 * Deletes the snapshot of a backup and waits until it is gone. Nothing there counts as done. Throws `NotOurs` for one without our tag and
 * for automated and shared ones.
 */
export async function removeSnapshot(rds: Rds, external: ExternalBackup): Promise<void> {
  const { id } = external;
  await poll(rds, `Deleting snapshot ${id}`, rds.patience.deleteMs, async () => {
    const found = await findSnapshot(rds, id);
    if (found === undefined) return {};
    const why =
      found.type !== 'manual'
        ? `is ${found.type}, not one that we took`
        : hasTag(found.tags, TAGS.backup, String(external.details['backupId']))
          ? undefined
          : `does not carry our tag ${TAGS.backup} with this backup's id`;
    if (why !== undefined) {
      throw backupError('NotOurs', `Snapshot ${id} ${why}, and was left. Remove it by hand if it is not needed.`);
    }
    if (found.status === 'deleting') return 'deleting';
    try {
      const command = new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: id });
      await rds.ask(`delete snapshot ${id}`, (options) => rds.client.send(command, options));
    } catch (error) {
      if (!isError(error, 'InUse', 'NotFound')) throw error;
    }
    return 'asked for';
  });
}
