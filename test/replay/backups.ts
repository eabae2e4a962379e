import { ApplicationFailure } from '@temporalio/common';
import { Vault } from '../workflows/backups/vault.js';
import { eventually, type Running } from '../workflows/harness.js';
import type { World } from '../workflows/world.js';
import { course, type Course, ended, person, until } from './course.js';

type Policy = NonNullable<ConstructorParameters<typeof Vault>[2]>['backups'];

const vault = (name: string, sources: string[] = ['orders'], backups: Policy = {}): Vault =>
  new Vault(`replay-${name}`, sources, { backups });
const broken = (type: string) => ApplicationFailure.nonRetryable('recorded', type);
const consumed = {
  sources: [{ name: 'orders', type: 'postgres', host: 'db', database: 'orders', consumers: ['web', 'worker'] }],
};
const open = { restore: { approval: { required: false } } };
const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000).toISOString();

/** With these backups in the store, some seconds old, all at L5. */
function stocked(one: Vault, ages: number[] = [60]): Vault {
  for (const age of ages) one.published('orders', { at: ago(age), level: 'L5' });
  return one;
}

const damaged = (one: Vault): Vault => Object.assign(one, { damage: 'L5' as const });
const failing = (one: Vault, ...args: Parameters<Vault['fail']['set']>): Vault => {
  one.fail.set(...args);
  return one;
};

const restore = { source: 'orders', backup: 'latestVerified', level: 'L5', allowUnverified: false };
const drill = { rto: 600, rpo: 7_200, pick: 'newest', level: 'L6' };
const expiring = {
  retention: { keepLast: 1, minVerified: 1, graceHours: 0, apply: true, maxDeletePercent: 100 },
};
const verify = { source: 'orders', backup: 'latest', level: 'L5' };

/** Ends the alarm that the course has opened. */
const clear =
  (kind: string) =>
  async (run: Running, one: World): Promise<void> => {
    await ended(run);
    const alarm = run.handle.client.getHandle(`alarm/${one.system.name}/orders/${kind}`);
    await alarm.signal('cleared', 'recorded');
  };

/** Courses of the backup runbooks. */
export const backups: Course[] = [
  course('backup-succeeded', 'succeeded', () => vault('taken', ['orders', 'users'], expiring), 'backup', {}),
  course('backup-dry-run', 'planned', () => vault('backup-dry'), 'backup', { dryRun: true }),
  course(
    'backup-one-failed',
    'BackupFailed',
    () => {
      const one = vault('one-failed', ['orders', 'users']);
      one.failTaking.set('orders', broken('WrongPassword'));
      return one;
    },
    'backup',
    {},
  ),
  course('backup-bad', 'VerificationFailed', () => damaged(vault('taken-bad')), 'backup', {}, clear('bad-backup')),
  course(
    'backup-aborted',
    'Aborted',
    () => failing(vault('backup-aborted'), 'readBack', ApplicationFailure.retryable('slow', 'Throttled')),
    'backup',
    {},
    async (run, one) => {
      await eventually('reading back', () => (one as Vault).done.includes('readBack orders'));
      await run.verb('abort', person);
    },
  ),
  course('verify-passed', 'succeeded', () => stocked(vault('verified')), 'verifyBackup', verify),
  course(
    'verify-bad',
    'VerificationFailed',
    () => damaged(stocked(vault('verify-bad'))),
    'verifyBackup',
    verify,
    clear('bad-backup'),
  ),
  course('restore-beside', 'succeeded', () => stocked(vault('beside', ['orders'], open)), 'restore', {
    ...restore,
    into: { new: 'look' },
  }),
  course(
    'restore-swapped',
    'succeeded',
    () => stocked(vault('swapped', ['orders'], { ...open, ...consumed })),
    'restore',
    { ...restore, into: 'swap' },
  ),
  course(
    'restore-swap-undone',
    'RolledBack',
    () => failing(stocked(vault('undone', ['orders'], { ...open, ...consumed })), 'swapIn', broken('Forbidden')),
    'restore',
    { ...restore, into: 'swap' },
  ),
  course(
    'restore-undo-failed',
    'CompensationFailed',
    () => {
      const one = stocked(vault('undo-failed', ['orders'], { ...open, ...consumed }));
      return failing(failing(one, 'swapIn', broken('Forbidden')), 'swapBack', broken('Forbidden'));
    },
    'restore',
    { ...restore, into: 'swap' },
  ),
  course(
    'restore-approved',
    'succeeded',
    () => stocked(vault('restore-approved')),
    'restore',
    { ...restore, into: 'swap' },
    async (run) => {
      const { plan } = await until(run, 'awaitingApproval');
      await run.verb('approve', { ...person, planHash: plan?.hash ?? '' });
    },
  ),
  course(
    'restore-wrong-data',
    'RestoreFailed',
    () => damaged(stocked(vault('wrong-data', ['orders'], open))),
    'restore',
    { ...restore, into: { new: 'look' } },
  ),
  course('drill-met', 'succeeded', () => stocked(vault('drill-met')), 'drTest', drill),
  course('drill-missed', 'ObjectiveMissed', () => stocked(vault('drill-missed'), [9_000]), 'drTest', drill),
  course('watch-fresh', 'succeeded', () => stocked(vault('fresh')), 'backupWatch', {}),
  course('watch-stale', 'BackupStale', () => vault('stale'), 'backupWatch', {}, clear('stale-backup')),
  course(
    'retention-condemned',
    'succeeded',
    () => stocked(vault('condemned', ['orders'], expiring), [30, 20]),
    'retention',
    { dryRun: false },
  ),
  {
    name: 'retention-deleted',
    ends: 'succeeded',
    world: () => stocked(vault('deleted', ['orders'], expiring), [30, 20]),
    play: async (queue) => {
      await ended(await queue.start('retention', { dryRun: false }));
      return ended(await queue.start('retention', { dryRun: false }));
    },
  },
  {
    name: 'alarm-cleared',
    ends: 'cleared',
    world: () => vault('alarm'),
    play: async (queue, one) => {
      await ended(await queue.start('backupWatch', {}));
      const id = `alarm/${one.system.name}/orders/stale-backup`;
      const handle = queue.client.workflow.getHandle(id);
      await ended(await queue.start('backupWatch', {}));
      await handle.signal('cleared', 'recorded');
      await handle.result();
      return id;
    },
  },
  {
    name: 'kept-copy-dropped',
    ends: 'dropped',
    world: () => stocked(vault('kept', ['orders'], open)),
    play: async (queue, one) => {
      await ended(await queue.start('restore', { ...restore, into: 'swap' }));
      const kept = [...(one as Vault).databases].find((name) => name.includes('_before_')) ?? '';
      const id = `kept/${one.system.name}/${kept}`;
      const handle = queue.client.workflow.getHandle(id);
      await handle.signal('keepUntil', new Date().toISOString());
      await handle.result();
      return id;
    },
  },
];
