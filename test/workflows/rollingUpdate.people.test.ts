import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { Harness } from './harness.js';
import { describeSystem, World } from './world.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

let unique = 0;
const world = (workloads: string[], more = {}) =>
  new World(describeSystem(`update-${process.pid}-${(unique += 1)}`, workloads, more));
const change = (workload: string, image: string) => ({ workload, image });
const writesOf = (one: World, kind: string) => one.writes.filter((write) => write.startsWith(kind));
describe('people', () => {
  const hanging = (one: World) => {
    one.onWatch = async (_workload, image) => {
      if (image === 'app:2') await new Promise((resolve) => setTimeout(resolve, 2_000));
    };
  };

  test('abort in the middle rolls back once, says by whom, and a second abort is told so', async () => {
    const one = world(['a', 'b']);
    hanging(one);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2'), change('b', 'app:2')] });
      await run.until('watching', (status) => status.steps.some((step) => step.name === 'Watch the rollout'));
      const answers = await Promise.allSettled([
        run.verb('abort', { actor: 'bob', reason: 'wrong release' }),
        run.verb('abort', { actor: 'carol', reason: 'me too' }),
      ]);
      expect(answers.map((answer) => answer.status).toSorted()).toEqual(['fulfilled', 'rejected']);
      const failure = await run.failure();
      expect(failure.type).toBe('RolledBack');
      expect(failure.message).toMatch(/Aborted by (bob|carol)/);
      expect(one.images()).toEqual({ a: 'app:1', b: 'app:1' });
      expect(one.workloads.get('a')?.quarantined).toEqual([]);
    });
  });

  test('a cancel is an abort with one rollback, also when cancelled again', async () => {
    const one = world(['a']);
    hanging(one);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] });
      await run.until('watching', (status) => status.steps.some((step) => step.name === 'Watch the rollout'));
      await run.handle.cancel();
      await run.handle.cancel();
      expect((await run.failure()).type).toBe('RolledBack');
      expect(writesOf(one, 'restoreState')).toEqual(['restoreState a app:1']);
    });
  });

  test('pause stops before the next workload, resume goes on; the same verb by signal', async () => {
    const one = world(['a', 'b']);
    hanging(one);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2'), change('b', 'app:2')] });
      await run.until('watching', (status) => status.steps.some((step) => step.name === 'Watch the rollout'));
      await run.handle.signal('pause', { actor: 'bot', reason: 'alert' });
      await run.until('paused', (status) => status.phase === 'paused');
      expect(one.images()).toEqual({ a: 'app:2', b: 'app:1' });
      await run.verb('resume', { actor: 'bob', requestId: 'r-1' });
      expect(await run.verb('resume', { actor: 'bob', requestId: 'r-1' })).toMatchObject({ accepted: true });
      expect((await run.report()).outcome).toBe('succeeded');
    });
  });

  test('an approval is bound to the plan and to another person', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], requireApproval: true });
      const { plan } = await run.until('asking', (status) => status.phase === 'awaitingApproval');
      const planHash = plan?.hash ?? '';
      expect(await run.refusal('approve', { actor: 'alice', planHash })).toContain('cannot approve it');
      expect(await run.refusal('approve', { actor: 'bob', planHash: 'another' })).toContain(
        'must be the hash of the plan',
      );
      expect(one.writes).toEqual([]);
      await run.verb('approve', { actor: 'bob', planHash });
      expect((await run.report()).outcome).toBe('succeeded');
    });
  });

  test('an approved plan is void when the live state has changed since', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], requireApproval: true });
      const { plan } = await run.until('asking', (status) => status.phase === 'awaitingApproval');
      const workload = one.workloads.get('a');
      if (workload) workload.image = 'app:somebody-else';
      await run.verb('approve', { actor: 'bob', planHash: plan?.hash ?? '' });
      expect((await run.failure()).type).toBe('PlanOutdated');
      expect(one.writes).toEqual([]);
    });
  });

  test('reject, expiry and abort before the first write change nothing', async () => {
    const policy = { rollingUpdate: { bakeSeconds: 0, approval: { required: true, expiresAfterSeconds: 10 } } };
    const one = world(['a'], { policies: policy });
    await harness.with(one, async (queue) => {
      const started = await Promise.all(
        [1, 2, 3].map(() => queue.start('rollingUpdate', { changes: [change('a', 'app:2')] })),
      );
      const [rejected, aborted, expired] = started;
      if (!rejected || !aborted || !expired) throw new Error('not started');
      for (const run of started) await run.until('asking', (status) => status.phase === 'awaitingApproval');
      await rejected.verb('reject', { actor: 'bob', reason: 'not today' });
      await aborted.verb('abort', { actor: 'bob' });
      expect((await rejected.failure()).type).toBe('Rejected');
      expect((await aborted.failure()).type).toBe('Aborted');
      expect((await expired.failure()).type).toBe('ApprovalExpired');
      expect(one.writes).toEqual([]);
    });
  });

  test('an unhealthy present state asks a person first', async () => {
    const one = world(['a']);
    const workload = one.workloads.get('a');
    if (workload) workload.healthy = false;
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] });
      const held = await run.until('held', (status) => status.hold?.name === 'notHealthyBefore');
      expect(held.hold?.question).toContain('one of two pods is not ready');
      expect(one.writes).toEqual([]);
      await run.verb('accept', { actor: 'alice', reason: 'this is the fix' });
      expect((await run.report()).outcome).toBe('succeeded');
    });
  });
});

test('an input of nearly 2 MB is refused at once, before any activity', async () => {
  const one = world(['a']);
  await harness.with(one, async (queue) => {
    const run = await queue.start('rollingUpdate', { changes: [change('a', 'x'.repeat(1_900_000))] });
    expect((await run.failure()).type).toBe('InvalidInput');
    expect(await run.activities()).toEqual([]);
  });
});

describe('locks', () => {
  test('a second run on the same workload is refused with the holder named; wait waits; terminate frees', async () => {
    const one = world(['a']);
    one.onWatch = async () => new Promise((resolve) => setTimeout(resolve, 1_500));
    await harness.with(one, async (queue) => {
      const holder = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] });
      await holder.until('watching', (status) => status.steps.some((step) => step.name === 'Watch the rollout'));
      const busy = await (await queue.start('rollingUpdate', { changes: [change('a', 'app:3')] })).failure();
      expect(busy.type).toBe('TargetBusy');
      expect(busy.message).toContain(holder.handle.workflowId);
      const waiting = await queue.start('rollingUpdate', { changes: [change('a', 'app:3')], onBusy: 'wait' });
      await waiting.until('waiting', (status) => status.phase === 'waitingForLock');
      await holder.handle.terminate('test');
      expect((await waiting.report()).outcome).toBe('succeeded');
      expect(one.images()).toEqual({ a: 'app:3' });
    });
  });
});
