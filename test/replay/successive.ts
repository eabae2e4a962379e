import { change, system, ended, watching, slowWatch, update, bad, after, type Course } from './course.js';

/** Courses in which one run meets or follows another. */
export const successive: Course[] = [
  {
    name: 'update-target-busy',
    ends: 'TargetBusy',
    world: () => slowWatch(system('busy', ['a'])),
    play: async (queue) => {
      const holder = await queue.start('rollingUpdate', update);
      await watching(holder);
      const second = await ended(await queue.start('rollingUpdate', { changes: [change('a', 'app:3')] }));
      await ended(holder);
      return second;
    },
  },
  {
    name: 'update-waited-for-lock',
    ends: 'succeeded',
    world: () => slowWatch(system('waited', ['a'])),
    play: async (queue) => {
      const holder = await queue.start('rollingUpdate', update);
      await watching(holder);
      const second = await queue.start('rollingUpdate', { changes: [change('a', 'app:3')], onBusy: 'wait' });
      await ended(holder);
      return ended(second);
    },
  },
  {
    name: 'update-quarantined',
    ends: 'Quarantined',
    world: () => system('quarantined', ['a']),
    play: async (queue) => {
      await after(queue, bad);
      return ended(await queue.start('rollingUpdate', bad));
    },
  },
  {
    name: 'rollback-succeeded',
    ends: 'succeeded',
    world: () => system('rollback', ['a', 'b']),
    play: async (queue) => {
      // The first two updates make a verified state each; the rollback goes from the second to the first.
      await after(queue, { changes: [change('a', 'app:2'), change('b', 'app:2')] });
      await after(queue, { changes: [change('a', 'app:3'), change('b', 'app:3')] });
      return ended(await queue.start('rollback', { workloads: ['a', 'b'] }));
    },
  },
  {
    name: 'rollback-dry-run',
    ends: 'planned',
    world: () => system('rollback-dry', ['a']),
    play: async (queue) => {
      await after(queue, update);
      return ended(await queue.start('rollback', { workloads: ['a'], dryRun: true }));
    },
  },
  {
    name: 'lock-released',
    ends: 'released',
    world: () => system('lock', ['a']),
    play: async (queue, one) => {
      const run = await queue.start('rollingUpdate', update);
      await ended(run);
      const lock = `lock/${one.system.name}/a`;
      await queue.client.workflow.getHandle(lock).result();
      return lock;
    },
  },
];
