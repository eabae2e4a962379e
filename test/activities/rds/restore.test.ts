import { ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExternalBackup } from '../../../activities/backup/types.js';
import { identifierOf } from '../../../activities/rds/names.js';
import type { SourceOf } from '../../../systems/backupSchema.js';
import type { AwsRegion } from '../../sandbox/awsControl.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { contextFor, freshSource, hurried, instanceOf, newBackupId, region } from './support.js';

let here: AwsRegion;
beforeAll(async () => {
  here = await region('eu-west-3');
}, SANDBOX_MS);
beforeEach(() => here.control({}));
afterAll(() => here.client.destroy());

async function taken(): Promise<{ source: SourceOf<'rds'>; external: ExternalBackup; into: string; kept: string }> {
  const source = await freshSource(here);
  const { external } = await hurried.take(source, newBackupId(), contextFor(here));
  const random = randomBytes(3).toString('hex');
  return { source, external, into: `orders_restore_${random}`, kept: `orders_before_${random}` };
}

const resource = async (id: string): Promise<string | undefined> => (await instanceOf(here, id))?.resourceId;

describe('restore beside the live instance', () => {
  test('makes a protected instance with the groups of the description, once', async () => {
    const { source, external, into } = await taken();
    await here.control({ createMs: 300 });
    const context = contextFor(here);
    await hurried.restore(source, external, into, undefined, context);
    const id = identifierOf(into);
    const made = await instanceOf(here, id);
    expect(made).toMatchObject({
      protected: true,
      // What the live instance has and Amazon's defaults would not give: it may take its place.
      habits: { CopyTagsToSnapshot: true },
      tags: { team: 'orders', 'belay-copy': id, 'belay-workflow': context.run.workflowId },
    });
    expect(made?.parameterGroups).toEqual([{ name: source.restore.parameterGroup, status: 'in-sync' }]);
    await hurried.restore(source, external, into, undefined, context);
    expect(await resource(id)).toBe(made?.resourceId);
    await expect(hurried.restore(source, external, into, undefined, contextFor(here))).rejects.toMatchObject({
      type: 'NameTaken',
    });
  });

  test('to a point in time, from the instance itself', async () => {
    const { source, external, into } = await taken();
    await sleep(2_200);
    const time = new Date(Date.now() - 1_100).toISOString();
    await hurried.restore(source, external, into, time, contextFor(here));
    expect((await instanceOf(here, identifierOf(into)))?.status).toBe('available');
    const asked = (await here.actions()).find(
      ({ parameters }) => parameters['TargetDBInstanceIdentifier'] === identifierOf(into),
    );
    expect(asked?.parameters).toMatchObject({
      SourceDBInstanceIdentifier: source.instance,
      DBSubnetGroupName: source.restore.subnetGroup,
      DBParameterGroupName: source.restore.parameterGroup,
    });
    expect(Date.parse(asked?.parameters['RestoreTime'] ?? '')).toBe(Date.parse(time));
  });

  test('a time that is not reached, and another instance under the name, are refused', async () => {
    const { source, external, into } = await taken();
    const future = new Date(Date.now() + 3_600_000).toISOString();
    await expect(hurried.restore(source, external, into, future, contextFor(here))).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('later than'),
    });
    const other = { ...external, details: { ...external.details, resourceId: 'db-OTHER' } };
    await expect(hurried.restore(source, other, into, future, contextFor(here))).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('another instance'),
    });
    expect(await instanceOf(here, identifierOf(into))).toBeUndefined();
  });

  test('inspectRestore tells what is missing and what the name becomes', async () => {
    const { source, external, into } = await taken();
    const good = await hurried.inspectRestore(source, into, external.bytes ?? 0, contextFor(here));
    expect(good).toEqual({
      problems: [],
      liveName: source.instance,
      warnings: [
        expect.stringContaining(identifierOf(into)),
        `restore.instanceClass is db.t4g.small, ${source.instance} has db.t4g.micro`,
      ],
    });
    const wrong = { ...source, restore: { ...source.restore, subnetGroup: 'nowhere', parameterGroup: 'neither' } };
    const bad = await hurried.inspectRestore(wrong, source.instance, 0, contextFor(here));
    expect(bad.problems).toEqual([
      expect.stringContaining('nowhere'),
      expect.stringContaining('neither'),
      expect.stringContaining(`there is an instance ${source.instance}`),
    ]);
  });
});

