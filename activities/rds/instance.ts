import {
  AddTagsToResourceCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  ModifyDBInstanceCommand,
  type DBInstance,
} from '@aws-sdk/client-rds';
import { isError } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { poll, whenBusy, type Rds } from './client.js';
import { isMissing } from './errors.js';
import { fromTagList, toTagList, type Tags } from './names.js';

/** What we look at of an instance. */
export interface Instance {
  id: string;
  arn: string;
  /** DbiResourceId: stays when the instance is renamed. */
  resourceId: string;
  status: string;
  engine: string;
  version: string;
  storageGiB: number;
  encrypted: boolean;
  tags: Tags;
  /** Changes that Amazon has taken and not yet made. */
  pending: string[];
  parameterGroups: { name: string; status: string }[];
  address?: { host: string; port: number };
  protected: boolean;
  instanceClass: string;
  subnetGroup: string;
  securityGroups: string[];
  multiAz: boolean;
  /** What a restore may be given and Amazon's defaults would change. */
  habits: Habits;
  retentionDays: number;
  cluster?: string;
  /** Milliseconds since the epoch; now, while Amazon does not say. */
  createdAt: number;
}

export interface Habits {
  PubliclyAccessible?: boolean;
  AutoMinorVersionUpgrade?: boolean;
  CopyTagsToSnapshot?: boolean;
  EnableIAMDatabaseAuthentication?: boolean;
  EnableCloudwatchLogsExports?: string[];
}

/** States that an instance does not leave by itself (RDS User Guide, "Viewing DB instance status"). */
const HOPELESS = new Set([
  'failed',
  'incompatible-restore',
  'incompatible-parameters',
  'incompatible-create',
  'restore-error',
  'storage-full',
]);

/** The same, where what stands around the instance is to blame and not its data. */
const MISPLACED = new Set([
  'incompatible-network',
  'incompatible-option-group',
  'incompatible-credentials',
  'inaccessible-encryption-credentials',
]);

export function toInstance(found: DBInstance): Instance {
  const pending = Object.entries(found.PendingModifiedValues ?? {}).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return {
    id: found.DBInstanceIdentifier ?? '',
    arn: found.DBInstanceArn ?? '',
    resourceId: found.DbiResourceId ?? '',
    status: found.DBInstanceStatus ?? 'unknown',
    engine: found.Engine ?? '',
    version: found.EngineVersion ?? '',
    storageGiB: found.AllocatedStorage ?? 0,
    encrypted: found.StorageEncrypted === true,
    tags: fromTagList(found.TagList),
    pending: pending.map(([name]) => name),
    parameterGroups: (found.DBParameterGroups ?? []).map((group) => ({
      name: group.DBParameterGroupName ?? '',
      status: group.ParameterApplyStatus ?? '',
    })),
    protected: found.DeletionProtection === true,
    instanceClass: found.DBInstanceClass ?? '',
    subnetGroup: found.DBSubnetGroup?.DBSubnetGroupName ?? '',
    securityGroups: (found.VpcSecurityGroups ?? []).map(({ VpcSecurityGroupId = '' }) => VpcSecurityGroupId),
    multiAz: found.MultiAZ === true,
    habits: habitsOf(found),
    retentionDays: found.BackupRetentionPeriod ?? 0,
    ...(found.Endpoint?.Address !== undefined && {
      address: { host: found.Endpoint.Address, port: found.Endpoint.Port ?? 0 },
    }),
    ...(found.DBClusterIdentifier !== undefined && { cluster: found.DBClusterIdentifier }),
    createdAt: found.InstanceCreateTime?.getTime() ?? Date.now(),
  };
}

function habitsOf(found: DBInstance): Habits {
  const logs = found.EnabledCloudwatchLogsExports ?? [];
  const flags = {
    PubliclyAccessible: found.PubliclyAccessible,
    AutoMinorVersionUpgrade: found.AutoMinorVersionUpgrade,
    CopyTagsToSnapshot: found.CopyTagsToSnapshot,
    EnableIAMDatabaseAuthentication: found.IAMDatabaseAuthenticationEnabled,
  };
  return {
    ...Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined)),
    ...(logs.length > 0 && { EnableCloudwatchLogsExports: logs }),
  };
}

/** The instance of this name; undefined when Amazon says that there is none. */
export async function findInstance(rds: Rds, id: string): Promise<Instance | undefined> {
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: id });
  return rds.ask(`look at instance ${id}`, async (options) => {
    try {
      const found = (await rds.client.send(command, options)).DBInstances?.[0];
      return found && toInstance(found);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  });
}

