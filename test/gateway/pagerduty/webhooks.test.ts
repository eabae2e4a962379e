import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { dedupKey } from '../../../activities/pagerduty/dedup.js';
import { createMetrics } from '../../../client/gateway/metrics.js';
import { createGateway } from '../../../client/gateway/server.js';
import { incidentId } from '../../../client/incidents/route.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import type { StandIn } from '../ground.js';
import { incidentData, integration, noteData, PagerdutyPlace, user, webhook } from './place.js';

let place: PagerdutyPlace;
let incident: StandIn;
/** PagerDuty's id for it. */
let id: string;
let key: string;

beforeAll(async () => {
  place = await PagerdutyPlace.start();
}, SANDBOX_MS);
afterAll(() => place?.stop());
beforeEach(async () => {
  incident = await place.ground.incident();
  id = `Q${randomBytes(6).toString('hex').toUpperCase()}`;
  key = dedupKey(incident.id);
});

const who = user('P0WHO', 'Who');
const lee = user('P0LEE', 'Lee');
const types = async (standIn: StandIn): Promise<string[]> => (await standIn.received()).map(({ type }) => type);

describe('what happens in PagerDuty to an incident of ours', () => {
  test('an acknowledgement by one of our people is theirs here', async () => {
    const answer = await place.send(webhook('incident.acknowledged', incidentData(id, key)));
    expect(answer).toEqual({ status: 202, body: { outcome: 'acted' } });
    expect(await incident.received()).toMatchObject([
      { type: 'acknowledge', byUpdate: true, actor: { id: 'rob', person: 'rob', via: 'pagerduty', proved: true } },
    ]);
  });

  test('an acknowledgement by somebody unknown stops the ladder, and is nobody’s answer', async () => {
    const answer = await place.send(webhook('incident.acknowledged', incidentData(id, key), { agent: who }));
    expect(answer.body.outcome).toBe('acted');
    const [received] = await incident.received();
    expect(received).toMatchObject({ type: 'acknowledge', actor: { id: 'Who (PagerDuty)', via: 'pagerduty' } });
    expect(received).not.toHaveProperty('actor.person');
  });

  test('a name there can never be that of one of our people', async () => {
    const mimic = user('P0WHO', 'rob');
    await place.send(webhook('incident.acknowledged', incidentData(id, key), { agent: mimic }));
    expect(await incident.received()).toMatchObject([{ actor: { id: 'rob (PagerDuty)' } }]);
  });

  const resolves: [string, object | null, object, string[], string][] = [
    ['a lead', lee, {}, ['resolve'], 'acted'],
    ['the owner', user('P0ROB', 'Rob'), { owner: 'rob' }, ['resolve'], 'acted'],
    ['another responder', user('P0ROB', 'Rob'), {}, ['note'], 'refused'],
    ['somebody unknown', who, {}, ['note'], 'refused'],
    ['PagerDuty itself', null, {}, ['note'], 'refused'],
  ];
  test.each(resolves)('a resolve by %s', async (_name, agent, view, expected, outcome) => {
    await incident.direct({ view });
    const answer = await place.send(webhook('incident.resolved', incidentData(id, key), { agent }));
    expect(answer).toEqual({ status: 202, body: { outcome } });
    expect(await types(incident)).toEqual(expected);
  });

  test.each([
    ['a lead sets', lee, ['setSeverity']],
    ['a responder does not set', user('P0ROB', 'Rob'), ['note']],
    ['PagerDuty itself does not set', null, ['note']],
  ])('a priority that is a severity of ours: %s it', async (_name, agent, expected) => {
    const priority = { id: 'PRIO1', type: 'priority_reference', summary: 'P1' };
    await place.send(webhook('incident.priority_updated', incidentData(id, key, { priority }), { agent }));
    expect(await types(incident)).toEqual(expected);
  });

  test.each([
    ['incident.escalated', { assignees: [lee] }, 'Rob escalated in PagerDuty to Lee'],
    ['incident.reassigned', { assignees: [lee] }, 'Rob reassigned in PagerDuty to Lee'],
    [
      'incident.delegated',
      { escalation_policy: { id: 'PEP', summary: 'Default' } },
      'Rob delegated in PagerDuty to Default',
    ],
    ['incident.unacknowledged', {}, 'Not acknowledged in PagerDuty any more (Rob)'],
    ['incident.reopened', {}, 'Rob reopened in PagerDuty'],
    ['incident.priority_updated', { priority: { summary: 'Whatever' } }, 'Rob set the priority in PagerDuty: Whatever'],
  ])('%s is a note', async (type, more, text) => {
    expect((await place.send(webhook(type, incidentData(id, key, more)))).body.outcome).toBe('noted');
    expect(await incident.received()).toMatchObject([{ type: 'note', text, actor: { person: 'rob' } }]);
  });

  test('merged there into another, ours goes on', async () => {
    const reason = { type: 'merge_resolve_reason', incident: { id: 'QOTHER', summary: 'The whole rack' } };
    const merged = webhook('incident.resolved', incidentData(id, key, { resolve_reason: reason }), { agent: lee });
    expect((await place.send(merged)).body.outcome).toBe('noted');
    expect(await incident.received()).toMatchObject([
      { type: 'note', text: 'Lee merged it in PagerDuty into The whole rack' },
    ]);
  });

  test.each(['incident.something_new', 'service.updated', 'pagey.ping'])('%s is taken and left aside', async (type) => {
    expect(await place.send(webhook(type, incidentData(id, key)))).toEqual({
      status: 202,
      body: { outcome: 'ignored' },
    });
    expect(await incident.received()).toEqual([]);
  });

  test('a security incident is touched by its roles alone', async () => {
    await incident.direct({ view: { kind: 'security' } });
    for (const agent of [who, lee, null])
      expect((await place.send(webhook('incident.acknowledged', incidentData(id, key), { agent }))).body.outcome).toBe(
        'refused',
      );
    expect((await types(incident)).filter((type) => type !== 'note')).toEqual([]);
    await place.send(webhook('incident.acknowledged', incidentData(id, key), { agent: user('P0SUE', 'Sue') }));
    expect(await types(incident)).toContain('acknowledge');
  });

  test('one of another system is left alone', async () => {
    const other = dedupKey('incident/other/rule/0123456789abcdef');
    expect((await place.send(webhook('incident.acknowledged', incidentData(id, other)))).body.outcome).toBe('dropped');
  });

  test('one that has ended is dropped, and not opened anew', async () => {
    const gone = dedupKey(`incident/${place.ground.system.name}/unmatched/0000000000000000`);
    expect((await place.send(webhook('incident.acknowledged', incidentData(id, gone)))).body.outcome).toBe('dropped');
    expect((await place.send(webhook('incident.resolved', incidentData(id, gone)))).body.outcome).toBe('dropped');
  });
});

