import { Watch } from '../workflows/incidentAudit/watch.js';
import { Archive } from '../workflows/postmortem/archive.js';
import { facts } from '../workflows/postmortem/samples.js';
import { eventually, type Running } from '../workflows/harness.js';
import type { World } from '../workflows/world.js';
import { change, course, type Course, ended, person, system } from './course.js';

const incident = 'incident/shop/checkout/1';
const postmortem = { incident, facts: facts() };

const act = (run: Running, name: string, input: object = {}): Promise<unknown> =>
  run.handle.executeUpdate<unknown, [object]>(name, { args: [{ actor: 'ada', ...input }] });

const overdue = (name: string): Watch => {
  const one = new Watch(`replay-${name}`);
  one.late(`incident/${one.system.name}/x`);
  return one;
};

/** Ends the alarm that the course has opened. */
async function clear(run: Running, one: World): Promise<void> {
  await ended(run);
  const alarm = `alarm/${one.system.name}/incident-overdue/incident/${one.system.name}/x`;
  await run.handle.client.getHandle(alarm).signal('cleared', 'recorded');
}

/** Courses of what comes after and around incidents. */
export const afterIncidents: Course[] = [
  course(
    'postmortem-published',
    'succeeded',
    () => new Archive('replay-postmortem', { dueSeconds: 3, remindSeconds: [1] }),
    'postmortem',
    postmortem,
    async (run, one) => {
      // Counted from the end of the incident, long ago: overdue at once.
      await eventually('overdue', () => (one as Archive).told.some((line) => line.includes('overdue')));
      await act(run, 'edit', { text: 'All is said.' });
      await act(run, 'submit');
      await act(run, 'edit', { text: 'All is said, and better.' });
      await act(run, 'submit');
      await act(run, 'publish', { actor: 'bob' });
    },
  ),
  course(
    'postmortem-aborted',
    'Aborted',
    () => new Archive('replay-postmortem-aborted'),
    'postmortem',
    { ...postmortem, resolvedAt: '2126-01-01T00:00:00Z' },
    async (run) => {
      await run.until('a draft', ({ phase }) => phase === 'running');
      await run.verb('abort', person);
    },
  ),
  course(
    'postmortem-dry-run',
    'planned',
    () => Object.assign(new Archive('replay-postmortem-dry'), { known: facts() }),
    'postmortem',
    { incident, dryRun: true },
  ),
  course('audit-well', 'succeeded', () => new Watch('replay-audit'), 'incidentAudit', {}),
  course('audit-overdue', 'IncidentOverdue', () => overdue('audit-overdue'), 'incidentAudit', {}, clear),
  course('audit-dry-run', 'planned', () => overdue('audit-dry'), 'incidentAudit', { dryRun: true }),
  course('update-of-an-incident', 'succeeded', () => system('of-an-incident', ['a']), 'rollingUpdate', {
    changes: [change('a', 'app:2')],
    incident,
  }),
];
