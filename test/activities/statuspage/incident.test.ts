import { describe, expect, test } from '@jest/globals';
import type { Incident } from '../../../activities/statuspage/client.js';
import { actOn, type Act, type IncidentLook } from '../../../activities/statuspage/incident.js';
import type { NotificationKind } from '../../../activities/types.js';

const WORKFLOW = 'emergency-shutdown/shop';
const OPENED = 'We are investigating an issue that affects this service. We will post here when we know more.';
const CONTINUED = 'We continue to investigate the issue.';
const IDENTIFIED = 'We have identified the issue and are restoring the service.';

const message = (kind: NotificationKind, key = `${WORKFLOW}/run/2`) => ({
  ...{ kind, key, workflowId: WORKFLOW },
});

/** An incident of the workflow as the first message has left it. */
const incident = (more: Partial<Incident> = {}): Incident => ({
  id: 'inc1',
  status: 'investigating',
  created_at: '2026-11-21T10:00:00Z',
  metadata: { belay: { workflow: WORKFLOW, key: `${WORKFLOW}/run/1` } },
  components: [],
  incident_updates: [{ status: 'investigating', body: OPENED, created_at: '2026-11-21T10:00:00Z' }],
  ...more,
});
const updates = (...all: [status: string, body: string][]) => ({
  incident_updates: all.map(([status, body], index) => ({ status, body, created_at: `2026-11-21T10:0${index}:00Z` })),
});

/** The act in short: `open investigating`, `change inc1 resolved`, `nothing`. */
function short(act: Act): string {
  if (act.do === 'open') return `open ${act.incident.status}`;
  if (act.do === 'nothing') return 'nothing';
  return act.changes.map(({ id, fields }) => `change ${id} ${fields.status}`).join(', ');
}

describe('what a message does to the page', () => {
  test.each<[string, NotificationKind, Incident[], string]>([
    ['an empty page', 'start', [], 'open investigating'],
    ['an empty page', 'page', [], 'open investigating'],
    ['an empty page', 'failure', [], 'open investigating'],
    ['an empty page', 'rollback', [], 'open identified'],
    ['an empty page', 'end', [], 'nothing'],
    ['its own incident', 'failure', [incident()], 'change inc1 investigating'],
    ['its own incident', 'rollback', [incident()], 'change inc1 identified'],
    ['its own incident', 'end', [incident()], 'change inc1 resolved'],
    ['somebody’s incident', 'start', [incident({ metadata: {} })], 'open investigating'],
    ['somebody’s incident', 'end', [incident({ metadata: null })], 'nothing'],
    ['another run’s incident', 'end', [incident({ metadata: { belay: { workflow: 'other' } } })], 'nothing'],
    ['an incident with strange metadata', 'end', [incident({ metadata: { belay: 'x' } })], 'nothing'],
    ['the sentence said last', 'page', [incident(updates(['investigating', CONTINUED]))], 'nothing'],
    [
      'the sentence said before somebody’s own',
      'page',
      [incident(updates(['investigating', CONTINUED], ['investigating', 'Ours.']))],
      'change inc1 investigating',
    ],
    ['an incident that is further already', 'failure', [incident({ status: 'identified' })], 'nothing'],
    ['an incident that people watch', 'rollback', [incident({ status: 'monitoring' })], 'nothing'],
    ['an incident that people watch', 'end', [incident({ status: 'monitoring' })], 'change inc1 resolved'],
    [
      'two incidents of one race',
      'end',
      [incident({ id: 'inc2', created_at: '2026-11-21T10:00:01Z' }), incident()],
      'change inc1 resolved, change inc2 resolved',
    ],
    [
      'two incidents of one race',
      'failure',
      [incident({ id: 'inc2', created_at: '2026-11-21T10:00:01Z' }), incident()],
      'change inc1 investigating',
    ],
  ])('%s meets %s', (_, kind, page, expected) => {
    expect(short(actOn(page, {}, message(kind)))).toBe(expected);
  });

  test('a repeat of the last message changes nothing', () => {
    const page = [incident()];
    expect(actOn(page, {}, message('failure', `${WORKFLOW}/run/1`))).toEqual({ do: 'nothing', incident: page[0] });
  });

  test('an update leaves what others have attached', () => {
    const metadata = { jira: { issue: 'OPS-1' }, belay: { workflow: WORKFLOW, key: 'old' } };
    const act = actOn([incident({ metadata })], {}, message('failure', 'new'));
    expect(act).toEqual({
      do: 'change',
      changes: [
        {
          id: 'inc1',
          fields: {
            ...{ status: 'investigating', body: CONTINUED, deliver_notifications: true },
            metadata: { jira: { issue: 'OPS-1' }, belay: { workflow: WORKFLOW, key: 'new' } },
          },
        },
      ],
    });
  });

  test.each<[NotificationKind, string]>([
    ['start', OPENED],
    ['rollback', IDENTIFIED],
  ])('%s opens with a neutral sentence', (kind, body) => {
    const act = actOn([], {}, message(kind));
    expect(act).toMatchObject({
      do: 'open',
      incident: { name: 'Service disruption', body, deliver_notifications: true },
    });
  });
});

