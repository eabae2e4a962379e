import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { eventually, Harness, type Queue, type Running } from '../harness.js';
import { forEver, Harbor } from './harbor.js';
import { saved } from './samples.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const harbor = (name: string, more: ConstructorParameters<typeof Harbor>[1] = {}): Harbor =>
  new Harbor(`back-${process.pid}-${name}`, more);
const shutdown = { mode: 'graceful', preserveEvidence: false, backup: 'skip', breakGlass: false };
const recovery = { snapshot: 'latest', from: 'snapshot', pace: 'tiers' };
const late = { key: 'Deployment/api', count: 0, why: 'ErrImagePull', evidence: [] };

async function down(queue: Queue, one: Harbor): Promise<Record<string, unknown>> {
  const before = one.state();
  await (await queue.start('emergencyShutdown', shutdown)).report();
  one.done.length = 0;
  return before;
}

const held = (run: Running, name: string) => run.until(name, ({ hold }) => hold?.name === name);

test('exactly what was there comes back: data first, autoscalers and CronJobs after the pods, traffic last', async () => {
  const one = harbor('all');
  await harness.with(one, async (queue) => {
    const before = await down(queue, one);
    const report = await (await queue.start('emergencyRecovery', recovery)).report();
    expect(report.outcome).toBe('succeeded');
    expect(one.state()).toEqual(before);
    expect(one.done.filter((line) => /^(setFields|waitReady|closeShutdown)/.test(line))).toEqual([
      ...['setFields StatefulSet/db', 'waitReady db=2'],
      ...['setFields Deployment/api', 'waitReady api=3'],
      // At 0 before, and so again: nothing to wait for.
      'setFields Deployment/web',
      ...['setFields Deployment/debug', 'waitReady debug=1'],
      'setFields HorizontalPodAutoscaler/api',
      'setFields CronJob/nightly,CronJob/asleep',
      'setFields Ingress/shop',
      'closeShutdown',
    ]);
    expect(one.field('CronJob/asleep', '/spec/suspend')).toBe(true);
    expect([...one.marked]).toEqual([]);
    const again = await (await queue.start('emergencyRecovery', recovery)).report();
    expect(again.summary).toContain('Nothing is down');
    expect(one.state()).toEqual(before);
  });
});

test('a tier that is not ready asks; waiting once more is enough when it is mended', async () => {
  const one = harbor('late');
  one.notReady = [late];
  await harness.with(one, async (queue) => {
    const before = await down(queue, one);
    const run = await queue.start('emergencyRecovery', recovery);
    const status = await held(run, 'tierNotReady');
    expect(status.hold?.question).toContain('ErrImagePull');
    expect(one.field('Ingress/shop', '/spec/ingressClassName')).toBe('belay-stopped');
    one.notReady = [];
    await run.verb('resume', { actor: 'bob' });
    expect((await run.report()).outcome).toBe('succeeded');
    expect(one.state()).toEqual(before);
  });
});

test('skipTier while it is waited for: the rest comes back', async () => {
  const one = harbor('skip');
  one.on = async (name, input) => {
    const { workloads } = input as { workloads?: { ref: { name: string } }[] };
    if (name === 'waitReady' && workloads?.[0]?.ref.name === 'api') await forEver();
  };
  await harness.with(one, async (queue) => {
    await down(queue, one);
    const run = await queue.start('emergencyRecovery', recovery);
    await eventually('it waits', () => one.done.includes('waitReady api=3'));
    await run.verb('skipTier', { actor: 'bob', reason: 'known' });
    const report = await run.report();
    expect(report.summary).toContain('not waited for: application');
    expect(one.field('Ingress/shop', '/spec/ingressClassName')).toBe('nginx');
    expect(one.done).toContain('closeShutdown');
  });
}, 60_000);

test.each([
  ['while a tier is waited for', false],
  ['at the question', true],
])(
  'stayDown %s stops again what was started',
  async (_, asked) => {
    const one = harbor(`stay-${asked}`);
    if (asked) one.notReady = [late];
    else
      one.on = async (name, input) => {
        const { workloads } = input as { workloads?: { ref: { name: string } }[] };
        if (name === 'waitReady' && workloads?.[0]?.ref.name === 'api') await forEver();
      };
    await harness.with(one, async (queue) => {
      await down(queue, one);
      const stopped = one.state();
      const run = await queue.start('emergencyRecovery', recovery);
      if (asked) await held(run, 'tierNotReady');
      else await eventually('it waits', () => one.done.includes('waitReady api=3'));
      await run.verb('stayDown', { actor: 'bob', reason: 'not yet' });
      const failure = await run.failure();
      expect(failure.type).toBe('StayedDown');
      expect(failure.message).toContain('bob decided to stay down');
      expect(one.state()).toEqual(stopped);
      expect(one.done.at(-1)).toBe('waitStopped db,api kill=false');
    });
  },
  60_000,
);