describe('what we have sent ourselves', () => {
  test.each(['incident.triggered', 'incident.acknowledged', 'incident.resolved'])(
    '%s through our integration begins no loop',
    async (type) => {
      const echo = webhook(type, incidentData(id, key), { agent: integration, client: { name: 'Belay' } });
      expect((await place.send(echo)).body.outcome).toBe('echo');
      expect((await types(incident)).filter((one) => one !== 'note')).toEqual([]);
    },
  );

  test('tells PagerDuty’s number, by which notes find the incident', async () => {
    await place.send(webhook('incident.triggered', incidentData(id, key), { agent: integration }));
    expect(await incident.receives('note')).toMatchObject({ text: expect.stringContaining(`#7 (${id})`) });
    const noted = await place.send(webhook('incident.annotated', noteData(id, 'the disk\nof db-1')));
    expect(noted.body.outcome).toBe('noted');
    expect((await incident.received()).at(-1)).toMatchObject({ text: 'Rob in PagerDuty: the disk of db-1' });
  });

  test('tells it to a gateway that was started later as well', async () => {
    await place.send(webhook('incident.triggered', incidentData(id, key), { agent: integration }));
    await incident.receives('note');
    const restarted = await createGateway({ ...place.ground.deps, metrics: createMetrics() });
    const find = async (): Promise<string | undefined> => {
      const noted = await place.send(webhook('incident.annotated', noteData(id, 'found')), { app: restarted });
      return noted.body.outcome;
    };
    // The list of open incidents is a moment behind.
    const end = Date.now() + 30_000;
    while ((await find()) !== 'noted' && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 200));
    expect((await incident.received()).at(-1)).toMatchObject({ text: 'Rob in PagerDuty: found' });
    await restarted.close();
  });

  test('a note about an incident that nobody knows is dropped', async () => {
    expect((await place.send(webhook('incident.annotated', noteData('QUNKNOWN1', 'x')))).body.outcome).toBe('dropped');
  });
});

describe('incidents that began in PagerDuty', () => {
  const theirs = (more: object = {}) => incidentData(id, 'd3640fbd41094207a1c11e58e46b1662', more);
  /** The rule `paged` groups by the id there. */
  const workflowId = () => incidentId(place.ground.system.name, 'paged', `{pagerduty=${JSON.stringify(id)}}`);

  test('open one here by routing, take part in its life, and end it', async () => {
    const priority = { id: 'PRIO1', summary: 'P1' };
    const opened = await place.send(webhook('incident.triggered', theirs({ priority }), { agent: integration }));
    expect(opened.body.outcome).toBe('opened');
    const standIn = place.ground.standIn(workflowId());
    const alerts = await standIn.receives('alerts');
    expect(alerts).toMatchObject({
      source: place.source,
      alerts: [
        {
          status: 'firing',
          severity: 'P1',
          fingerprint: `${place.source}/${id}`,
          labels: { alertname: 'Disk is full', service: 'Web', priority: 'P1', urgency: 'high', pagerduty: id },
        },
      ],
    });
    await place.send(webhook('incident.acknowledged', theirs()));
    expect(await standIn.receives('acknowledge')).toMatchObject({ actor: { person: 'rob' } });
    await place.send(webhook('incident.annotated', noteData(id, 'seen')));
    const ended = await place.send(webhook('incident.resolved', theirs({ priority }), { agent: null }));
    expect(ended.body.outcome).toBe('attached');
    expect((await types(standIn)).filter((type) => type !== 'note')).toEqual(['alerts', 'acknowledge', 'alerts']);
  });

  test('a person’s resolve is a person’s, and ends the alert too', async () => {
    await place.send(webhook('incident.triggered', theirs(), { agent: integration }));
    const standIn = place.ground.standIn(workflowId());
    await standIn.direct({ view: { owner: 'rob' } });
    await place.send(webhook('incident.resolved', theirs()));
    expect((await types(standIn)).filter((type) => type !== 'note')).toEqual(['alerts', 'resolve', 'alerts']);
  });

  test('a resolve without an incident opens none', async () => {
    expect((await place.send(webhook('incident.resolved', theirs()))).body.outcome).toBe('dropped');
  });
});

