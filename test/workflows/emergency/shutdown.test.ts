import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { eventually, Harness } from '../harness.js';
import { forEver, Harbor } from './harbor.js';

let harness: Harness;
beforeAll(async () => {
  harness = await Harness.start();
}, SANDBOX_MS);
afterAll(() => harness.stop());

const harbor = (name: string, more: ConstructorParameters<typeof Harbor>[1] = {}): Harbor =>
  new Harbor(`down-${process.pid}-${name}`, more);
const shutdown = { mode: 'graceful', preserveEvidence: false, backup: 'skip', breakGlass: false };

test('everything goes down from the edge inwards, its state saved before the first write', async () => {
  const one = harbor('all');
  await harness.with(one, async (queue) => {
    const report = await (await queue.start('emergencyShutdown', shutdown)).report();
    expect(report.outcome).toBe('succeeded');
    expect(report.summary).toContain('belay start emergencyRecovery');
    const writes = one.done.filter((line) => /^(takeSnapshot|setFields|waitStopped)/.test(line));
    expect(writes[0]).toBe('takeSnapshot');
    expect(writes.slice(1, 3).toSorted()).toEqual([
      'setFields HorizontalPodAutoscaler/api,CronJob/nightly,CronJob/asleep',
      'setFields Ingress/shop',
    ]);
    expect(writes.slice(3)).toEqual([
      ...['setFields Deployment/debug', 'waitStopped debug kill=false'],
      ...['setFields Deployment/web', 'waitStopped web kill=false'],
      ...['setFields Deployment/api', 'waitStopped api kill=false'],
      ...['setFields StatefulSet/db', 'waitStopped db kill=false'],
    ]);
    expect(one.field('StatefulSet/db', '/spec/replicas')).toBe(0);
    expect(one.snapshots[0]?.objects.find(({ ref }) => ref.name === 'db')?.fields).toEqual({ '/spec/replicas': 2 });
    expect([...one.marked]).toHaveLength(8);
    expect(one.notifications.map(({ kind }) => kind)).toEqual(['page', 'end']);
  });
});

test('a second shutdown adopts the first snapshot and finds everything as it should be', async () => {
  const one = harbor('twice');
  await harness.with(one, async (queue) => {
    await (await queue.start('emergencyShutdown', shutdown)).report();
    const before = structuredClone(one.snapshots);
    const report = await (await queue.start('emergencyShutdown', shutdown)).report();
    expect(report.steps.find(({ name }) => name === 'Save the state')?.detail).toContain('adopted');
    expect(one.snapshots).toEqual(before);
  });
});

test('immediate: all at once and without grace', async () => {
  const one = harbor('now', { emergency: { drainSeconds: 600 } });
  await harness.with(one, async (queue) => {
    await (await queue.start('emergencyShutdown', { ...shutdown, mode: 'immediate' })).report();
    expect(one.done.filter((line) => line.startsWith('waitStopped'))).toEqual([
      expect.stringMatching(/^waitStopped .*kill=true$/),
    ]);
  });
});

test('what cannot be stopped is named with the command, and the rest goes down', async () => {
  const one = harbor('partly');
  one.locked.add('Deployment/api');
  one.stuck = [
    {
      key: 'StatefulSet/db',
      count: 1,
      why: 'finalizer guard.test/keep',
      command: 'kubectl patch pod db-0',
      evidence: [],
    },
  ];
  await harness.with(one, async (queue) => {
    const failure = await (await queue.start('emergencyShutdown', shutdown)).failure();
    expect(failure.type).toBe('PartialShutdown');
    expect(failure.message).toContain('Deployment/api: it is forbidden. By hand: kubectl scale Deployment/api');
    expect(failure.message).toContain('finalizer guard.test/keep. By hand: kubectl patch pod db-0');
    expect(one.field('StatefulSet/db', '/spec/replicas')).toBe(0);
    expect(one.field('Deployment/debug', '/spec/replicas')).toBe(0);
    expect(failure.report.steps.some(({ name }) => name === 'How to bring it back')).toBe(true);
  });
});

test('without a saved state nothing is touched', async () => {
  const one = harbor('unsaved');
  const before = one.state();
  one.fail.set('takeSnapshot', ApplicationFailure.nonRetryable('neither copy could be written', 'SnapshotFailed'));
  await harness.with(one, async (queue) => {
    const failure = await (await queue.start('emergencyShutdown', shutdown)).failure();
    expect(failure.type).toBe('StepFailed');
    expect(failure.message).toContain('neither copy could be written');
    expect(one.state()).toEqual(before);
  });
});

test('evidence and messages never hold it up', async () => {
  const one = harbor('optional', { emergency: { evidenceSeconds: 1 } });
  one.slackDown = true;
  one.on = async (name) => {
    if (name === 'collectEvidence') await forEver();
  };
  await harness.with(one, async (queue) => {
    const run = await queue.start('emergencyShutdown', { ...shutdown, preserveEvidence: true });
    const report = await run.report();
    expect(report.outcome).toBe('succeeded');
    expect(report.summary).toContain('Keep evidence: not all of it within 1 s');
    expect(one.field('StatefulSet/db', '/spec/replicas')).toBe(0);
  });
}, 60_000);

