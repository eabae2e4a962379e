import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { Harness } from '../harness.js';
import { describeSystem, World } from '../world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start(new URL('./runbooks.ts', import.meta.url).pathname);
}, SANDBOX_MS);
afterAll(() => harness.stop());

let unique = 0;
const world = () => new World(describeSystem(`lock-${process.pid}-${(unique += 1)}`, ['a', 'b']));
const holds = (status: { headline: string }) => status.headline === 'Holds';

test('an emergency runbook cancels the holder, waits for its clean end, and takes the lock', async () => {
  const one = world();
  one.onWatch = async (_workload, image) => {
    if (image === 'app:2') await new Promise((resolve) => setTimeout(resolve, 3_000));
  };
  await harness.with(one, async (queue) => {
    const update = await queue.start('rollingUpdate', { changes: [{ workload: 'a', image: 'app:2' }] });
    await update.until('watching', (status) => status.steps.some((step) => step.name === 'Watch the rollout'));
    const emergency = await queue.start('locker', {
      targets: ['a'],
      onBusy: 'preempt',
      busyTimeoutSeconds: 30,
      holdMs: 0,
    });
    expect((await emergency.report()).outcome).toBe('succeeded');
    expect((await update.failure()).type).toBe('RolledBack');
    expect(one.images()['a']).toBe('app:1');
  });
});

test('a wait has an end, and the refusal names the holder', async () => {
  const one = world();
  await harness.with(one, async (queue) => {
    const holder = await queue.start('locker', { targets: ['b', 'a'], onBusy: 'fail', holdMs: 20_000 });
    await holder.until('holds', holds);
    expect((await holder.status()).locks).toEqual([`lock/${one.system.name}/a`, `lock/${one.system.name}/b`]);
    const waiting = await queue.start('locker', { targets: ['b'], onBusy: 'wait', busyTimeoutSeconds: 2, holdMs: 0 });
    const failure = await waiting.failure();
    expect(failure.type).toBe('TargetBusy');
    expect(failure.message).toContain(holder.handle.workflowId);
    await holder.verb('abort', { actor: 'bob' });
    expect((await holder.failure()).type).toBe('Aborted');
  });
});

test('a lock ignores a cancel of its own while its holder works', async () => {
  const one = world();
  await harness.with(one, async (queue) => {
    const holder = await queue.start('locker', { targets: ['a'], onBusy: 'fail', holdMs: 3_000 });
    await holder.until('holds', holds);
    const lock = queue.client.workflow.getHandle(`lock/${one.system.name}/a`);
    await lock.cancel();
    const busy = await (await queue.start('locker', { targets: ['a'], onBusy: 'fail', holdMs: 0 })).failure();
    expect(busy.type).toBe('TargetBusy');
    expect((await holder.report()).outcome).toBe('succeeded');
    expect((await lock.describe()).status.name).not.toBe('RUNNING');
  });
});

test('a defect of ours fails the workflow task and keeps the run alive for a mended worker', async () => {
  const one = world();
  await harness.with(one, async (queue) => {
    const run = await queue.start('defective', { targets: [], onBusy: 'fail', holdMs: 0 });
    const end = Date.now() + 20_000;
    let failed = false;
    while (!failed && Date.now() < end) {
      const { events } = await run.handle.fetchHistory();
      failed = (events ?? []).some((event) =>
        event.workflowTaskFailedEventAttributes?.failure?.message?.includes('a defect of ours'),
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(failed).toBe(true);
    expect((await run.handle.describe()).status.name).toBe('RUNNING');
    await run.handle.terminate('end of test');
  });
});
