import { CreateDBSnapshotCommand, DescribeDBSnapshotsCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { snapshotName } from '../../../activities/rds/names.js';
import type { AwsRegion } from '../../sandbox/awsControl.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { contextFor, freshSource, hurried, newBackupId, region, snapshotOf } from './support.js';

let here: AwsRegion;
beforeAll(async () => {
  here = await region('eu-west-1');
}, SANDBOX_MS);
beforeEach(() => here.control({}));
afterAll(() => here.client.destroy());

const created = async (id: string): Promise<number> =>
  (await here.actions()).filter(
    ({ action, parameters }) => action === 'CreateDBSnapshot' && parameters['DBSnapshotIdentifier'] === id,
  ).length;

describe('inspect', () => {
  test('tells what the instance is, and that more than L4 cannot be had', async () => {
    const source = await freshSource(here);
    const facts = await hurried.inspect({ ...source, verify: 'L6' }, contextFor(here));
    expect(facts).toMatchObject({ serverVersion: 'postgres 13.15', estimatedBytes: 20 * 1024 ** 3 });
    expect(facts.identity).toMatch(/^db-[A-Z0-9]{26}$/);
    expect(facts.warnings).toEqual([expect.stringContaining('L4 is the highest level')]);
  });

  test('an instance that is not there, a wrong secret and a missing right are told apart, without the secret', async () => {
    const source = await freshSource(here);
    await expect(hurried.inspect({ ...source, instance: 'nowhere' }, contextFor(here))).rejects.toMatchObject({
      type: 'NotFound',
      nonRetryable: true,
      message: expect.stringContaining('nowhere'),
    });
    const secret = 'quite-another-secret-value';
    const env = { KEY_ID: here.aws.accessKeyId, KEY_SECRET: secret };
    const wrong = await hurried.inspect(source, contextFor(here, { env })).catch((error: unknown) => error);
    expect(wrong).toMatchObject({ type: 'WrongPassword', nonRetryable: true });
    expect(String(wrong)).not.toContain(secret);
    await here.control({ faults: [{ code: 'AccessDenied', status: 403, message: 'not authorized' }] });
    await expect(hurried.inspect(source, contextFor(here))).rejects.toMatchObject({ type: 'Forbidden' });
  });

  test('throttling that does not end is Throttled, and may be tried again', async () => {
    const source = await freshSource(here);
    await here.control({ faults: [{ times: 50 }] });
    await expect(hurried.inspect(source, contextFor(here))).rejects.toMatchObject({
      type: 'Throttled',
      nonRetryable: false,
    });
  });
});

describe('take', () => {
  test('waits from creating to available, tells progress, and tags what it made', async () => {
    const source = await freshSource(here);
    await here.control({ snapshotMs: 900 });
    const context = contextFor(here);
    const id = newBackupId();
    const { external, recoveryPoint } = await hurried.take(source, id, context);
    const { identity } = await hurried.inspect(source, context);
    expect(external).toMatchObject({
      kind: 'rds-snapshot',
      id: snapshotName(source.instance, id),
      bytes: 20 * 1024 ** 3,
      details: { backupId: id, resourceId: identity, encrypted: true, engine: 'postgres 13.15' },
    });
    const found = await snapshotOf(here, external.id);
    expect(found?.tags).toEqual({ 'belay-backup': id, 'belay-workflow': context.run.workflowId });
    expect(recoveryPoint.at).toBe(found?.takenAt);
    expect(context.said.filter((line) => line.includes('creating')).length).toBeGreaterThan(2);
  });

  test('a repeat finds the snapshot that was begun', async () => {
    const source = await freshSource(here);
    const id = newBackupId();
    const first = await hurried.take(source, id, contextFor(here));
    expect(await hurried.take(source, id, contextFor(here))).toEqual(first);
    expect((await snapshotOf(here, first.external.id))?.id).toBe(first.external.id);
  });

  test('an answer that is lost makes no second snapshot', async () => {
    const source = await freshSource(here);
    const id = newBackupId();
    await here.control({ snapshotMs: 400, faults: [{ action: 'CreateDBSnapshot', with: 'lost', times: 1 }] });
    const { external } = await hurried.take(source, id, contextFor(here));
    expect((await snapshotOf(here, external.id))?.status).toBe('available');
    expect(await created(external.id)).toBeGreaterThanOrEqual(2);
  });

  test('throttling in the middle of the wait is borne', async () => {
    const source = await freshSource(here);
    await here.control({ snapshotMs: 300, faults: [{ action: 'DescribeDBSnapshots', times: 9 }] });
    const { external } = await hurried.take(source, newBackupId(), contextFor(here));
    expect((await snapshotOf(here, external.id))?.status).toBe('available');
  });

  test('an instance that is backing up is waited for', async () => {
    const source = await freshSource(here);
    await here.control({ snapshotMs: 600 });
    await here.client.send(
      new CreateDBSnapshotCommand({
        DBInstanceIdentifier: source.instance,
        DBSnapshotIdentifier: `${source.instance}-by-hand`,
      }),
    );
    const context = contextFor(here);
    await hurried.take(source, newBackupId(), context);
    expect(context.said.some((line) => line.includes('busy'))).toBe(true);
  });

  test('a snapshot of the name without our tag is left', async () => {
    const source = await freshSource(here);
    const id = newBackupId();
    const name = snapshotName(source.instance, id);
    const command = { DBInstanceIdentifier: source.instance, DBSnapshotIdentifier: name };
    await here.client.send(new CreateDBSnapshotCommand(command));
    await expect(hurried.take(source, id, contextFor(here))).rejects.toMatchObject({ type: 'NameTaken' });
    expect((await snapshotOf(here, name))?.tags['belay-backup']).toBeUndefined();
  });

  test('no more room for snapshots is a quota, which no other try changes', async () => {
    const source = await freshSource(here);
    await here.control({ snapshotQuota: 0 });
    await expect(hurried.take(source, newBackupId(), contextFor(here))).rejects.toMatchObject({
      type: 'QuotaExceeded',
      nonRetryable: true,
    });
  });

  test('a snapshot that fails is an error, and is cleared away for the next try', async () => {
    const source = await freshSource(here);
    await here.control({ snapshotMs: 200, snapshotEnds: 'failed' });
    const id = newBackupId();
    await expect(hurried.take(source, id, contextFor(here))).rejects.toMatchObject({
      type: 'ProducerFailed',
      nonRetryable: false,
      message: expect.stringContaining('failed'),
    });
    await here.control({});
    const { external } = await hurried.take(source, id, contextFor(here));
    expect((await snapshotOf(here, external.id))?.status).toBe('available');
  });

  test('a cancel in the middle of the wait ends it at once', async () => {
    const source = await freshSource(here);
    await here.control({ snapshotMs: 60_000 });
    const control = new AbortController();
    const reason = new Error('cancelled by ana');
    const started = Date.now();
    setTimeout(() => control.abort(reason), 500);
    await expect(hurried.take(source, newBackupId(), contextFor(here, { signal: control.signal }))).rejects.toBe(
      reason,
    );
    expect(Date.now() - started).toBeLessThan(3_000);
  });
});

describe('remove', () => {
  test('deletes the snapshot and says nothing when it is gone already', async () => {
    const source = await freshSource(here);
    const { external } = await hurried.take(source, newBackupId(), contextFor(here));
    await here.control({ deleteMs: 300 });
    await hurried.remove(source, external, contextFor(here));
    expect(await snapshotOf(here, external.id)).toBeUndefined();
    await hurried.remove(source, external, contextFor(here));
  });

  test('leaves a snapshot that does not carry our tag, and an automated one', async () => {
    const source = await freshSource(here);
    const { external } = await hurried.take(source, newBackupId(), contextFor(here));
    const other = { ...external, details: { ...external.details, backupId: newBackupId() } };
    await expect(hurried.remove(source, other, contextFor(here))).rejects.toMatchObject({ type: 'NotOurs' });
    expect((await snapshotOf(here, external.id))?.status).toBe('available');
    const { DBSnapshots = [] } = await here.client.send(
      new DescribeDBSnapshotsCommand({ DBInstanceIdentifier: source.instance, SnapshotType: 'automated' }),
    );
    const id = DBSnapshots[0]?.DBSnapshotIdentifier ?? '';
    expect(id).toContain(source.instance);
    await expect(hurried.remove(source, { ...external, id }, contextFor(here))).rejects.toMatchObject({
      type: 'NotOurs',
      message: expect.stringContaining('automated'),
    });
  });
});
