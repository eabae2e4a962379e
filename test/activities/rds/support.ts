import { CreateDBInstanceCommand, DescribeDBInstancesCommand, DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { EngineContext } from '../../../activities/backup/engine.js';
import { createRdsEngine } from '../../../activities/rds/index.js';
import { toInstance, type Instance } from '../../../activities/rds/instance.js';
import { toSnapshot, type Snapshot } from '../../../activities/rds/snapshot.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import type { SourceOf } from '../../../systems/backupSchema.js';
import { awsRegion, type AwsRegion } from '../../sandbox/awsControl.js';
import { sandbox } from '../../setup/sandbox.js';

/** The engine in a hurry: the double's minutes are milliseconds. */
export const hurried = createRdsEngine({
  pollMs: 40,
  snapshotMs: 60_000,
  restoreMs: 60_000,
  changeMs: 60_000,
  deleteMs: 60_000,
  cleanUpMs: 20_000,
  silenceMs: 30_000,
});

export async function region(name: string): Promise<AwsRegion> {
  const { aws } = await sandbox('aws');
  if (!aws) throw new Error('the sandbox has no aws');
  return awsRegion(aws, name);
}

/** A fresh instance, encrypted, with the groups of the region, and the source that describes it. */
export async function freshSource(here: AwsRegion): Promise<SourceOf<'rds'>> {
  const instance = `shop-${randomBytes(4).toString('hex')}`;
  const { subnetGroup, securityGroups, parameterGroup, optionGroup } = here.surroundings;
  await here.client.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: instance,
      DBInstanceClass: 'db.t4g.micro',
      Engine: 'postgres',
      EngineVersion: '13.15',
      AllocatedStorage: 20,
      StorageEncrypted: true,
      CopyTagsToSnapshot: true,
      Tags: [{ Key: 'team', Value: 'orders' }],
      DBSubnetGroupName: subnetGroup,
      VpcSecurityGroupIds: securityGroups,
      DBParameterGroupName: parameterGroup,
      MasterUsername: 'shop',
      MasterUserPassword: 'not-a-real-one',
    }),
  );
  return {
    name: 'orders',
    type: 'rds',
    region: here.region,
    endpoint: here.aws.endpoint,
    accessKeyId: 'env:KEY_ID',
    secretAccessKey: 'env:KEY_SECRET',
    instance,
    consumers: [],
    smoke: [],
    restore: {
      instanceClass: 'db.t4g.small',
      subnetGroup,
      securityGroups,
      parameterGroup,
      optionGroup,
      multiAz: false,
      deletionProtection: true,
    },
  };
}

export function contextFor(
  here: AwsRegion,
  more: { signal?: AbortSignal; runId?: string; env?: Record<string, string> } = {},
): EngineContext & { said: string[] } {
  const said: string[] = [];
  const runId = more.runId ?? randomBytes(8).toString('hex');
  const env = more.env ?? { KEY_ID: here.aws.accessKeyId, KEY_SECRET: here.aws.secretAccessKey };
  return {
    secrets: createSecretResolver({ env, readFile: () => Promise.reject(new Error('no files here')) }),
    signal: more.signal ?? new AbortController().signal,
    scratch: tmpdir(),
    progress: (what) => void said.push(what),
    run: { workflowId: `backup/${runId}`, runId, runbook: 'backup', requestedBy: 'ana', reason: 'test' },
    system: 'shop',
    said,
  };
}

export async function snapshotOf(here: AwsRegion, id: string): Promise<Snapshot | undefined> {
  const { DBSnapshots = [] } = await here.client.send(new DescribeDBSnapshotsCommand({ SnapshotType: 'manual' }));
  return DBSnapshots.map(toSnapshot).find((one) => one.id === id);
}

export async function instancesOf(here: AwsRegion): Promise<Instance[]> {
  const { DBInstances = [] } = await here.client.send(new DescribeDBInstancesCommand({}));
  return DBInstances.map(toInstance);
}

export async function instanceOf(here: AwsRegion, id: string): Promise<Instance | undefined> {
  return (await instancesOf(here)).find((one) => one.id === id);
}

export const newBackupId = (): string => `20261121T020000Z-${randomBytes(4).toString('hex')}`;
