import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { eventually, Harness, type Queue } from '../harness.js';
import { Vault } from './vault.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

let unique = 0;
const vault = (sources: string[], more: ConstructorParameters<typeof Vault>[2] = {}) =>
  new Vault(`vault-${process.pid}-${(unique += 1)}`, sources, more);
const refused = (type: string) => ApplicationFailure.nonRetryable(`refused: ${type}`, type);
const did = (one: Vault, name: string) => one.done.filter((line) => line.startsWith(`${name} `));

/** Ends an alarm and gives what it said. */
async function alarmOf(queue: Queue, one: Vault, subject: string, kind: string) {
  const handle = queue.client.workflow.getHandle(`alarm/${one.system.name}/${subject}/${kind}`);
  return {
    handle,
    facts: await handle.query<{ title: string; text: string; since: string; reminders: number }>('alarm'),
  };
}

describe('backup', () => {
  test('takes, reads back, publishes, verifies to the level of the policy and says so', async () => {
    const one = vault(['orders', 'users']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('backup', {});
      const report = await run.report();
      expect(report.outcome).toBe('succeeded');
      expect(report.summary).toMatch(/orders: \d{8}T\d{6}Z-[0-9a-f]{8}, verified at L5/);
      expect(one.entries).toHaveLength(2);
      expect(one.events.map(({ event }) => [event.kind, event.level])).toEqual([
        ['verified', 'L5'],
        ['verified', 'L5'],
      ]);
      const order = (await run.activities()).filter((name) => /Back$|Backup$|rehearse/.test(name));
      expect(order.indexOf('readBack')).toBeLessThan(order.indexOf('publishBackup'));
      expect(order.indexOf('publishBackup')).toBeLessThan(order.indexOf('rehearseRestore'));
    });
  });

  test('a dry run takes nothing and gives the plan', async () => {
    const one = vault(['orders']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('backup', { dryRun: true });
      expect((await run.report()).plan?.steps[0]?.title).toContain('Back up orders (postgres 15), verify to L5');
      const reads = ['resolveInput', 'inspectSource', 'inspectStore', 'listBackups', 'describeRun', 'saveReport'];
      expect((await run.activities()).filter((name) => !reads.includes(name))).toEqual([]);
    });
  });

  test('one source that fails hides no other, and what it stored is removed', async () => {
    const one = vault(['orders', 'users']);
    one.failTaking.set('orders', refused('WrongPassword'));
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('backup', {})).failure();
      expect(failure.type).toBe('BackupFailed');
      expect(failure.message).toContain('orders: WrongPassword: refused: WrongPassword');
      expect(failure.message).toMatch(/users: \S+, verified at L5/);
      expect(did(one, 'discardBackup')).toHaveLength(1);
      expect(one.entries.map((entry) => entry.source)).toEqual(['users']);
    });
  });

  test('a source that cannot even be looked at is reported, the others are backed up', async () => {
    const one = vault(['orders']);
    one.fail.set('inspectSource', refused('VersionMismatch'));
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('backup', {})).failure();
      expect(failure).toMatchObject({ type: 'BackupFailed' });
      expect(failure.message).toContain('VersionMismatch');
      expect(did(one, 'takeBackup')).toEqual([]);
    });
  });

  test('stored bytes that differ are never published', async () => {
    const one = vault(['orders']);
    one.fail.set('readBack', refused('Damaged'));
    await harness.with(one, async (queue) => {
      expect((await (await queue.start('backup', {})).failure()).type).toBe('BackupFailed');
      expect(did(one, 'publishBackup')).toEqual([]);
      expect(did(one, 'discardBackup')).toHaveLength(1);
    });
  });

  test('a backup that does not pass is bad at once, deletes nothing, and opens one alarm', async () => {
    const one = vault(['orders'], { backups: { retention: { keepLast: 1, apply: true } } });
    one.damage = 'L5';
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('backup', {})).failure();
      expect(failure.type).toBe('VerificationFailed');
      expect(failure.message).toContain('reached L4, failed at L5: differs: orders: 9 rows, not 10');
      expect(one.events.map(({ event }) => event.kind)).toEqual(['bad']);
      expect(did(one, 'deleteBackup')).toEqual([]);
      const { handle, facts } = await alarmOf(queue, one, 'orders', 'bad-backup');
      expect(facts.title).toContain('Bad backup of orders');
      await eventually('a page', () => one.notifications.some((sent) => sent.kind === 'page'));
      one.damage = undefined;
      await (await queue.start('backup', {})).report();
      expect(await handle.result()).toMatchObject({ cleared: expect.stringContaining('verified at L5') });
    });
  });

  test('an abort in the middle removes what was stored', async () => {
    const one = vault(['orders']);
    one.fail.set('readBack', ApplicationFailure.retryable('store is slow', 'Throttled'));
    await harness.with(one, async (queue) => {
      const run = await queue.start('backup', {});
      await eventually('reading back', () => did(one, 'readBack').length > 0);
      await run.verb('abort', { actor: 'bob', reason: 'wrong system' });
      const failure = await run.failure();
      expect(failure).toMatchObject({ type: 'Aborted' });
      expect(did(one, 'discardBackup')).toHaveLength(1);
      expect(one.entries).toEqual([]);
    });
  });
});