/** All instances of the region, page by page. */
export async function listInstances(rds: Rds): Promise<Instance[]> {
  const all: Instance[] = [];
  let Marker: string | undefined;
  do {
    const command: DescribeDBInstancesCommand = new DescribeDBInstancesCommand({ Marker, MaxRecords: 100 });
    const page = await rds.ask('list the instances', (options) => rds.client.send(command, options));
    all.push(...(page.DBInstances ?? []).map(toInstance));
    Marker = page.Marker;
  } while (Marker !== undefined && Marker !== '');
  return all;
}

/** Throws `RestoreError` for a state that an instance does not leave by itself, `Unsupported` when its surroundings are to blame for it. */
export function requireHope({ id, status }: Instance): void {
  if (!HOPELESS.has(status) && !MISPLACED.has(status)) return;
  throw backupError(
    HOPELESS.has(status) ? 'RestoreError' : 'Unsupported',
    `Instance ${id} is ${status} and does not leave that by itself. Look at its events in the AWS console.`,
  );
}

/**
 * Waits until an instance is available with no change pending. `available` alone does not do: after a change it is still said for some
 * seconds. Throws as `requireHope` does.
 */
export async function waitSettled(rds: Rds, id: string, timeoutMs = rds.patience.changeMs): Promise<Instance> {
  return poll(rds, `Instance ${id}`, timeoutMs, async () => {
    const found = await findInstance(rds, id);
    if (found === undefined) return 'not there yet';
    requireHope(found);
    if (found.status !== 'available') return found.status;
    return found.pending.length > 0 ? `available, ${found.pending.join(', ')} pending` : found;
  });
}

export async function tagInstance(rds: Rds, instance: Instance, tags: Tags): Promise<void> {
  const command = new AddTagsToResourceCommand({ ResourceName: instance.arn, Tags: toTagList(tags) });
  await rds.ask(`tag ${instance.id}`, (options) => rds.client.send(command, options));
}

/** Switches the deletion protection of an instance of ours off. */
async function unprotect(rds: Rds, id: string): Promise<void> {
  const change = { DBInstanceIdentifier: id, DeletionProtection: false, ApplyImmediately: true };
  await whenBusy(rds, `Unprotecting ${id}`, () =>
    rds.ask(`switch deletion protection of ${id} off`, (options) =>
      rds.client.send(new ModifyDBInstanceCommand(change), options),
    ),
  );
  await poll(rds, `Unprotecting ${id}`, rds.patience.changeMs, async () => {
    const found = await findInstance(rds, id);
    return found?.protected === true ? 'still protected' : {};
  });
}

/**
 * Deletes an instance without a final snapshot, after `isOurs` has agreed to what is there at this very moment; gives whether there was
 * one. Throws `NotOurs`. Its automated backups stay when `keepAutomated`. Does not wait for its end, which takes minutes.
 */
export async function deleteInstance(
  rds: Rds,
  id: string,
  isOurs: (instance: Instance) => boolean,
  keepAutomated: boolean,
): Promise<boolean> {
  const there = await poll(rds, `Deleting ${id}`, rds.patience.deleteMs, async () => {
    const found = await findInstance(rds, id);
    if (found === undefined) return { gone: true };
    if (!isOurs(found)) {
      throw backupError(
        'NotOurs',
        `Instance ${id} does not carry our tag for what is to be removed, and was left. Remove it by hand if it is not needed.`,
      );
    }
    if (found.status === 'deleting') return { gone: false };
    if (found.protected) await unprotect(rds, id);
    const command = new DeleteDBInstanceCommand({
      DBInstanceIdentifier: id,
      SkipFinalSnapshot: true,
      DeleteAutomatedBackups: !keepAutomated,
    });
    try {
      await rds.ask(`delete instance ${id}`, (options) => rds.client.send(command, options));
      return { gone: false };
    } catch (error) {
      if (isError(error, 'InUse')) return `${found.status}, tried again`;
      if (isError(error, 'NotFound')) return { gone: false };
      throw error;
    }
  });
  return !there.gone;
}

/** Waits until Amazon says that there is no such instance. */
export async function waitGone(rds: Rds, id: string): Promise<void> {
  await poll(rds, `Deleting ${id}`, rds.patience.deleteMs, async () => {
    const found = await findInstance(rds, id);
    return found === undefined ? {} : found.status;
  });
}