test('a rolling update gives way and undoes itself', async () => {
  const one = harbor('preempt');
  one.onWatch = async (_workload, image) => {
    if (image === 'app:2') await forEver();
  };
  await harness.with(one, async (queue) => {
    const update = await queue.start('rollingUpdate', { changes: [{ workload: 'api', image: 'app:2' }] });
    await update.until('watching', (status) => status.steps.some((step) => step.name === 'Watch the rollout'));
    const report = await (await queue.start('emergencyShutdown', shutdown)).report();
    expect(report.outcome).toBe('succeeded');
    expect((await update.failure()).type).toBe('RolledBack');
    expect(one.images()['api']).toBe('app:1');
  });
}, 60_000);

test('while it goes on others are refused: a second shutdown, a recovery, an update', async () => {
  const one = harbor('busy');
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  one.on = async (name) => {
    if (name === 'waitStopped') await gate;
  };
  await harness.with(one, async (queue) => {
    const run = await queue.start('emergencyShutdown', shutdown);
    await eventually('it waits', () => one.done.some((line) => line.startsWith('waitStopped')));
    const second = await (await queue.start('emergencyShutdown', shutdown)).failure();
    expect([second.type, second.message]).toEqual(['TargetBusy', expect.stringContaining('is a shutdown itself')]);
    const recovery = await (
      await queue.start('emergencyRecovery', { snapshot: 'latest', from: 'snapshot', pace: 'tiers' })
    ).failure();
    expect([recovery.type, recovery.message]).toEqual(['TargetBusy', expect.stringContaining('emergencyShutdown')]);
    const update = await (
      await queue.start('rollingUpdate', { changes: [{ workload: 'api', image: 'app:2' }] })
    ).failure();
    expect(update.type).toBe('TargetBusy');
    expect(one.images()['api']).toBe('app:1');
    release();
    expect((await run.report()).outcome).toBe('succeeded');
  });
}, 60_000);

test('approval where the system asks for it, and the loud way past it', async () => {
  const emergency = { approval: { required: true, minApprovals: 2, expiresAfterSeconds: 60 } };
  const one = harbor('approval', { emergency });
  await harness.with(one, async (queue) => {
    const run = await queue.start('emergencyShutdown', shutdown);
    const { plan } = await run.until('asks', (status) => status.phase === 'awaitingApproval');
    expect(one.done).not.toContain('takeSnapshot');
    for (const actor of ['bob', 'carol']) await run.verb('approve', { actor, planHash: plan?.hash ?? '' });
    expect((await run.report()).outcome).toBe('succeeded');
  });
  const two = harbor('glass', { emergency });
  await harness.with(two, async (queue) => {
    const report = await (await queue.start('emergencyShutdown', { ...shutdown, breakGlass: true })).report();
    expect(report.steps.find(({ name }) => name === 'Break glass')?.detail).toContain(
      'alice started without the approval',
    );
    expect(two.notifications.filter(({ title }) => title.startsWith('BREAK GLASS'))).toHaveLength(1);
  });
});

test('an abort leaves down what is down, and says how to bring it back', async () => {
  const one = harbor('abort');
  one.on = async (name) => {
    if (name === 'waitStopped') await forEver();
  };
  await harness.with(one, async (queue) => {
    const run = await queue.start('emergencyShutdown', shutdown);
    await eventually('it waits', () => one.done.some((line) => line.startsWith('waitStopped')));
    await run.verb('abort', { actor: 'bob', reason: 'wrong system' });
    const failure = await run.failure();
    expect(failure.type).toBe('Aborted');
    expect(failure.message).toContain('what is down stays down');
    expect(one.field('Deployment/debug', '/spec/replicas')).toBe(0);
    expect(one.field('StatefulSet/db', '/spec/replicas')).toBe(2);
  });
}, 60_000);

test.each([
  ['emergencyShutdown', shutdown],
  ['emergencyRecovery', { snapshot: 'latest', from: 'snapshot', pace: 'tiers' }],
])('%s: a dry run only reads', async (runbook, input) => {
  const one = harbor(`dry-${runbook.toLowerCase()}`);
  if (runbook === 'emergencyRecovery')
    await harness.with(one, async (queue) => void (await (await queue.start('emergencyShutdown', shutdown)).report()));
  const [before, from] = [one.state(), one.done.length];
  await harness.with(one, async (queue) => {
    const report = await (await queue.start(runbook, { ...input, dryRun: true })).report();
    expect(report.outcome).toBe('planned');
    expect(report.plan?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(one.done.slice(from).filter((line) => !/^(surveySystem|readSnapshot|checkRecovery)/.test(line))).toEqual([]);
    expect(one.state()).toEqual(before);
  });
});