describe('swap', () => {
  async function restored() {
    const one = await taken();
    const context = contextFor(here);
    await hurried.restore(one.source, one.external, one.into, undefined, context);
    const [live, copy] = [one.source.instance, identifierOf(one.into)];
    const before = { live: await resource(live), copy: await resource(copy) };
    return { ...one, context, live, copy, before, keptId: identifierOf(one.kept) };
  }

  test('waits through settling, renaming and rebooting, exchanges the names, and can be repeated and undone', async () => {
    const { source, into, kept, context, live, copy, keptId, before } = await restored();
    await here.control({ settleMs: 400, modifyMs: 300, rebootMs: 200 });
    expect(await hurried.swap?.(source, into, kept, context)).toEqual({ live });
    // Nothing is on its way any more, although the instance said "available" all along.
    expect(await instanceOf(here, live)).toMatchObject({ status: 'available', pending: [], resourceId: before.copy });
    expect(await instanceOf(here, keptId)).toMatchObject({ status: 'available', pending: [], resourceId: before.live });
    expect(await instanceOf(here, copy)).toBeUndefined();
    const renames = async () => (await here.actions()).filter(({ action }) => action === 'ModifyDBInstance').length;
    const count = await renames();
    await hurried.swap?.(source, into, kept, context);
    expect(await renames()).toBe(count);
    await hurried.swapBack?.(source, into, kept, context);
    expect([await resource(live), await resource(copy)]).toEqual([before.live, before.copy]);
    expect(await instanceOf(here, keptId)).toBeUndefined();
    await hurried.swapBack?.(source, into, kept, context);
    expect(await resource(live)).toBe(before.live);
  });

  test('goes on where an attempt was cut between the two renames, and is undone from there', async () => {
    const { source, into, kept, context, live, keptId, copy, before } = await restored();
    await here.control({ modifyMs: 500 });
    const control = new AbortController();
    const cut = hurried.swap?.(source, into, kept, contextFor(here, { signal: control.signal }));
    for (let i = 0; i < 200 && (await instanceOf(here, keptId)) === undefined; i++) await sleep(20);
    control.abort(new Error('worker ends'));
    await expect(cut).rejects.toThrow('worker ends');
    await hurried.swapBack?.(source, into, kept, context);
    expect([await resource(live), await resource(copy)]).toEqual([before.live, before.copy]);
    await hurried.swap?.(source, into, kept, context);
    expect([await resource(live), await resource(keptId)]).toEqual([before.copy, before.live]);
  });

  test.each(['live', 'restored'] as const)(
    'goes on while the rename of the %s instance that a dead attempt asked for is still under way',
    async (which) => {
      const { source, into, kept, context, live, copy, keptId, before } = await restored();
      await here.control({ settleMs: 500, modifyMs: 500, rebootMs: 100 });
      const control = new AbortController();
      const asked = async () =>
        (await here.actions()).filter(
          ({ action, parameters }) =>
            action === 'ModifyDBInstance' && parameters['DBInstanceIdentifier'] === (which === 'live' ? live : copy),
        ).length;
      const cut = hurried.swap?.(source, into, kept, contextFor(here, { signal: control.signal }));
      for (let i = 0; i < 500 && (await asked()) === 0; i++) await sleep(20);
      control.abort(new Error('worker ends'));
      await expect(cut).rejects.toThrow('worker ends');
      // At this moment the instance says "available" under its old name.
      await hurried.swapBack?.(source, into, kept, context);
      expect([await resource(live), await resource(copy), await resource(keptId)]).toEqual([
        before.live,
        before.copy,
        undefined,
      ]);
    },
  );

  test('puts nothing in the place of the live instance that no restore has made', async () => {
    const { source, kept, context, live, before } = await restored();
    const foreign = await freshSource(here);
    await expect(hurried.swap?.(source, foreign.instance, kept, context)).rejects.toMatchObject({ type: 'NotOurs' });
    await expect(hurried.swap?.(source, 'not_there', kept, context)).rejects.toMatchObject({ type: 'NotFound' });
    expect(await resource(live)).toBe(before.live);
  });

  test('drop removes the kept original and the copy under their own names only', async () => {
    const { source, into, kept, context, live, copy, keptId } = await restored();
    await hurried.swap?.(source, into, kept, context);
    // The copy is the live instance now; its tag still names the copy.
    await expect(hurried.drop?.(source, live, context)).rejects.toMatchObject({ type: 'NotOurs' });
    const foreign = await freshSource(here);
    await expect(hurried.drop?.(source, foreign.instance, context)).rejects.toMatchObject({ type: 'NotOurs' });
    const shifted = { DBInstanceIdentifier: keptId, NewDBInstanceIdentifier: `${keptId}-x`, ApplyImmediately: true };
    await here.client.send(new ModifyDBInstanceCommand(shifted));
    await expect(hurried.drop?.(source, `${kept}_x`, context)).rejects.toMatchObject({ type: 'NotOurs' });
    const back = { DBInstanceIdentifier: `${keptId}-x`, NewDBInstanceIdentifier: keptId, ApplyImmediately: true };
    await here.client.send(new ModifyDBInstanceCommand(back));
    expect(await hurried.drop?.(source, kept, context)).toBe(true);
    expect(await instanceOf(here, keptId)).toBeUndefined();
    expect(await hurried.drop?.(source, into, context)).toBe(false);
    expect(await instanceOf(here, live)).toBeDefined();
    expect(await instanceOf(here, copy)).toBeUndefined();
  });

  test('drop switches off the protection of a copy that it made', async () => {
    const { source, into, context, copy } = await restored();
    await here.control({ settleMs: 200, modifyMs: 200 });
    expect(await hurried.drop?.(source, into, context)).toBe(true);
    expect(await instanceOf(here, copy)).toBeUndefined();
  });
});