describe('verifyBackup', () => {
  test('puts a bad backup back into the good set when it passes later', async () => {
    const one = vault(['orders']);
    one.published('orders');
    await harness.with(one, async (queue) => {
      one.damage = 'L3';
      const failure = await (
        await queue.start('verifyBackup', { source: 'orders', backup: 'latest', level: 'L5' })
      ).failure();
      expect(failure.type).toBe('VerificationFailed');
      one.damage = undefined;
      const id = one.entries[0]?.id;
      const report = await (await queue.start('verifyBackup', { source: 'orders', backup: id, level: 'L6' })).report();
      expect(report.summary).toContain('verified at L6');
      expect(one.events.map(({ event }) => event.kind)).toEqual(['bad', 'verified']);
    });
  });

  test('says why when there is nothing to verify', async () => {
    const one = vault(['orders']);
    await harness.with(one, async (queue) => {
      const failure = await (
        await queue.start('verifyBackup', { source: 'orders', backup: 'latest', level: 'L5' })
      ).failure();
      expect(failure).toMatchObject({ type: 'PreflightFailed' });
      expect(failure.message).toContain('none of its 0 backups is usable');
    });
  });
});

describe('backupWatch', () => {
  test('opens one alarm per breach, says since when, and clears it', async () => {
    const one = vault(['orders'], { backups: { maxAgeSeconds: 3_600 } });
    const old = new Date(Date.now() - 7_200_000).toISOString();
    one.published('orders', { at: old, level: 'L5' });
    await harness.with(one, async (queue) => {
      expect((await (await queue.start('backupWatch', {})).failure()).type).toBe('BackupStale');
      expect((await (await queue.start('backupWatch', {})).failure()).message).toContain('3600 s are allowed');
      const { handle, facts } = await alarmOf(queue, one, 'orders', 'stale-backup');
      expect(Date.parse(facts.since) - Date.parse(old)).toBe(3_600_000);
      await eventually('a page', () => one.notifications.some((sent) => sent.kind === 'page'));
      expect(one.notifications.filter((sent) => sent.kind === 'page')).toHaveLength(1);
      one.published('orders', { level: 'L5', id: '20261121T000000Z-000000ff' });
      expect((await (await queue.start('backupWatch', {})).report()).outcome).toBe('succeeded');
      expect((await handle.result()) as { lastedMs: number }).toMatchObject({ since: facts.since });
    });
  });

  test('a store that does not answer is a breach, not silence', async () => {
    const one = vault(['orders']);
    one.fail.set('listBackups', refused('Forbidden'));
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('backupWatch', {})).failure();
      expect(failure.message).toContain('the age is not known: Forbidden');
      const { handle } = await alarmOf(queue, one, 'orders', 'stale-backup');
      await handle.signal('cleared', 'test over');
      await handle.result();
    });
  });
});
