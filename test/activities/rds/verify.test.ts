import { CreateDBSnapshotCommand, DeleteDBSnapshotCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExternalBackup } from '../../../activities/backup/types.js';
import { throwawayName } from '../../../activities/rds/names.js';
import type { SourceOf } from '../../../systems/backupSchema.js';
import type { AwsRegion } from '../../sandbox/awsControl.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import {
  contextFor,
  freshSource,
  hurried,
  instanceOf,
  instancesOf,
  newBackupId,
  region,
  snapshotOf,
} from './support.js';

let here: AwsRegion;
beforeAll(async () => {
  here = await region('eu-west-2');
}, SANDBOX_MS);
beforeEach(() => here.control({}));
afterAll(() => here.client.destroy());

async function taken(): Promise<{ source: SourceOf<'rds'>; external: ExternalBackup }> {
  const source = await freshSource(here);
  const { external } = await hurried.take(source, newBackupId(), contextFor(here));
  return { source, external };
}

const throwaways = async (): Promise<string[]> =>
  (await instancesOf(here)).filter(({ tags }) => tags['belay-throwaway'] !== undefined).map(({ id }) => id);

describe('L2', () => {
  test('passes for the snapshot as it was taken, and restores nothing', async () => {
    const { source, external } = await taken();
    const before = (await here.actions()).length;
    const { levels } = await hurried.verify(source, external, 'L2', contextFor(here));
    expect(levels).toEqual([expect.objectContaining({ level: 'L2', passed: true })]);
    expect((await here.actions()).length).toBe(before);
  });

  test.each([
    ['encryption', { encrypted: false }, /encrypted/],
    ['size', { storageGiB: 40 }, /size is 20 GiB/],
    ['instance', { resourceId: 'db-OTHER' }, /another instance/],
    ['tag', { backupId: 'another' }, /tag belay-backup/],
  ])('finds that the %s is another one', async (_what, details, message) => {
    const { source, external } = await taken();
    const other = { ...external, details: { ...external.details, ...details } };
    const { levels } = await hurried.verify(source, other, 'L4', contextFor(here));
    expect(levels).toEqual([
      expect.objectContaining({ level: 'L2', passed: false, summary: expect.stringMatching(message) }),
    ]);
  });

  test('finds that the snapshot is gone', async () => {
    const { source, external } = await taken();
    await here.client.send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: external.id }));
    const { levels } = await hurried.verify(source, external, 'L4', contextFor(here));
    expect(levels).toEqual([
      expect.objectContaining({ level: 'L2', passed: false, summary: expect.stringContaining('not there any more') }),
    ]);
  });
});

