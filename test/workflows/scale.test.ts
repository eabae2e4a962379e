import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../setup/sandbox.js';
import { Fleet } from './fleet.js';
import { Harness } from './harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const fleet = (name: string, more: ConstructorParameters<typeof Fleet>[1] = {}): Fleet =>
  new Fleet(`fleet-${process.pid}-${name}`, more);
const scale = { workload: 'web', replicas: 5, allowZero: false, overrideAutoscaler: false, timeoutSeconds: 30 };
const checked = {
  endpoints: { api: 'http://api.test' },
  workloads: [
    {
      ...{ name: 'web', tier: 'app', container: 'app' },
      health: [{ name: 'web answers', endpoint: 'api', attempts: 1, times: 1 }],
    },
    { name: 'worker', tier: 'app', container: 'app' },
  ],
};
const restart = { workloads: ['web', 'worker'], overrideOwner: false };

describe('scale', () => {
  test('so many pods', async () => {
    const one = fleet('more');
    await harness.with(one, async (queue) => {
      const report = await (await queue.start('scale', scale)).report();
      expect([report.outcome, report.summary]).toEqual(['succeeded', 'Scale web: 2 to 5 replicas']);
      expect(one.done).toEqual(['setReplicas web=5']);
    });
  });

  test('pods that do not come: the old number is back', async () => {
    const one = fleet('late');
    one.outcomes.set('web=5', 'deadline');
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('scale', scale)).failure();
      expect([failure.type, failure.message]).toEqual([
        'RolledBack',
        expect.stringContaining('The old number is back'),
      ]);
      expect(one.done).toEqual(['setReplicas web=5', 'setReplicas web=2']);
    });
  });

  test('health checks that fail: the same', async () => {
    const one = fleet('sick', checked);
    one.checksPass = () => false;
    await harness.with(one, async (queue) => {
      expect((await (await queue.start('scale', scale)).failure()).type).toBe('RolledBack');
      expect(one.replicas.get('web')).toBe(2);
    });
  });

  test('going back fails: it says what stands', async () => {
    const one = fleet('stuck');
    one.outcomes.set('web=5', 'deadline');
    one.refuses.set('web', 2);
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('scale', scale)).failure();
      expect([failure.type, failure.message]).toEqual([
        'CompensationFailed',
        expect.stringContaining('Back to 2 replicas'),
      ]);
    });
  });

  test('somebody else scales meanwhile: theirs is left alone', async () => {
    const one = fleet('other');
    one.outcomes.set('web=5', 'changed');
    await harness.with(one, async (queue) => {
      expect((await (await queue.start('scale', scale)).failure()).type).toBe('Superseded');
      expect(one.done).toEqual(['setReplicas web=5']);
    });
  });

  test.each([
    ['a number where an autoscaler decides', scale, 'which would change the number again'],
    ['fewer of a workload that deletes its claims', { ...scale, workload: 'keeper', replicas: 1 }, 'Set it to Retain'],
    [
      'bounds without an autoscaler',
      { ...scale, workload: 'worker', replicas: { min: 3, max: 9 } },
      'has no autoscaler',
    ],
  ])('refused before the first write: %s', async (_, input, words) => {
    const one = fleet(`refused-${words.length}`);
    one.autoscalers.set('web', { name: 'web', min: 1, max: 4 });
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('scale', input)).failure();
      expect([failure.type, failure.message]).toEqual(['PreflightFailed', expect.stringContaining(words)]);
      expect(one.done).toEqual([]);
    });
  });

  test('bounds of an autoscaler, and back when the pods do not come', async () => {
    const one = fleet('bounds');
    one.autoscalers.set('web', { name: 'web', min: 1, max: 4 });
    await harness.with(one, async (queue) => {
      expect((await (await queue.start('scale', { ...scale, replicas: { min: 3, max: 9 } })).report()).outcome).toBe(
        'succeeded',
      );
      expect(one.done).toEqual(['setAutoscalerRange web 3-9']);
      one.outcomes.set('web=7', 'deadline');
      const failure = await (await queue.start('scale', { ...scale, replicas: { min: 7, max: 9 } })).failure();
      expect(failure.type).toBe('RolledBack');
      expect(one.done.slice(1)).toEqual(['setAutoscalerRange web 7-9', 'setAutoscalerRange web 3-9']);
    });
  });
});

describe('restart', () => {
  test('one after the other', async () => {
    const one = fleet('restart');
    await harness.with(one, async (queue) => {
      expect((await (await queue.start('restart', restart)).report()).summary).toBe('Restarted web, worker');
      expect(one.done).toEqual(['restartWorkload web', 'restartWorkload worker']);
    });
  });

  test('the first that does not come up ends it', async () => {
    const one = fleet('broken');
    one.verdicts.set('web app:1', 'failed');
    await harness.with(one, async (queue) => {
      const failure = await (await queue.start('restart', restart)).failure();
      expect([failure.type, failure.message]).toEqual([
        'VerificationFailed',
        expect.stringContaining('Restarted and well: none'),
      ]);
      expect(one.done).toEqual(['restartWorkload web']);
    });
  });
});

test.each([
  ['scale', scale],
  ['restart', restart],
])('%s: a dry run only reads', async (runbook, input) => {
  const one = fleet(`dry-${runbook}`);
  await harness.with(one, async (queue) => {
    const report = await (await queue.start(runbook, { ...input, dryRun: true })).report();
    expect(report.outcome).toBe('planned');
    expect(one.done).toEqual([]);
  });
});
