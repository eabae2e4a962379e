import type { AlertFact, IncidentEvent } from '../../workflows/incident/types.js';
import { eventually, type Queue, Running } from '../workflows/harness.js';
import { Watchtower } from '../workflows/incident/watchtower.js';
import type { World } from '../workflows/world.js';
import { type Course, ended } from './course.js';

const input = {
  title: 'Checkout fails',
  severity: 'P1',
  reason: 'recorded',
  requestedBy: 'ada',
  kind: 'operational',
};
const START = Date.parse('2026-11-21T03:00:00Z');

type More = ConstructorParameters<typeof Watchtower>[1];
type Steer = (run: Running, world: Watchtower, queue: Queue) => Promise<unknown>;

const tower = (name: string, more: More = {}) => new Watchtower(`replay-incident-${name}`, more);
const asTower = (world: World): Watchtower => {
  if (world instanceof Watchtower) return world;
  throw new Error('the course needs a watchtower');
};

const act = (run: Running, name: string, payload: object = {}, person = 'ada'): Promise<unknown> =>
  run.handle.executeUpdate<unknown, [object]>(name, {
    args: [{ actor: { id: person, via: 'slack', person }, requestId: `${name}-${person}`, ...payload }],
  });

const alert = (status: AlertFact['status'], more: Partial<AlertFact> = {}): IncidentEvent => ({
  type: 'alerts',
  deliveryId: `${status} ${JSON.stringify(more)}`,
  source: 'am',
  receivedAt: START,
  alerts: [{ fingerprint: 'a', status, startsAt: START, name: 'HighErrors', severity: 'P1', labels: {}, ...more }],
});
const event = (run: Running, one: IncidentEvent): Promise<void> => run.handle.signal('event', one);

const paged = async (run: Running, world: Watchtower, times: number): Promise<void> => {
  await eventually(`paged ${times} times`, () => world.pages.length === times);
  await run.until(
    'its outcome is known',
    ({ steps }) => steps.filter(({ name }) => name.startsWith('Paged')).length === times,
  );
};

/** An incident of its own id; what is recorded is its last run. */
function course(name: string, ends: string, world: () => Watchtower, steer: Steer, args: unknown[] = []): Course {
  return {
    name: `incident-${name}`,
    ends,
    world,
    play: async (queue, one) => {
      const workflowId = `incident/${one.system.name}/recorded`;
      await queue.client.workflow.signalWithStart('incident', {
        workflowId,
        taskQueue: queue.taskQueue,
        args: [{ system: one.system.name, ...input }, ...args],
        signal: 'event',
        signalArgs: [alert('firing')],
      });
      const run = new Running(queue.client.workflow.getHandle(workflowId));
      await steer(run, asTower(one), queue);
      return ended(run);
    },
  };
}

/** Notes of a bot, many at a time. */
async function notes(run: Running, from: number, count: number): Promise<void> {
  const actor = { id: 'bot', via: 'bot' } as const;
  for (let n = from; n < from + count; n++)
    await event(run, { type: 'note', actor, text: `note ${n}`, requestId: `n${n}` });
}

/** Courses of incidents. */
export const incidents: Course[] = [
  course(
    'answered',
    'succeeded',
    () => tower('answered', { levels: [0, 2, 600] }),
    async (run, world) => {
      await paged(run, world, 2);
      await event(run, {
        type: 'paged',
        deliveryId: 'told',
        person: 'bob',
        channel: 'pages',
        outcome: 'sent',
        at: START,
      });
      await act(run, 'acknowledge', {}, 'bob');
      await eventually('recalled', () => world.recalls.length === 1);
      await act(run, 'postUpdate', { text: 'The disk is full' });
      await act(run, 'note', { text: 'The database was restarted' });
      await act(run, 'resolve', { reason: 'room was made' });
    },
  ),
  course(
    'exhausted',
    'succeeded',
    () => {
      const one = tower('exhausted', {
        levels: [0, 1, 2],
        more: {
          policies: {
            critical: {
              levels: [
                { name: 'on call', afterSeconds: 0, notify: [{ person: 'ada' }] },
                { name: 'senior', afterSeconds: 1, notify: [{ person: 'bob' }] },
              ],
              repeat: 1,
              repeatSeconds: 1,
              fallback: [{ person: 'cyd' }],
            },
          },
        },
      });
      one.absent.push('bob');
      return one;
    },
    async (run, world) => {
      await paged(run, world, 1);
      await run.until('exhausted', ({ steps }) => steps.some(({ name }) => name.includes('exhausted')));
      await act(run, 'acknowledge');
      await event(run, alert('resolved'));
    },
  ),
  course(
    'reopened',
    'succeeded',
    () => tower('reopened', { more: { reopenSeconds: 8, flapping: { changes: 10 } } }),
    async (run, world) => {
      await paged(run, world, 1);
      await event(run, alert('resolved'));
      await run.until('resolved', ({ phase }) => phase === 'done');
      await event(run, alert('firing', { startsAt: START + 5 }));
      await paged(run, world, 2);
      await event(run, alert('resolved', { startsAt: START + 5 }));
    },
  ),
  course(
    'merged',
    'succeeded',
    () => tower('merged'),
    async (run, world, queue) => {
      await paged(run, world, 1);
      const other = await queue.start('incident', input);
      await eventually('the other is paged', () => world.pages.length === 2);
      await act(run, 'merge', { into: other.handle.workflowId });
      await event(run, alert('resolved'));
      await run.until('merged', ({ headline }) => headline.includes('merged') || headline.includes('part of'));
      await act(other, 'resolve', {}, 'cyd');
      await other.report();
    },
  ),
  course(
    'storm',
    'succeeded',
    () => tower('storm'),
    async (run, world) => {
      await paged(run, world, 1);
      for (let n = 0; n < 5; n++)
        await event(run, {
          type: 'child',
          deliveryId: `child-${n}`,
          incident: `incident/replay/gathered/${n}`,
          title: `Shop ${n} fails`,
          receivedAt: START,
        });
      await act(run, 'acknowledge');
      await act(run, 'resolve');
    },
  ),
  course(
    'continued',
    'succeeded',
    () => tower('continued'),
    async (run, world) => {
      await paged(run, world, 1);
      await act(run, 'acknowledge');
      const { runId } = await run.handle.describe();
      await notes(run, 0, 40);
      let now = runId;
      for (let tries = 0; tries < 300 && now === runId; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        now = (await run.handle.describe()).runId;
      }
      await act(run, 'resolve');
    },
    [null, 40],
  ),
  {
    name: 'incident-dry-run',
    ends: 'planned',
    world: () => tower('dry'),
    play: async (queue) => ended(await queue.start('incident', { ...input, dryRun: true })),
  },
  course(
    'cancelled',
    'Aborted',
    () => tower('cancelled'),
    async (run, world) => {
      await paged(run, world, 1);
      await run.handle.cancel();
    },
  ),
];
