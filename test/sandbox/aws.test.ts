import {
  CreateDBInstanceCommand,
  CreateDBSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBInstancesCommand,
  DescribeDBSnapshotsCommand,
  ModifyDBInstanceCommand,
  RDSClient,
  RestoreDBInstanceFromDBSnapshotCommand,
  RestoreDBInstanceToPointInTimeCommand,
  type DBInstance,
} from '@aws-sdk/client-rds';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sandbox, SANDBOX_MS } from '../setup/sandbox.js';
import { awsRegion, type AwsRegion } from './awsControl.js';

let here: AwsRegion;
beforeAll(async () => {
  const { aws } = await sandbox('aws');
  if (!aws) throw new Error('no aws in the sandbox');
  here = await awsRegion(aws, 'eu-north-1');
}, SANDBOX_MS);
beforeEach(() => here.control({}));
afterAll(() => here.client.destroy());

async function makeInstance(): Promise<string> {
  const DBInstanceIdentifier = `db-${randomBytes(4).toString('hex')}`;
  await here.client.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier,
      DBInstanceClass: 'db.t4g.micro',
      Engine: 'postgres',
      EngineVersion: '13.15',
      AllocatedStorage: 20,
      MasterUsername: 'shop',
      MasterUserPassword: 'not-a-real-one',
    }),
  );
  return DBInstanceIdentifier;
}

async function find(DBInstanceIdentifier: string): Promise<DBInstance | undefined> {
  try {
    return (await here.client.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }))).DBInstances?.[0];
  } catch (error) {
    if ((error as Error).name === 'DBInstanceNotFoundFault') return undefined;
    throw error;
  }
}

async function snapshotStatus(DBSnapshotIdentifier: string): Promise<string | undefined> {
  const found = await here.client.send(new DescribeDBSnapshotsCommand({ DBSnapshotIdentifier }));
  return found.DBSnapshots?.[0]?.Status;
}

describe('what moto does not check', () => {
  const other = (credentials: { accessKeyId: string; secretAccessKey: string }): RDSClient =>
    new RDSClient({ region: here.region, endpoint: here.aws.endpoint, credentials, maxAttempts: 1 });

  test('a request with a wrong secret or an unknown key is refused, and so is one without a signature', async () => {
    const wrong = other({ accessKeyId: here.aws.accessKeyId, secretAccessKey: 'x'.repeat(40) });
    await expect(wrong.send(new DescribeDBInstancesCommand({}))).rejects.toThrow(/signature we calculated/);
    const unknown = other({ accessKeyId: 'AKIAUNKNOWN', secretAccessKey: here.aws.secretAccessKey });
    await expect(unknown.send(new DescribeDBInstancesCommand({}))).rejects.toThrow(/security token .* is invalid/);
    const bare = await fetch(here.aws.endpoint, { method: 'POST', body: 'Action=DescribeDBInstances' });
    expect(bare.status).toBe(403);
    expect(await bare.text()).toContain('MissingAuthenticationToken');
  });

  test.each([
    ['instance class', { DBInstanceClass: 'db.huge.99xlarge' }, /Invalid DB Instance class/],
    ['subnet group', { DBSubnetGroupName: 'nowhere' }, /nowhere/],
    ['parameter group', { DBParameterGroupName: 'nowhere' }, /nowhere/],
    ['security group', { VpcSecurityGroupIds: ['web'] }, /Invalid security group/],
    ['name', { DBInstanceIdentifier: 'two--hyphens' }, /not a valid identifier/],
  ])('a restore with an unknown %s is refused', async (_what, wrong, message) => {
    const source = await makeInstance();
    const DBSnapshotIdentifier = `${source}-s`;
    await here.client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: source, DBSnapshotIdentifier }));
    const right = { DBInstanceIdentifier: `${source}-r`, DBSnapshotIdentifier, DBInstanceClass: 'db.t4g.small' };
    const restore = new RestoreDBInstanceFromDBSnapshotCommand({ ...right, ...wrong });
    await expect(here.client.send(restore)).rejects.toThrow(message);
    expect(await find(right.DBInstanceIdentifier)).toBeUndefined();
  });

  test('a missing parameter, and a deletion that says nothing of a final snapshot, are refused', async () => {
    const source = await makeInstance();
    const snapshot = new CreateDBSnapshotCommand({ DBInstanceIdentifier: source, DBSnapshotIdentifier: undefined });
    await expect(here.client.send(snapshot)).rejects.toThrow(/DBSnapshotIdentifier/);
    const remove = new DeleteDBInstanceCommand({ DBInstanceIdentifier: source });
    await expect(here.client.send(remove)).rejects.toThrow(/FinalDBSnapshotIdentifier is required/);
    expect(await find(source)).toBeDefined();
  });
});

