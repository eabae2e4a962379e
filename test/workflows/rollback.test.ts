import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { Harness } from './harness.js';
import { describeSystem, World } from './world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

let unique = 0;
const world = (workloads: string[]) => new World(describeSystem(`rollback-${process.pid}-${(unique += 1)}`, workloads));
const change = (workload: string, image: string) => ({ workload, image });

test('goes back to the state that Belay verified, the last updated workload first, and can itself be undone', async () => {
  const one = world(['a', 'b']);
  await harness.with(one, async (queue) => {
    await (await queue.start('rollingUpdate', { changes: [change('a', 'app:2'), change('b', 'app:2')] })).report();
    await (await queue.start('rollingUpdate', { changes: [change('a', 'app:3'), change('b', 'app:3')] })).report();
    one.writes.length = 0;
    const report = await (await queue.start('rollback', { workloads: ['a', 'b'] })).report();
    expect(report.outcome).toBe('succeeded');
    expect(one.images()).toEqual({ a: 'app:2', b: 'app:2' });
    expect(one.writes.filter((write) => !write.startsWith('markVerified'))).toEqual([
      'saveState b',
      'saveState a',
      'restoreState b app:2',
      'restoreState a app:2',
    ]);
    expect(report.plan?.steps[0]?.detail).toContain('verified by Belay');
  });
});

test('never toggles back to what was rolled back', async () => {
  const one = world(['a']);
  await harness.with(one, async (queue) => {
    await (await queue.start('rollingUpdate', { changes: [change('a', 'app:2-bad')] })).failure();
    const failure = await (await queue.start('rollback', { workloads: ['a'] })).failure();
    expect(failure.type).toBe('PreflightFailed');
    expect(failure.message).toContain('has no state to go back to');
    expect(one.images()).toEqual({ a: 'app:1' });
  });
});

test('a dry run says which state and why, and writes nothing', async () => {
  const one = world(['a']);
  await harness.with(one, async (queue) => {
    await (await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] })).report();
    one.writes.length = 0;
    const report = await (await queue.start('rollback', { workloads: ['a'], dryRun: true })).report();
    expect(report.plan?.summary).toBe('Roll back a to app:1');
    expect(one.writes).toEqual([]);
  });
});

test('an image that the registry no longer has is named before anything is written', async () => {
  const one = world(['a']);
  await harness.with(one, async (queue) => {
    await (await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] })).report();
    one.gone.add('app:1');
    const failure = await (await queue.start('rollback', { workloads: ['a'] })).failure();
    expect(failure.type).toBe('PreflightFailed');
    expect(failure.message).toContain('app:1 is not in the registry');
  });
});

test('an old state that does not get ready is held for a person', async () => {
  const one = world(['a']);
  await harness.with(one, async (queue) => {
    await (await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] })).report();
    one.verdicts.set('a app:1', 'deadline');
    const run = await queue.start('rollback', { workloads: ['a'] });
    await run.until('held', (status) => status.hold?.name === 'rollbackFailed');
    one.verdicts.clear();
    await run.verb('retryRollback', { actor: 'bob' });
    expect((await run.report()).outcome).toBe('succeeded');
  });
});