describe('several runs on one topic', () => {
  const topic = 'emergency/shop';
  const shared = incident({ metadata: { belay: { workflow: 'shutdown', topic, key: 'old' } } });

  test.each<[string, NotificationKind, object, Incident, string]>([
    ['the end of another run on it', 'end', { topic }, shared, 'change inc1 resolved'],
    ['an end after which it goes on', 'end', { topic, ongoing: true }, shared, 'nothing'],
    ['a failure of another run on it', 'failure', { topic }, shared, 'change inc1 investigating'],
    ['another topic', 'end', { topic: 'emergency/other' }, shared, 'nothing'],
    ['the same run without a topic', 'end', { workflowId: 'shutdown' }, shared, 'nothing'],
    ['the topic meets an incident of the run alone', 'start', { topic }, incident(), 'open investigating'],
    ['an end of a run alone that goes on', 'end', { ongoing: true }, incident(), 'nothing'],
  ])('%s', (_, kind, more, page, expected) => {
    expect(short(actOn([page], {}, { ...message(kind), ...more }))).toBe(expected);
  });

  test('the reference names topic, run and message', () => {
    const act = actOn([], {}, { ...message('start', 'k'), topic });
    const metadata = { belay: { workflow: WORKFLOW, topic, key: 'k' } };
    expect(act).toMatchObject({ do: 'open', incident: { metadata } });
  });
});

describe('the look of an incident', () => {
  const opened = (look: IncidentLook) => {
    const act = actOn([], look, message('start'));
    return act.do === 'open' ? act.incident : undefined;
  };

  test('its name is what the channel says', () => {
    expect(opened({ incidentName: 'Web shop' })?.name).toBe('Web shop');
  });

  test('components and impact are sent when the channel names them, and not otherwise', () => {
    expect(opened({ components: ['app', 'api'], impact: 'major' })).toMatchObject({
      components: { app: 'major_outage', api: 'major_outage' },
      component_ids: ['app', 'api'],
      impact_override: 'major',
    });
    expect(Object.keys(opened({ components: [] }) ?? {}).toSorted()).toEqual(
      ['body', 'deliver_notifications', 'metadata', 'name', 'status'].toSorted(),
    );
  });

  test('a component that another open incident concerns is not called healthy', () => {
    const other = incident({ id: 'other', metadata: {}, components: [{ id: 'api' }] });
    const own = incident({ components: [{ id: 'app' }, { id: 'api' }] });
    const resolve = (page: Incident[], components: string[]) => {
      const act = actOn(page, { components }, message('end'));
      return act.do === 'change' ? act.changes[0].fields.components : 'no change';
    };
    expect(resolve([own, other], ['app', 'api'])).toEqual({ app: 'operational' });
    expect(resolve([own, other], ['api'])).toBeUndefined();
    expect(resolve([own], ['app', 'api'])).toEqual({ app: 'operational', api: 'operational' });
  });
});
