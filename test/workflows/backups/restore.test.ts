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
function vault(more: object = {}): Vault {
  const one = new Vault(`restore-${process.pid}-${(unique += 1)}`, ['orders'], {
    backups: {
      restore: { approval: { required: false } },
      sources: [{ name: 'orders', type: 'postgres', host: 'db', database: 'orders', consumers: ['web', 'worker'] }],
      ...more,
    },
    system: { health: [{ name: 'up', endpoint: 'api' }], endpoints: { api: 'http://api' } },
  });
  one.published('orders', { level: 'L5' });
  return one;
}
const defaults = { source: 'orders', backup: 'latestVerified', level: 'L5', allowUnverified: false };
const broken = (type: string) => ApplicationFailure.nonRetryable(`broken: ${type}`, type);
/** What was done, with the copy's long name in short. */
const inShort = (line: string) => line.replace(/\S+_restore_\S+/, 'copy');
const steps = (one: Vault) => one.done.filter((line) => /^(setReplicas|restoreBackup|swap|dropRestored)/.test(line));

describe('beside the live data', () => {
  test('restores to the new name and leaves the live one alone', async () => {
    const one = vault();
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('restore', { ...defaults, into: { new: 'look' } })).report();
      expect(report.summary).toContain('as look');
      expect([...one.databases]).toEqual(['orders', 'look']);
      expect(steps(one)).toEqual(['restoreBackup look']);
      expect(one.events.map(({ event }) => event.kind)).toEqual(['hold', 'release']);
    });
  });

  test('data that does not prove right is dropped again', async () => {
    const one = vault();
    one.damage = 'L5';
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('restore', { ...defaults, into: { new: 'look' } })).failure();
      expect(failure.type).toBe('RestoreFailed');
      expect([...one.databases]).toEqual(['orders']);
      expect(one.events.map(({ event }) => event.kind)).toEqual(['hold', 'release']);
    });
  });

  test('refuses a name that is taken, and a backup that nobody verified', async () => {
    const one = vault();
    const { id } = one.published('orders', { id: '20261121T000000Z-000000aa', level: 'L2' });
    await harness.with(one, async (queue) => {
      const taken = await (await queue.start('restore', { ...defaults, into: { new: 'orders' } })).failure();
      expect(taken.message).toContain('orders exists already');
      const weak = await (await queue.start('restore', { ...defaults, backup: id, into: { new: 'look' } })).failure();
      expect(weak.message).toContain('only verified to L2');
      expect(steps(one)).toEqual([]);
    });
  });
});

describe('swap', () => {
  test('stops, exchanges, starts, proves, and keeps the old data for its time', async () => {
    const one = vault();
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('restore', { ...defaults, into: 'swap' })).report();
      expect(steps(one).map(inShort)).toEqual([
        'restoreBackup copy',
        'setReplicas web 0',
        'setReplicas worker 0',
        'swapIn orders',
        'setReplicas worker 2',
        'setReplicas web 2',
      ]);
      const kept = [...one.databases].find((name) => name.includes('_before_')) ?? '';
      expect(report.summary).toContain(kept);
      const keeper = queue.client.workflow.getHandle(`kept/${one.system.name}/${kept}`);
      await keeper.signal('keepUntil', new Date().toISOString());
      expect(await keeper.result()).toEqual({ dropped: true });
      expect([...one.databases]).toEqual(['orders']);
    });
  });

  test('health that fails afterwards: names go back while the consumers are down, then they start', async () => {
    const one = vault();
    one.checksPass = () => false;
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('restore', { ...defaults, into: 'swap' })).failure();
      expect(failure.type).toBe('RolledBack');
      const undo = steps(one).slice(6).map(inShort);
      expect(undo).toEqual([
        'setReplicas worker 0',
        'setReplicas web 0',
        'swapBack orders',
        'setReplicas worker 2',
        'setReplicas web 2',
        'dropRestored copy',
      ]);
      expect([...one.databases]).toEqual(['orders']);
    });
  });

  test('an exchange that fails is undone, and the consumers run again', async () => {
    const one = vault();
    one.fail.set('swapIn', broken('Forbidden'));
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('restore', { ...defaults, into: 'swap' })).failure();
      expect(failure).toMatchObject({ type: 'RolledBack' });
      expect(Object.fromEntries(one.replicas)).toEqual({ web: 2, worker: 2 });
      expect(one.done).toContain('swapBack orders');
    });
  });

  test('an undo that fails is said loudly, and the rest is undone all the same', async () => {
    const one = vault();
    one.fail.set('swapIn', broken('Forbidden'));
    one.fail.set('swapBack', broken('Forbidden'));
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('restore', { ...defaults, into: 'swap' })).failure();
      expect(failure.type).toBe('CompensationFailed');
      expect(failure.message).toContain('Exchange the names back: broken: Forbidden');
      expect(Object.fromEntries(one.replicas)).toEqual({ web: 2, worker: 2 });
    });
  });

  test('waits for an approval of exactly this plan, and a plan that nobody approves touches nothing', async () => {
    const one = vault({ restore: { approval: { required: true } } });
    await harness.with(one, async (queue) => {
      const run = await queue.start('restore', { ...defaults, into: 'swap' });
      const { plan } = await run.until('waits', (status) => status.phase === 'awaitingApproval');
      expect(plan?.warnings.join()).toContain('will not be in the new data');
      expect(await run.refusal('approve', { actor: 'alice', planHash: plan?.hash ?? '' })).toContain('cannot approve');
      await run.verb('reject', { actor: 'bob', reason: 'not tonight' });
      expect((await run.failure()).type).toBe('Rejected');
      expect(steps(one)).toEqual([]);
    });
  });
});
