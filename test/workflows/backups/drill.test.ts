import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness } from '../harness.js';
import { Vault } from './vault.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

let unique = 0;
const vault = (backups: object = {}) => new Vault(`drill-${process.pid}-${(unique += 1)}`, ['orders'], { backups });
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();
const drill = { rto: 600, rpo: 7_200, pick: 'newest', level: 'L6' };

describe('drTest', () => {
  test('measures, uses the recovery key only, and lets the backup go again', async () => {
    const one = vault();
    one.published('orders', { at: ago(3_600), level: 'L5' });
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('drTest', drill)).report();
      expect(report.summary).toMatch(/RTO \S+ s of 600 s: met; RPO 3\d\d\d(\.\d)? s of 7200 s: met \(worst case/);
      expect(one.done).toContain('rehearseRestore orders L6 recovery');
      expect(one.events.map(({ event }) => event.kind)).toEqual(['hold', 'release']);
    });
  });

  test('a goal that is missed fails the drill, with the measured time', async () => {
    const one = vault();
    one.published('orders', { at: ago(9_000), level: 'L5' });
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('drTest', drill)).failure();
      expect(failure.type).toBe('ObjectiveMissed');
      expect(failure.message).toMatch(/RPO 9\d\d\d(\.\d)? s of 7200 s: MISSED/);
    });
  });

  test('a restore that breaks is a missed goal, and cleaning up happens all the same', async () => {
    const one = vault();
    one.published('orders', { level: 'L5' });
    one.fail.set('rehearseRestore', ApplicationFailure.nonRetryable('no key', 'NotFound'));
    await harness.with(one, async (queue) => {
      expect((await (await queue.start('drTest', drill)).failure()).message).toContain('no key');
      expect(one.events.map(({ event }) => event.kind)).toEqual(['hold', 'release']);
    });
  });
});

describe('retention', () => {
  const retention = { keepLast: 1, minVerified: 1, graceHours: 0, apply: true, maxDeletePercent: 100 };

  test('the first run condemns, the next deletes; a dry run does neither', async () => {
    const one = vault({ retention });
    for (const age of [30, 20, 10]) one.published('orders', { at: ago(age), level: 'L5' });
    await harness.with(one, async (queue) => {
      const look = await queue.start('retention', { dryRun: true });
      expect((await look.report()).summary).toContain('keeps 1, condemns 2, deletes 0');
      expect(await look.activities()).not.toContain('recordBackupEvent');
      await (await queue.start('retention', { dryRun: false })).report();
      expect(one.events.map(({ event }) => event.kind)).toEqual(['condemned', 'condemned']);
      expect(one.entries).toHaveLength(3);
      await (await queue.start('retention', { dryRun: false })).report();
      expect(one.entries).toHaveLength(1);
    });
  });

  test('beyond its caps it waits for a person', async () => {
    const one = vault({ retention: { ...retention, maxDelete: 1 } });
    for (const age of [30, 20, 10]) one.published('orders', { at: ago(age), level: 'L5' });
    await harness.with(one, async (queue) => {
      await (await queue.start('retention', { dryRun: false })).report();
      const run = await queue.start('retention', { dryRun: false });
      const { plan } = await run.until('waits', (status) => status.phase === 'awaitingApproval');
      expect(one.entries).toHaveLength(3);
      await run.verb('approve', { actor: 'bob', planHash: plan?.hash ?? '' });
      await run.report();
      expect(one.entries).toHaveLength(1);
    });
  });

  test.each<[string, (one: Vault) => void, string]>([
    ['an empty listing', () => undefined, 'no backup at all'],
    [
      'a listing that fails',
      (one) => one.fail.set('listBackups', ApplicationFailure.nonRetryable('no rights', 'Forbidden')),
      'no rights',
    ],
    [
      'a wrong clock',
      (one) => {
        one.published('orders', { level: 'L5' });
        one.clockSkewMs = 3_600_000;
      },
      'differ by 3600 s',
    ],
  ])('%s deletes nothing', async (_, arrange, why) => {
    const one = vault({ retention });
    arrange(one);
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('retention', { dryRun: false })).failure();
      expect(failure.message).toContain(why);
      expect(one.done.filter((line) => /^(deleteBackup|recordBackupEvent)/.test(line))).toEqual([]);
    });
  });
});
