import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { eventually, Harness } from './harness.js';
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
describe('the good course', () => {
  test('updates in the declared order, remembers first, verifies, and reports', async () => {
    const one = world(['a', 'b', 'c']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('c', 'app:2'), change('a', 'app:2')] });
      const report = await run.report();
      expect(report).toMatchObject({
        outcome: 'succeeded',
        requestedBy: 'alice',
        systemHash: 'system-hash',
        reference: expect.stringContaining('report:'),
      });
      expect(one.images()).toEqual({ a: 'app:2', b: 'app:1', c: 'app:2' });
      expect(one.writes).toEqual([
        'saveState a',
        'setImage a app:2',
        'saveState c',
        'setImage c app:2',
        'markVerified a',
        'markVerified c',
      ]);
      expect(one.notifications.map((sent) => sent.kind)).toEqual(['start', 'end']);
      const names = report.steps.map((step) => step.name);
      expect(names.indexOf('Lock the targets')).toBeLessThan(names.indexOf('Update a'));
      expect(report.steps.every((step) => step.endedAt !== undefined)).toBe(true);
    });
  });

  test('a dry run plans, changes nothing and takes no lock; the real run does what the plan said', async () => {
    const one = world(['a', 'b']);
    await harness.with(one, async (queue) => {
      const input = { changes: [change('a', 'app:2'), change('b', 'app:2')] };
      const dry = await queue.start('rollingUpdate', { ...input, dryRun: true });
      const planned = await dry.report();
      expect(planned.outcome).toBe('planned');
      expect(one.writes).toEqual([]);
      expect(await dry.activities()).not.toEqual(expect.arrayContaining(['saveState']));
      expect(planned.steps.map((step) => step.name)).not.toContain('Lock the targets');
      const real = await (await queue.start('rollingUpdate', input)).report();
      expect(real.plan?.hash).toBe(planned.plan?.hash);
    });
  });

  test('two containers of one workload: the second change builds on the first, and both go back in reverse', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const changes = [change('a', 'app:2'), { ...change('a', 'app:3-bad'), container: 'side' }];
      const failure = await (await queue.start('rollingUpdate', { changes })).failure();
      expect(failure.type).toBe('RolledBack');
      expect(one.writes.filter((write) => write.includes('app:'))).toEqual([
        'setImage a app:2',
        'setImage a app:3-bad',
        'restoreState a app:2',
        'restoreState a app:1',
      ]);
    });
  });

  test('two containers of one workload stay guarded in the bake and are remembered as one state', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const changes = [change('a', 'app:2'), { ...change('a', 'app:3'), container: 'side' }];
      const run = await queue.start('rollingUpdate', { changes, bakeSeconds: 1 });
      expect((await run.report()).outcome).toBe('succeeded');
      expect(one.calls.filter((call) => call === 'guardPods')).toHaveLength(1);
      expect(writesOf(one, 'markVerified')).toHaveLength(1);
    });
  });

  test('nothing is written when everything runs the image already', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('rollingUpdate', { changes: [change('a', 'app:1')] })).report();
      expect(report.summary).toContain('a already runs app:1');
      expect(one.writes).toEqual([]);
    });
  });

  test('a Slack outage neither delays nor fails it', async () => {
    const one = world(['a']);
    one.slackDown = true;
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] });
      await run.until('updated', () => one.writes.includes('markVerified a'));
      expect(one.calls.filter((call) => call === 'notify').length).toBeGreaterThan(0);
      expect((await run.report()).outcome).toBe('succeeded');
    });
  });

  test('a paused Deployment is resumed only when asked, and paused again', async () => {
    const one = world(['a']);
    const workload = one.workloads.get('a');
    if (workload) workload.paused = true;
    await harness.with(one, async (queue) => {
      const refused = await (await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] })).failure();
      expect(refused.type).toBe('PreflightFailed');
      await (await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], resumePaused: true })).report();
      expect(writesOf(one, 'setPaused')).toEqual(['setPaused a false', 'setPaused a true']);
    });
  });
});

