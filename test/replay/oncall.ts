import { ApplicationFailure } from '@temporalio/common';
import { eventually } from '../workflows/harness.js';
import { PostOffice } from '../workflows/pager/post.js';
import { alice, contact, page } from '../workflows/pager/samples.js';
import { type Course, ended, system } from './course.js';

const incident = 'incident/replay/none';

/** Courses of pagers and of the keepers of overrides. */
export const oncall: Course[] = [
  {
    name: 'pager-idle',
    ends: 'idle',
    world: () => new PostOffice('replay-pager'),
    play: async (queue, one) => {
      const office = one as PostOffice;
      office.does.set('dm', () => Promise.reject(ApplicationFailure.nonRetryable('not in channel', 'SlackRefused')));
      const run = await queue.start('pager', { person: 'alice', idleMs: 5_000 });
      const send = (key: string, ...contacts: ReturnType<typeof contact>[]) =>
        run.handle.signal('page', { page: page(key, { incident, at: Date.now() }), person: alice(...contacts) });
      await send('p1', contact('dm'), contact('sms', 3_600), contact('call', 3_600));
      await eventually('two ways are used', () => office.sent.length === 2);
      await send('p2', contact('sms', 0, [{ max: 1, withinSeconds: 2 }]));
      await send('p3', contact('sms', 0, [{ max: 1, withinSeconds: 2 }]));
      await eventually('both in one message', () => office.sent.length === 3);
      await run.handle.signal('recall', { incident, why: 'answered', at: Date.now() });
      return ended(run);
    },
  },
  {
    name: 'overrides-cancelled',
    ends: 'ends with EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED',
    world: () => system('overrides', ['a']),
    play: async (queue) => {
      const run = await queue.start('rotaOverrides', { rota: 'primary' });
      const update = (name: string, input: object) =>
        run.handle.executeUpdate<unknown, [object]>(name, { args: [{ actor: 'alice', reason: 'recorded', ...input }] });
      const span = { from: '2126-01-01T00:00:00Z', to: '2126-01-02T00:00:00Z' };
      await update('override', { person: 'bob', ...span });
      await update('override', { person: 'carol', ...span });
      await update('cancelOverride', { id: 'o1' });
      await run.handle.cancel();
      return ended(run);
    },
  },
];
