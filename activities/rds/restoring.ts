import {
  DescribeDBParameterGroupsCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeOptionGroupsCommand,
  RebootDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
} from '@aws-sdk/client-rds';
import type { SourceOf } from '../../systems/backupSchema.js';
import { isError } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { poll, type Rds } from './client.js';
import { findInstance, waitGone, waitSettled, type Habits, type Instance } from './instance.js';
import { hasTag, toTagList, type Tags } from './names.js';

/** What a restored instance is made of. */
export interface Making {
  id: string;
  from: { snapshot: string } | { instance: string; time: string };
  tags: Tags;
  /** The tag that says that a present instance of this name is this very one, begun by an earlier attempt. */
  own: string;
  multiAz: boolean;
  protect: boolean;
  /** Of the live instance, for a copy that may take its place. */
  habits?: Habits;
}

/**
 * Parameters of both kinds of restore. All groups are said outright: what is left out becomes Amazon's default, not that of the instance
 * that was backed up.
 */
export function surroundings(restore: SourceOf<'rds'>['restore'], making: Making) {
  return {
    DBInstanceClass: restore.instanceClass,
    DBSubnetGroupName: restore.subnetGroup,
    VpcSecurityGroupIds: restore.securityGroups,
    DBParameterGroupName: restore.parameterGroup,
    ...(restore.optionGroup !== undefined && { OptionGroupName: restore.optionGroup }),
    MultiAZ: making.multiAz,
    DeletionProtection: making.protect,
    PubliclyAccessible: false,
    ...making.habits,
    Tags: toTagList(making.tags),
  };
}

/**
 * Restores into a new instance and waits until it can be used with the very parameter group that was asked for. A repeat goes on with the
 * instance that an earlier attempt began. Throws `NameTaken`, `QuotaExceeded`, `NotFound`, `Unsupported` before anything is made;
 * `RestoreError` when the instance ends in a state that it does not leave.
 */
export async function makeInstance(rds: Rds, source: SourceOf<'rds'>, making: Making): Promise<Instance> {
  await poll(rds, `Restoring ${making.id}`, rds.patience.changeMs, async () => {
    const found = await findInstance(rds, making.id);
    if (found !== undefined) {
      if (!hasTag(found.tags, making.own, making.tags[making.own] ?? '')) {
        throw backupError(
          'NameTaken',
          `There is an instance ${making.id} already, not of this run. Choose another name.`,
        );
      }
      if (found.status !== 'deleting') return found;
      await waitGone(rds, making.id);
    }
    try {
      await begin(rds, source, making);
    } catch (error) {
      // Begun by an attempt whose answer was lost, or the snapshot is busy: the next look tells.
      if (isError(error, 'NameTaken', 'InUse')) return 'asked again';
      throw error;
    }
    return 'asked for';
  });
  const made = await waitSettled(rds, making.id, rds.patience.restoreMs);
  return applyParameters(rds, made, source.restore.parameterGroup);
}

async function begin(rds: Rds, source: SourceOf<'rds'>, making: Making): Promise<void> {
  const { from, id } = making;
  const around = surroundings(source.restore, making);
  await rds.ask(`restore ${source.instance} as ${id}`, async (options) => {
    if ('snapshot' in from) {
      const named = { DBInstanceIdentifier: id, DBSnapshotIdentifier: from.snapshot };
      await rds.client.send(new RestoreDBInstanceFromDBSnapshotCommand({ ...around, ...named }), options);
      return;
    }
    const to = {
      SourceDBInstanceIdentifier: from.instance,
      TargetDBInstanceIdentifier: id,
      RestoreTime: new Date(from.time),
    };
    await rds.client.send(new RestoreDBInstanceToPointInTimeCommand({ ...around, ...to }), options);
  });
}

/** A parameter group that is `pending-reboot` is not in force: then the instance, which nobody uses yet, is rebooted. */
async function applyParameters(rds: Rds, instance: Instance, wanted: string): Promise<Instance> {
  const { id } = instance;
  const group = instance.parameterGroups.find(({ name }) => name === wanted);
  if (group === undefined) {
    const names = instance.parameterGroups.map(({ name }) => name).join(', ') || 'none';
    throw backupError('RestoreError', `Instance ${id} has parameter group ${names} instead of ${wanted}.`);
  }
  if (group.status === 'in-sync') return instance;
  if (group.status === 'pending-reboot') {
    const command = new RebootDBInstanceCommand({ DBInstanceIdentifier: id });
    await rds.ask(`reboot ${id}, so that its parameters apply`, (options) => rds.client.send(command, options));
  }
  return poll(rds, `Parameters of ${id}`, rds.patience.changeMs, async () => {
    const now = await waitSettled(rds, id);
    const status = now.parameterGroups.find(({ name }) => name === wanted)?.status ?? 'missing';
    return status === 'in-sync' ? now : status;
  });
}

/** What of the surroundings in the description does not exist in the account. */
export async function missingSurroundings(rds: Rds, source: SourceOf<'rds'>): Promise<string[]> {
  const { subnetGroup, parameterGroup, optionGroup } = source.restore;
  const { client } = rds;
  const looks: [string, string | undefined, (options: { abortSignal: AbortSignal }) => Promise<unknown>][] = [
    [
      'restore.subnetGroup',
      subnetGroup,
      (o) => client.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: subnetGroup }), o),
    ],
    [
      'restore.parameterGroup',
      parameterGroup,
      (o) => client.send(new DescribeDBParameterGroupsCommand({ DBParameterGroupName: parameterGroup }), o),
    ],
    [
      'restore.optionGroup',
      optionGroup,
      (o) => client.send(new DescribeOptionGroupsCommand({ OptionGroupName: optionGroup }), o),
    ],
  ];
  const problems = await Promise.all(
    looks.map(async ([field, name, look]) => {
      if (name === undefined) return [];
      try {
        await rds.ask(`look at ${field} ${name}`, look);
        return [];
      } catch (error) {
        if (isError(error, 'NotFound')) return [`${field}: there is no ${name} in ${source.region}`];
        throw error;
      }
    }),
  );
  return problems.flat();
}

/** How the live instance differs from what the description would make in its place: to be seen before a swap, not after it. */
export function differences(live: Instance, { restore }: SourceOf<'rds'>): string[] {
  const pairs: [string, string, string][] = [
    ['instanceClass', live.instanceClass, restore.instanceClass],
    ['subnetGroup', live.subnetGroup, restore.subnetGroup],
    ['securityGroups', live.securityGroups.toSorted().join(', '), restore.securityGroups.toSorted().join(', ')],
    ['parameterGroup', live.parameterGroups.map(({ name }) => name).join(', '), restore.parameterGroup],
    ['multiAz', String(live.multiAz), String(restore.multiAz)],
  ];
  return pairs
    .filter(([, now, then]) => now !== then)
    .map(([field, now, then]) => `restore.${field} is ${then}, ${live.id} has ${now || 'none'}`);
}