test('smoke tests fail: traffic is off again, the pods stay, and a second run goes on', async () => {
  const one = harbor('smoke', {
    endpoints: { api: 'http://api.test' },
    smoke: [{ name: 'smoke', endpoint: 'api', attempts: 1, times: 1 }],
  });
  one.checksPass = () => false;
  await harness.with(one, async (queue) => {
    const before = await down(queue, one);
    const failure = await (await queue.start('emergencyRecovery', recovery)).failure();
    expect([failure.type, failure.message]).toEqual(['RecoveryFailed', expect.stringContaining('Smoke tests failed')]);
    expect(one.field('Ingress/shop', '/spec/ingressClassName')).toBe('belay-stopped');
    expect(one.field('Deployment/api', '/spec/replicas')).toBe(3);
    one.checksPass = () => true;
    expect((await (await queue.start('emergencyRecovery', recovery)).report()).outcome).toBe('succeeded');
    expect(one.state()).toEqual(before);
  });
});

test('the bake fails: the same', async () => {
  let good = 2;
  const one = harbor('bake', {
    endpoints: { api: 'http://api.test' },
    smoke: [{ name: 'smoke', endpoint: 'api', attempts: 1, times: 1 }],
    emergency: { recovery: { bakeSeconds: 60 } },
  });
  one.checksPass = () => good-- > 0;
  await harness.with(one, async (queue) => {
    await down(queue, one);
    const failure = await (await queue.start('emergencyRecovery', recovery)).failure();
    expect([failure.type, failure.message]).toEqual(['RecoveryFailed', expect.stringContaining('The bake failed')]);
    expect(one.field('Ingress/shop', '/spec/ingressClassName')).toBe('belay-stopped');
  });
}, 60_000);

test('a difference that nothing explains is told', async () => {
  const one = harbor('differs');
  await harness.with(one, async (queue) => {
    await down(queue, one);
    one.on = async (name) => {
      if (name !== 'compareWithSnapshot') return;
      one.overwrite('StatefulSet/db', '/spec/replicas', 9);
      one.overwrite('Deployment/api', '/spec/replicas', 7);
    };
    const failure = await (await queue.start('emergencyRecovery', recovery)).failure();
    expect(failure.type).toBe('VerificationFailed');
    expect(failure.message).toContain('StatefulSet/db /spec/replicas was 2, is 9');
    expect(failure.message).not.toContain('Deployment/api');
    // Another shutdown must not take the old state for the present one.
    expect(one.done).toContain('closeShutdown');
  });
});

test('what somebody has written into a route meanwhile stays, and is told', async () => {
  const one = harbor('edited');
  await harness.with(one, async (queue) => {
    await down(queue, one);
    one.overwrite('Ingress/shop', '/spec/rules', [{ host: 'new.test' }]);
    const failure = await (await queue.start('emergencyRecovery', recovery)).failure();
    expect([failure.type, failure.message]).toEqual([
      'VerificationFailed',
      expect.stringContaining('Ingress/shop /spec/rules was [], is [{"host":"new.test"}]'),
    ]);
    expect(one.field('Ingress/shop', '/spec/ingressClassName')).toBe('nginx');
    expect(one.field('Ingress/shop', '/spec/rules')).toEqual([{ host: 'new.test' }]);
  });
});

test('what stands in the way is listed before anything is touched', async () => {
  const one = harbor('problems');
  one.problems = ['image app:1 is not in the registry', 'no room for 3 pods'];
  await harness.with(one, async (queue) => {
    await down(queue, one);
    const stopped = one.state();
    const failure = await (await queue.start('emergencyRecovery', recovery)).failure();
    expect(failure.type).toBe('PreflightFailed');
    expect(failure.message).toContain('no room for 3 pods');
    expect(one.state()).toEqual(stopped);
  });
});

test('without a trustworthy snapshot it says what would be guessed, and a person must accept it', async () => {
  const one = harbor('guess');
  one.damaged = true;
  const guessed = saved(
    'Deployment',
    'api',
    { '/spec/replicas': 4 },
    { tier: 'application', namespace: one.system.name },
  );
  one.guess = [{ ...guessed, because: '4, from the least of its autoscaler' }];
  await harness.with(one, async (queue) => {
    const refused = await (await queue.start('emergencyRecovery', recovery)).failure();
    expect([refused.type, refused.message]).toEqual([
      'PreflightFailed',
      expect.stringContaining('Deployment/api: 4, from the least of its autoscaler'),
    ]);
    const run = await queue.start('emergencyRecovery', { ...recovery, from: { lastKnownGood: true } });
    const status = await held(run, 'noSnapshot');
    expect(status.hold?.state).toEqual({ 'Deployment/api': '4, from the least of its autoscaler' });
    expect(one.field('Deployment/api', '/spec/replicas')).toBe(3);
    await run.verb('accept', { actor: 'bob' });
    await run.report();
    expect(one.field('Deployment/api', '/spec/replicas')).toBe(4);
  });
});

test('some tiers: only their workloads and what scales them; traffic stays off', async () => {
  const one = harbor('tiers');
  await harness.with(one, async (queue) => {
    await down(queue, one);
    const report = await (await queue.start('emergencyRecovery', { ...recovery, tiers: ['data'] })).report();
    expect(report.summary).toContain('A part of');
    expect(one.field('StatefulSet/db', '/spec/replicas')).toBe(2);
    expect(one.field('Deployment/api', '/spec/replicas')).toBe(0);
    expect(one.field('Ingress/shop', '/spec/ingressClassName')).toBe('belay-stopped');
    expect(one.snapshots).toHaveLength(1);
  });
});