test('a snapshot is created for a while, its instance backs up, and a restore of it is refused until it is there', async () => {
  const source = await makeInstance();
  await here.control({ snapshotMs: 1_500, createMs: 800 });
  const DBSnapshotIdentifier = `${source}-s`;
  await here.client.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: source, DBSnapshotIdentifier }));
  expect(await snapshotStatus(DBSnapshotIdentifier)).toBe('creating');
  expect((await find(source))?.DBInstanceStatus).toBe('backing-up');
  const restore = new RestoreDBInstanceFromDBSnapshotCommand({
    DBInstanceIdentifier: `${source}-r`,
    DBSnapshotIdentifier,
  });
  await expect(here.client.send(restore)).rejects.toThrow(/currently creating/);
  await sleep(1_600);
  expect(await snapshotStatus(DBSnapshotIdentifier)).toBe('available');
  await here.client.send(restore);
  const creating = await find(`${source}-r`);
  expect(creating).toMatchObject({ DBInstanceStatus: 'creating' });
  expect(creating?.Endpoint).toBeUndefined();
  await sleep(900);
  const made = await find(`${source}-r`);
  expect(made?.DBInstanceStatus).toBe('available');
  expect(made?.DbiResourceId).not.toBe((await find(source))?.DbiResourceId);
});

test('after ModifyDBInstance an instance says available for a while, then renaming, then it is gone to its new name', async () => {
  const source = await makeInstance();
  const { DbiResourceId } = (await find(source)) ?? {};
  await here.control({ settleMs: 700, modifyMs: 700 });
  const NewDBInstanceIdentifier = `${source}-new`;
  const rename = { DBInstanceIdentifier: source, NewDBInstanceIdentifier, ApplyImmediately: true };
  await here.client.send(new ModifyDBInstanceCommand(rename));
  expect(await find(source)).toMatchObject({
    DBInstanceStatus: 'available',
    PendingModifiedValues: { DBInstanceIdentifier: NewDBInstanceIdentifier },
  });
  await sleep(800);
  expect((await find(source))?.DBInstanceStatus).toBe('renaming');
  expect(await find(NewDBInstanceIdentifier)).toBeUndefined();
  await sleep(800);
  expect(await find(source)).toBeUndefined();
  const renamed = await find(NewDBInstanceIdentifier);
  expect(renamed).toMatchObject({ DBInstanceStatus: 'available', DbiResourceId });
  expect(renamed?.PendingModifiedValues?.DBInstanceIdentifier).toBeUndefined();
});

test('a change that is not applied immediately stays pending', async () => {
  const source = await makeInstance();
  const change = { DBInstanceIdentifier: source, DBInstanceClass: 'db.r6g.large', ApplyImmediately: false };
  await here.client.send(new ModifyDBInstanceCommand(change));
  await sleep(100);
  expect(await find(source)).toMatchObject({
    DBInstanceClass: 'db.t4g.micro',
    PendingModifiedValues: { DBInstanceClass: 'db.r6g.large' },
  });
});

test('a deletion takes its time, and a protected instance is not deleted', async () => {
  const source = await makeInstance();
  const protect = { DBInstanceIdentifier: source, DeletionProtection: true, ApplyImmediately: true };
  await here.client.send(new ModifyDBInstanceCommand(protect));
  const remove = new DeleteDBInstanceCommand({ DBInstanceIdentifier: source, SkipFinalSnapshot: true });
  await expect(here.client.send(remove)).rejects.toThrow(/Cannot delete protected/);
  await here.client.send(new ModifyDBInstanceCommand({ ...protect, DeletionProtection: false }));
  await here.control({ deleteMs: 600 });
  await here.client.send(remove);
  expect((await find(source))?.DBInstanceStatus).toBe('deleting');
  await sleep(700);
  expect(await find(source)).toBeUndefined();
});

test('a restore to a time outside of what the backups reach is refused', async () => {
  const source = await makeInstance();
  const restore = (RestoreTime: Date): Promise<unknown> =>
    here.client.send(
      new RestoreDBInstanceToPointInTimeCommand({
        SourceDBInstanceIdentifier: source,
        TargetDBInstanceIdentifier: `${source}-t`,
        RestoreTime,
      }),
    );
  await expect(restore(new Date(Date.now() + 60_000))).rejects.toThrow(/later than/);
  await expect(restore(new Date(Date.now() - 86_400_000))).rejects.toThrow(/earlier than/);
  await sleep(2_500);
  await restore(new Date(Date.now() - 1_200));
  expect((await find(`${source}-t`))?.DBInstanceStatus).toBe('available');
});

describe('faults on demand', () => {
  test('throttling, so many times, of one action', async () => {
    const source = await makeInstance();
    await here.control({ faults: [{ action: 'DescribeDBInstances', times: 2 }] });
    await expect(find(source)).rejects.toMatchObject({ name: 'Throttling' });
    await expect(find(source)).rejects.toMatchObject({ name: 'Throttling' });
    expect(await find(source)).toBeDefined();
  });

  test('an answer that is lost after the effect', async () => {
    const source = await makeInstance();
    await here.control({ faults: [{ action: 'CreateDBSnapshot', with: 'lost' }] });
    const take = new CreateDBSnapshotCommand({ DBInstanceIdentifier: source, DBSnapshotIdentifier: `${source}-s` });
    await expect(here.client.send(take)).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(await snapshotStatus(`${source}-s`)).toBe('available');
    await expect(here.client.send(take)).rejects.toMatchObject({ name: 'DBSnapshotAlreadyExistsFault' });
  });

  test('no more snapshots than the quota', async () => {
    const source = await makeInstance();
    await here.control({ snapshotQuota: 0 });
    const take = new CreateDBSnapshotCommand({ DBInstanceIdentifier: source, DBSnapshotIdentifier: `${source}-s` });
    await expect(here.client.send(take)).rejects.toMatchObject({ name: 'SnapshotQuotaExceededFault' });
  });
});