describe('L4', () => {
  test('restores with every group said outright, waits, and deletes only the test instance', async () => {
    const { source, external } = await taken();
    await here.control({ createMs: 500, deleteMs: 100 });
    const context = contextFor(here);
    const { levels, timings } = await hurried.verify(source, external, 'L4', context);
    expect(levels.map(({ level, passed }) => [level, passed])).toEqual([
      ['L2', true],
      ['L4', true],
    ]);
    expect(levels[1]?.summary).toContain('in force');
    expect(timings['restore']).toBeGreaterThanOrEqual(500);
    const id = throwawayName(context.run.runId, external.id);
    const mine = (await here.actions()).filter(({ parameters }) => parameters['DBInstanceIdentifier'] === id);
    expect(mine.map(({ action }) => action)).toEqual(['RestoreDBInstanceFromDBSnapshot', 'DeleteDBInstance']);
    expect(mine[0]?.parameters).toMatchObject({
      DBInstanceClass: 'db.t4g.small',
      DBSubnetGroupName: source.restore.subnetGroup,
      'VpcSecurityGroupIds.VpcSecurityGroupId.1': source.restore.securityGroups[0],
      DBParameterGroupName: source.restore.parameterGroup,
      OptionGroupName: source.restore.optionGroup,
      MultiAZ: 'false',
      DeletionProtection: 'false',
      PubliclyAccessible: 'false',
    });
    expect(mine[1]?.parameters).toMatchObject({ SkipFinalSnapshot: 'true' });
    await sleep(150);
    expect(await throwaways()).toEqual([]);
    expect((await instanceOf(here, source.instance))?.status).toBe('available');
    expect((await snapshotOf(here, external.id))?.status).toBe('available');
  });

  test('more is refused before anything is made: a good backup must not look bad for that', async () => {
    const { source, external } = await taken();
    const before = (await here.actions()).length;
    await expect(hurried.verify(source, external, 'L5', contextFor(here))).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('verify: L4'),
    });
    expect((await here.actions()).length).toBe(before);
  });

  test('reboots when the parameter group is not in force yet', async () => {
    const { source, external } = await taken();
    await here.control({ createMs: 100, rebootMs: 200, parameterStatus: 'pending-reboot' });
    const context = contextFor(here);
    const { levels } = await hurried.verify(source, external, 'L4', context);
    expect(levels[1]).toMatchObject({ level: 'L4', passed: true });
    const id = throwawayName(context.run.runId, external.id);
    const done = (await here.actions()).filter(({ parameters }) => parameters['DBInstanceIdentifier'] === id);
    expect(done.map(({ action }) => action)).toContain('RebootDBInstance');
  });

  test.each(['failed', 'incompatible-restore', 'storage-full'] as const)(
    'an instance that ends as %s fails the level, and is deleted',
    async (restoreEnds) => {
      const { source, external } = await taken();
      await here.control({ createMs: 100, restoreEnds });
      const { levels } = await hurried.verify(source, external, 'L4', contextFor(here));
      expect(levels[1]).toMatchObject({ level: 'L4', passed: false, summary: expect.stringContaining(restoreEnds) });
      expect(await throwaways()).toEqual([]);
    },
  );

  test('surroundings that do not exist say nothing of the backup: an error, not a failed level', async () => {
    const { source, external } = await taken();
    const wrong = { ...source, restore: { ...source.restore, subnetGroup: 'nowhere' } };
    await expect(hurried.verify(wrong, external, 'L4', contextFor(here))).rejects.toMatchObject({
      type: 'NotFound',
      nonRetryable: true,
    });
    const tooBig = { ...source, restore: { ...source.restore, instanceClass: 'db.huge.99xlarge' } };
    await expect(hurried.verify(tooBig, external, 'L4', contextFor(here))).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('Invalid DB Instance class'),
    });
    expect(await throwaways()).toEqual([]);
  });

  test('a second attempt of a run goes on with the instance of the first, also after a lost answer', async () => {
    const { source, external } = await taken();
    await here.control({ createMs: 400, faults: [{ action: 'RestoreDBInstanceFromDBSnapshot', with: 'lost' }] });
    const context = contextFor(here);
    const { levels } = await hurried.verify(source, external, 'L4', context);
    expect(levels[1]).toMatchObject({ passed: true });
    const id = throwawayName(context.run.runId, external.id);
    const made = (await here.actions()).filter(
      ({ parameters, status, action }) =>
        parameters['DBInstanceIdentifier'] === id && action.startsWith('Restore') && status === 200,
    );
    expect(made).toEqual([]);
  });

  test('a cancel in the middle of the restore ends the wait and removes the instance', async () => {
    const { source, external } = await taken();
    await here.control({ createMs: 1_500 });
    const control = new AbortController();
    const reason = new Error('cancelled by ana');
    setTimeout(() => control.abort(reason), 700);
    await expect(hurried.verify(source, external, 'L4', contextFor(here, { signal: control.signal }))).rejects.toBe(
      reason,
    );
    expect(await throwaways()).toEqual([]);
  });

  test('an instance of the name without our tag is neither used nor deleted', async () => {
    const { source, external } = await taken();
    const context = contextFor(here);
    const id = throwawayName(context.run.runId, external.id);
    const foreign = await freshSource(here);
    await hurried.restore(foreign, (await takenOf(foreign)).external, id, undefined, contextFor(here));
    await expect(hurried.verify(source, external, 'L4', context)).rejects.toMatchObject({ type: 'NameTaken' });
    expect((await instanceOf(here, id))?.status).toBe('available');
  });
});

const takenOf = (source: SourceOf<'rds'>) => hurried.take(source, newBackupId(), contextFor(here));

test('the sweep removes old test instances of ours, and nothing else', async () => {
  const { source, external } = await taken();
  const context = contextFor(here);
  // Left by a worker that died: the deletion at the end does not come through.
  await here.control({ faults: [{ action: 'DeleteDBInstance', times: 50, code: 'AccessDenied', status: 403 }] });
  const { levels } = await hurried.verify(source, external, 'L4', context);
  expect(levels[1]).toMatchObject({ passed: true, summary: expect.stringContaining('could not be removed') });
  await here.control({});
  const id = throwawayName(context.run.runId, external.id);
  expect(await throwaways()).toEqual([id]);
  expect(await hurried.sweep?.(Date.now() - 3_600_000)).toEqual([]);
  const other = { DBInstanceIdentifier: source.instance, DBSnapshotIdentifier: `${source.instance}-x` };
  await here.client.send(new CreateDBSnapshotCommand(other));
  expect(await hurried.sweep?.(Date.now() + 1_000)).toEqual([id]);
  expect(await throwaways()).toEqual([]);
  expect(await instanceOf(here, source.instance)).toBeDefined();
});
