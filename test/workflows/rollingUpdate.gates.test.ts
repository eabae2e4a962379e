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
const gate = {
  name: 'errors',
  query: 'q',
  max: 0.01,
  windowSeconds: 5,
  intervalSeconds: 1,
  count: 1,
  noVerdictLimit: 0,
  errorLimit: 0,
};
const gated = {
  prometheus: { url: 'http://prometheus.test' },
  workloads: [{ name: 'a', tier: 'app', container: 'app', gates: [gate] }],
};

describe('gates', () => {
  test.each([
    ['a breached gate rolls back', { kind: 'value', value: 0.5 }, {}, 'RolledBack'],
    [
      'no verdict with policy rollback',
      { kind: 'noVerdict', why: 'NaN', detail: 'NaN' },
      { onNoVerdict: 'rollback' },
      'RolledBack',
    ],
    [
      'no verdict with policy continue',
      { kind: 'noVerdict', why: 'empty', detail: 'empty' },
      { onNoVerdict: 'continue' },
      'succeeded',
    ],
    [
      'Prometheus down with its own policy',
      { kind: 'error', detail: 'refused' },
      { onNoVerdict: 'rollback', onGateError: 'continue' },
      'succeeded',
    ],
    ['a good value', { kind: 'value', value: 0 }, {}, 'succeeded'],
  ] as const)('%s', async (_name, measurement, input, outcome) => {
    const one = world(['a'], gated);
    one.measurement = measurement;
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], ...input });
      const end = outcome === 'succeeded' ? (await run.report()).outcome : (await run.failure()).type;
      expect(end).toBe(outcome);
    });
  });

  test('no verdict holds by default; accept goes on', async () => {
    const one = world(['a'], gated);
    one.measurement = { kind: 'noVerdict', why: 'severalSeries', detail: '2 series' };
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')] });
      const held = await run.until('held', (status) => status.hold?.name === 'noVerdict');
      expect(held.hold?.question).toContain('2 series');
      await run.verb('accept', { actor: 'bob' });
      expect((await run.report()).outcome).toBe('succeeded');
    });
  });

  test('a gate that was passed over is not asked again, and the bake still guards the pods to its end', async () => {
    const one = world(['a'], gated);
    one.measurement = { kind: 'error', detail: 'refused' };
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], bakeSeconds: 3 });
      await run.until('held', (status) => status.hold?.name === 'noVerdict');
      await run.verb('accept', { actor: 'bob' });
      expect((await run.report()).outcome).toBe('succeeded');
    });
    const other = world(['a'], gated);
    other.measurement = { kind: 'error', detail: 'refused' };
    await harness.with(other, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], bakeSeconds: 60 });
      await run.until('held', (status) => status.hold?.name === 'noVerdict');
      other.guardOutcome = 'failed';
      await run.verb('accept', { actor: 'bob' });
      expect((await run.failure()).type).toBe('RolledBack');
    });
  });

  test('promote skips the rest of the bake', async () => {
    const one = world(['a']);
    await harness.with(one, async (queue) => {
      const run = await queue.start('rollingUpdate', { changes: [change('a', 'app:2')], bakeSeconds: 3_600 });
      expect(await run.refusal('promote', { actor: 'bob' })).toContain('no bake');
      await run.until('baking', (status) => status.headline.startsWith('Bakes'));
      await run.verb('promote', { actor: 'bob', reason: 'looks good' });
      expect((await run.report()).outcome).toBe('succeeded');
    });
  });
});