describe('failure and rollback', () => {
  test('a failing third service rolls back all three in reverse, and is quarantined', async () => {
    const one = world(['a', 'b', 'c']);
    await harness.with(one, async (queue) => {
      const changes = [change('a', 'app:2'), change('b', 'app:2'), change('c', 'app:2-bad')];
      const failure = await (await queue.start('rollingUpdate', { changes })).failure();
      expect(failure.type).toBe('RolledBack');
      expect(failure.report.outcome).toBe('RolledBack');
      expect(failure.message).toContain('app:2-bad');
      expect(one.images()).toEqual({ a: 'app:1', b: 'app:1', c: 'app:1' });
      expect(writesOf(one, 'restoreState')).toEqual([
        'restoreState c app:1',
        'restoreState b app:1',
        'restoreState a app:1',
      ]);
      expect(one.workloads.get('c')?.quarantined).toHaveLength(1);
      expect(one.workloads.get('a')?.quarantined).toHaveLength(0);
      const again = await (await queue.start('rollingUpdate', { changes: [change('c', 'app:2-bad')] })).failure();
      expect(again.type).toBe('Quarantined');
      expect(again.message).toContain('overrideQuarantine');
    });
  });

  test('failing smoke tests after good rollouts roll back', async () => {
    const one = world(['a'], { endpoints: { api: 'http://api.test' }, smoke: [{ name: 'smoke', endpoint: 'api' }] });
    one.checksPass = (images) => !images.includes('app:5xx');
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('rollingUpdate', { changes: [change('a', 'app:5xx')] })).failure();
      expect(failure.type).toBe('RolledBack');
      expect(failure.message).toContain('expected 200, got 500');
      expect(one.images()).toEqual({ a: 'app:1' });
    });
  });

  test('a crash in the bake rolls back', async () => {
    const one = world(['a']);
    one.guardOutcome = 'failed';
    await harness.with(one, async (queue) => {
      const failure = await (
        await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], bakeSeconds: 60 })
      ).failure();
      expect(failure.type).toBe('RolledBack');
      expect(one.images()).toEqual({ a: 'app:1' });
    });
  });

  test('rights that are missing half-way fail clearly, and what was done is undone', async () => {
    const one = world(['a', 'b']);
    await harness.with(one, async (queue) => {
      one.onWatch = async () => {
        one.failWrites.set('setImage', ApplicationFailure.nonRetryable('may not patch deployments.apps', 'Forbidden'));
      };
      const failure = await (
        await queue.start('rollingUpdate', { changes: [change('a', 'app:2'), change('b', 'app:2')] })
      ).failure();
      expect(failure.type).toBe('RolledBack');
      expect(failure.message).toContain('may not patch deployments.apps');
      expect(one.images()).toEqual({ a: 'app:1', b: 'app:1' });
    });
  });

  test("a stranger's write ends the run as Superseded and is left alone; our other change is undone", async () => {
    const one = world(['a', 'b']);
    one.verdicts.set('b app:2', 'superseded');
    await harness.with(one, async (queue) => {
      const failure = await (
        await queue.start('rollingUpdate', { changes: [change('a', 'app:2'), change('b', 'app:2')] })
      ).failure();
      expect(failure.type).toBe('Superseded');
      expect(writesOf(one, 'restoreState')).toEqual(['restoreState a app:1']);
    });
  });

  test('an old image that is gone holds before the rollback; retryRollback goes on all the same', async () => {
    const one = world(['a']);
    one.gone.add('app:1');
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2-bad')] });
      const held = await run.until('held', (status) => status.hold?.name === 'rollbackFailed');
      expect(held.hold?.state?.['a']).toContain('still on app:2-bad');
      expect(writesOf(one, 'restoreState')).toEqual([]);
      // A page goes out beside the hold, so it may arrive a moment later.
      await eventually('somebody is paged', () => one.notifications.some((sent) => sent.kind === 'page'));
      await run.verb('retryRollback', { actor: 'bob', reason: 'cached on the nodes' });
      expect((await run.failure()).type).toBe('RolledBack');
      expect(one.images()).toEqual({ a: 'app:1' });
    });
  });

  test('a rollback that fails is held; accept and abort end it with types of their own', async () => {
    for (const [verb, type] of [
      ['accept', 'AcceptedAsIs'],
      ['abort', 'CompensationFailed'],
    ] as const) {
      const one = world(['a']);
      one.verdicts.set('a app:1', 'deadline');
      await harness.with(one, async (queue) => {
        const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2-bad')] });
        await run.until('held', (status) => status.phase === 'held');
        const answers = await Promise.allSettled([
          run.verb(verb, { actor: 'bob', reason: 'r' }),
          run.verb(verb, { actor: 'carol', reason: 'r' }),
        ]);
        expect(answers.map((answer) => answer.status).toSorted()).toEqual(['fulfilled', 'rejected']);
        const failure = await run.failure();
        expect(failure.type).toBe(type);
        expect(failure.report.decisions.filter((decision) => decision.accepted)).toHaveLength(1);
      });
    }
  });

  test('onFailure hold lets a person look first', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2-bad')], onFailure: 'hold' });
      await run.until('held', (status) => status.hold?.name === 'updateFailed');
      expect(one.images()).toEqual({ a: 'app:2-bad' });
      await run.verb('retryRollback', { actor: 'bob' });
      expect((await run.failure()).type).toBe('RolledBack');
      expect(one.images()).toEqual({ a: 'app:1' });
    });
  });

  test('a cancel while a failed update is held rolls back', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2-bad')], onFailure: 'hold' });
      await run.until('held', (status) => status.hold?.name === 'updateFailed');
      await run.handle.cancel();
      expect((await run.failure()).type).toBe('RolledBack');
      expect(one.images()).toEqual({ a: 'app:1' });
    });
  });
});
