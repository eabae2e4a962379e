import type { Running } from '../workflows/harness.js';
import { eventually } from '../workflows/harness.js';
import type { World } from '../workflows/world.js';
import { Harbor, forEver } from '../workflows/emergency/harbor.js';
import { saved } from '../workflows/emergency/samples.js';
import { course, type Course, ended, person } from './course.js';

type More = ConstructorParameters<typeof Harbor>[1];
const shutdown = { mode: 'graceful', preserveEvidence: false, backup: 'skip', breakGlass: false };
const recovery = { snapshot: 'latest', from: 'snapshot', pace: 'tiers' };
const approval = { required: true, minApprovals: 1, expiresAfterSeconds: 60 };
const smoke = {
  endpoints: { api: 'http://api.test' },
  smoke: [{ name: 'smoke', endpoint: 'api', attempts: 1, times: 1 }],
};
const late = { key: 'Deployment/api', count: 0, why: 'ErrImagePull', evidence: [] };

const harbor = (name: string, more: More = {}, change: (one: Harbor) => void = () => undefined): Harbor => {
  const one = new Harbor(`replay-${name}`, more);
  change(one);
  return one;
};
const asHarbor = (one: World): Harbor => {
  if (one instanceof Harbor) return one;
  throw new Error('the course needs a harbor');
};

/** A recovery, after a shutdown that is not recorded. */
const recovered = (
  name: string,
  ends: string,
  world: () => Harbor,
  more: object = {},
  steer: (run: Running, one: Harbor) => Promise<unknown> = async () => undefined,
): Course => ({
  name,
  ends,
  world,
  play: async (queue, world_) => {
    const one = asHarbor(world_);
    await ended(await queue.start('emergencyShutdown', shutdown));
    const run = await queue.start('emergencyRecovery', { ...recovery, ...more });
    await steer(run, one);
    return ended(run);
  },
});

const held = (run: Running) => run.until('held', ({ phase }) => phase === 'held');

/** The wait for the application tier lasts until it is cancelled. */
const hangs = (one: Harbor): void => {
  one.on = async (name, input) => {
    const { workloads } = input as { workloads?: { ref: { name: string } }[] };
    if (name === 'waitReady' && workloads?.[0]?.ref.name === 'api') await forEver();
  };
};
const waits = (one: Harbor) => eventually('it waits', () => one.done.includes('waitReady api=3'));

/** Courses of the emergency runbooks. */
export const emergency: Course[] = [
  course('shutdown-succeeded', 'succeeded', () => harbor('down'), 'emergencyShutdown', shutdown),
  course('shutdown-dry-run', 'planned', () => harbor('down-dry'), 'emergencyShutdown', { ...shutdown, dryRun: true }),
  course('shutdown-immediate-evidence', 'succeeded', () => harbor('down-now'), 'emergencyShutdown', {
    ...shutdown,
    mode: 'immediate',
    preserveEvidence: true,
  }),
  course(
    'shutdown-partial',
    'PartialShutdown',
    () => harbor('down-partly', {}, (one) => one.locked.add('Deployment/api')),
    'emergencyShutdown',
    shutdown,
  ),
  course(
    'shutdown-approved',
    'succeeded',
    () => harbor('down-approved', { emergency: { approval } }),
    'emergencyShutdown',
    shutdown,
    async (run) => {
      const { plan } = await run.until('asks', ({ phase }) => phase === 'awaitingApproval');
      await run.verb('approve', { ...person, planHash: plan?.hash ?? '' });
    },
  ),
  course(
    'shutdown-break-glass',
    'succeeded',
    () => harbor('down-glass', { emergency: { approval } }),
    'emergencyShutdown',
    { ...shutdown, breakGlass: true },
  ),
  course(
    'shutdown-aborted',
    'Aborted',
    () =>
      harbor('down-aborted', {}, (one) => {
        one.on = async (name) => {
          if (name === 'waitStopped') await forEver();
        };
      }),
    'emergencyShutdown',
    shutdown,
    async (run, one) => {
      await eventually('it waits', () => asHarbor(one).done.some((line) => line.startsWith('waitStopped')));
      await run.verb('abort', person);
    },
  ),
  recovered('recovery-succeeded', 'succeeded', () =>
    harbor('back', { ...smoke, emergency: { recovery: { bakeSeconds: 1 } } }),
  ),
  recovered('recovery-dry-run', 'planned', () => harbor('back-dry'), { dryRun: true }),
  recovered(
    'recovery-waited-again',
    'succeeded',
    () => harbor('back-late', {}, (one) => one.notReady.push(late)),
    {},
    async (run, one) => {
      await held(run);
      one.notReady = [];
      await run.verb('resume', person);
    },
  ),
  recovered(
    'recovery-tier-skipped',
    'succeeded',
    () => harbor('back-skipped', {}, hangs),
    {},
    async (run, one) => {
      await waits(one);
      await run.verb('skipTier', person);
    },
  ),
  recovered(
    'recovery-stayed-down',
    'StayedDown',
    () => harbor('back-stays', {}, hangs),
    {},
    async (run, one) => {
      await waits(one);
      await run.verb('stayDown', person);
    },
  ),
  recovered('recovery-failed', 'RecoveryFailed', () =>
    harbor('back-failed', smoke, (one) => (one.checksPass = () => false)),
  ),
  recovered(
    'recovery-guessed',
    'succeeded',
    () =>
      harbor('back-guessed', {}, (one) => {
        one.damaged = true;
        const guessed = saved(
          'Deployment',
          'api',
          { '/spec/replicas': 4 },
          { tier: 'application', namespace: 'replay-back-guessed' },
        );
        one.guess = [{ ...guessed, because: '4, from the least of its autoscaler' }];
      }),
    { from: { lastKnownGood: true } },
    async (run) => {
      await held(run);
      await run.verb('accept', person);
    },
  ),
];
