import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness } from '../harness.js';
import { Vault } from './vault.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const vault = (name: string) =>
  new Vault(`first-${process.pid}-${name}`, ['orders'], {
    system: { policies: { rollingUpdate: { bakeSeconds: 0, backupFirst: true } } },
  });
const update = { changes: [{ workload: 'web', image: 'app:2' }] };

test('an update backs up before its first write, as a child that stands on its own', async () => {
  const one = vault('good');
  await harness.with(one, async (queue) => {
    const report = await (await queue.start('rollingUpdate', update)).report();
    expect(report.outcome).toBe('succeeded');
    const step = report.steps.find(({ name }) => name === 'Back up first');
    expect(step?.detail).toContain('verified at L5');
    expect(one.entries).toHaveLength(1);
    const { backup } = (step?.evidence ?? {}) as { backup?: string };
    const child = queue.client.workflow.getHandle(backup ?? 'no child');
    expect(await child.result()).toMatchObject({ runbook: 'backup', outcome: 'succeeded' });
  });
});

test('an update whose backup fails writes nothing', async () => {
  const one = vault('bad');
  one.failTaking.set('orders', ApplicationFailure.nonRetryable('no such password', 'WrongPassword'));
  await harness.with(one, async (queue) => {
    const failure = await (await queue.start('rollingUpdate', update)).failure();
    expect(failure.message).toContain('no such password');
    expect(one.images()).toEqual({ web: 'app:1', worker: 'app:1' });
    expect(one.writes.filter((write) => write.startsWith('setImage'))).toEqual([]);
  });
});