describe('deliveries', () => {
  test('the same event is done once, under whatever delivery id it comes', async () => {
    const body = webhook('incident.acknowledged', incidentData(id, key));
    const send = (delivery: string) => place.send(body, { headers: { 'x-webhook-id': delivery } });
    expect((await send('d1')).body.outcome).toBe('acted');
    expect((await send('d1')).body.outcome).toBe('repeat');
    expect((await send('d2')).body.outcome).toBe('repeat');
    expect(await incident.received()).toHaveLength(1);
  });

  test('the same delivery id is done once, whatever it brings', async () => {
    const headers = { 'x-webhook-id': randomBytes(8).toString('hex') };
    await place.send(webhook('incident.acknowledged', incidentData(id, key)), { headers });
    const again = await place.send(webhook('incident.escalated', incidentData(id, key)), { headers });
    expect(again).toEqual({ status: 202, body: { outcome: 'repeat' } });
    expect(await types(incident)).toEqual(['acknowledge']);
  });

  test('while Temporal is away it is told to come again, and is done then', async () => {
    const body = webhook('incident.acknowledged', incidentData(id, key));
    place.tap.away = true;
    const refused = await place.send(body);
    place.tap.away = false;
    expect(refused).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect((await place.send(body)).body.outcome).toBe('acted');
  });

  const refusals: [string, () => Promise<{ status: number }>, number][] = [
    ['another secret', () => place.send(webhook('pagey.ping', {}), { secret: 'wrong' }), 403],
    ['no signature', () => place.send(webhook('pagey.ping', {}), { headers: { 'x-pagerduty-signature': '' } }), 403],
    [
      'a broken header',
      () => place.send(webhook('pagey.ping', {}), { headers: { 'x-pagerduty-signature': 'abc' } }),
      400,
    ],
    ['an unknown source', () => place.send(webhook('pagey.ping', {}), { source: 'other' }), 403],
    ['no JSON', () => place.send('{'), 400],
    ['another shape', () => place.send({ messages: [] }), 400],
    ['no time', () => place.send({ event: { id: 'x', event_type: 'pagey.ping', data: {} } }), 400],
    ['an incident without an id', () => place.send(webhook('incident.acknowledged', { type: 'incident' })), 400],
    ['49 hours old', () => place.send(webhook('pagey.ping', {}, { at: Date.now() - 49 * 3_600_000 })), 403],
    ['of tomorrow', () => place.send(webhook('pagey.ping', {}, { at: Date.now() + 86_400_000 })), 403],
    ['a body of 300 KB', () => place.send(webhook('pagey.ping', { x: 'x'.repeat(300_000) })), 413],
  ];
  test.each(refusals)('%s is refused', async (_name, send, status) => {
    expect((await send()).status).toBe(status);
  });

  test('over a real socket, with all that PagerDuty asks of a receiver', async () => {
    await place.event({
      event_action: 'trigger',
      dedup_key: key,
      client: 'Belay',
      payload: { summary: 'Disk is full', source: 'test', severity: 'critical' },
    });
    const [shown] = place.pagerduty.incidents().filter((one) => one.incident_key === key);
    place.tap.away = true;
    place.pagerduty.act(key, 'acknowledge', 'P0ROB');
    await new Promise((resolve) => setTimeout(resolve, 150));
    place.tap.away = false;
    place.pagerduty.act(key, 'annotate', 'P0LEE', { note: 'on it' });
    await place.pagerduty.settled();
    expect(await types(incident)).toEqual(['note', 'acknowledge', 'note']);
    expect((await incident.received())[0]).toMatchObject({ text: expect.stringContaining(`(${shown?.id ?? ''})`) });
    expect(place.pagerduty.violations()).toEqual([]);
    expect(
      place.pagerduty
        .deliveries()
        .slice(-2)
        .map(({ outcome }) => outcome),
    ).toEqual(['delivered', 'delivered']);
  });
});
