import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { isEcho, isOurDedupKey } from '../../../activities/pagerduty/dedup.js';
import { createPagerdutyDouble, type PagerdutyDouble } from '../../../sandbox/pagerduty/index.js';
import { Receiver } from '../../activities/webhook/receiver.js';

const KEY = '0123456789abcdef0123456789abcdef';
const SECRETS = ['first-secret', 'second-secret'];
let pagerduty: PagerdutyDouble;
let base = '';
let receiver: Receiver;
beforeEach(async () => {
  receiver = new Receiver();
  pagerduty = createPagerdutyDouble({
    apiToken: 't',
    services: [{ id: 'PSERV01', name: 'Shop', routingKey: KEY, escalation: ['PADA001', 'PBEN001'] }],
    users: [{ id: 'PADA001', name: 'Ada', email: 'ada@example.com' }],
    webhookPauseMs: 5,
  });
  base = await pagerduty.listen();
  pagerduty.subscribe({ url: await receiver.listen(), secrets: SECRETS, headers: { 'x-own': 'yes' } });
});
afterEach(async () => {
  await pagerduty.close();
  await receiver.close();
});

const enqueue = async (event_action: string, dedup_key = 'belay/incident/shop/r/1') => {
  const payload = { summary: 'Down', source: 'shop', severity: 'critical' };
  const more = event_action === 'trigger' ? { payload, client: 'Belay' } : {};
  await fetch(`${base}/v2/enqueue`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ routing_key: KEY, event_action, dedup_key, ...more }),
  });
  await pagerduty.settled();
};

interface Event {
  event_type: string;
  agent: { id: string; type: string };
  client: { name: string } | null;
  data: { incident_key?: string; content?: string; incident?: { id: string }; assignees?: { id: string }[] };
}
const events = () => receiver.received.map(({ body }) => (JSON.parse(body) as { event: Event }).event);

describe('webhooks', () => {
  test('tell of everything in order, signed with every secret', async () => {
    await enqueue('trigger');
    const key = 'belay/incident/shop/r/1';
    pagerduty.act(key, 'acknowledge', 'PADA001');
    pagerduty.act(key, 'unacknowledge', 'PADA001');
    pagerduty.act(key, 'escalate', 'PADA001');
    pagerduty.act(key, 'reassign', 'PADA001', { to: 'PADA001' });
    pagerduty.act(key, 'annotate', 'PADA001', { note: 'Looking.' });
    pagerduty.act(key, 'resolve', 'PADA001');
    pagerduty.act(key, 'reopen', 'PADA001');
    await pagerduty.settled();
    expect(events().map(({ event_type }) => event_type)).toEqual(
      [
        'triggered',
        'acknowledged',
        'unacknowledged',
        'escalated',
        'reassigned',
        'annotated',
        'resolved',
        'reopened',
      ].map((what) => `incident.${what}`),
    );
    const [first] = receiver.received;
    const expected = SECRETS.map(
      (secret) =>
        `v1=${createHmac('sha256', secret)
          .update(first?.body ?? '')
          .digest('hex')}`,
    );
    expect(first?.headers).toMatchObject({
      ...{ 'x-pagerduty-signature': expected.join(','), 'x-own': 'yes', 'user-agent': 'PagerDuty-Webhook/V3.0' },
      'x-webhook-id': pagerduty.deliveries()[0]?.id,
    });
    expect(pagerduty.violations()).toEqual([]);
  });

  test('say who did it: an integration’s event is an echo, a person’s answer is not', async () => {
    await enqueue('trigger');
    pagerduty.act('belay/incident/shop/r/1', 'acknowledge', 'PADA001');
    await enqueue('resolve');
    const told = events();
    expect(told.map(({ agent, client }) => [agent.type, agent.id, client?.name])).toEqual([
      ['events_api_v2_inbound_integration_reference', 'PSERV01', 'Belay'],
      ['user_reference', 'PADA001', undefined],
      ['events_api_v2_inbound_integration_reference', 'PSERV01', undefined],
    ]);
    expect(told.map(isEcho)).toEqual([true, false, true]);
    expect(told.every(({ data }) => isOurDedupKey(data.incident_key))).toBe(true);
  });

  test('a note names the incident by its id alone', async () => {
    await enqueue('trigger');
    pagerduty.act('belay/incident/shop/r/1', 'annotate', 'PADA001', { note: 'Looking.' });
    await pagerduty.settled();
    expect(events()[1]?.data).toMatchObject({ content: 'Looking.', incident: { id: pagerduty.incidents()[0]?.id } });
    expect(events()[1]?.data.incident_key).toBeUndefined();
  });

  test.each<[string, (number | 'cut')[], (number | string)[]]>([
    ['a fault', [500, 503], [500, 503, 200]],
    ['a limit', [429], [429, 200]],
    ['a broken connection', ['cut'], [expect.any(String) as unknown as string, 200]],
  ])('are tried again after %s, under the same id', async (_, answers, tries) => {
    receiver.answers.push(
      ...answers.map((one) => (one === 'cut' ? { status: 200, instead: 'cut' as const } : { status: one })),
    );
    await enqueue('trigger');
    expect(pagerduty.deliveries()).toMatchObject([{ outcome: 'delivered', tries }]);
    expect(new Set(receiver.received.map(({ headers }) => headers['x-webhook-id'])).size).toBe(1);
    expect(pagerduty.violations()).toEqual([]);
  });

  test.each([400, 401, 403, 404, 302])('%i drops one at once', async (status) => {
    receiver.answers.push({ status });
    await enqueue('trigger');
    expect(pagerduty.deliveries()).toMatchObject([{ outcome: 'dropped', tries: [status] }]);
    expect(pagerduty.violations()).toEqual([`incident.triggered was dropped: ${status}`]);
    expect(pagerduty.disabled()).toBe(false);
  });

  test('five failed tries drop one', async () => {
    receiver.answers.push(...Array.from({ length: 5 }, () => ({ status: 503 })));
    await enqueue('trigger');
    expect(pagerduty.deliveries()).toMatchObject([{ outcome: 'dropped', tries: [503, 503, 503, 503, 503] }]);
  });

  test('three dropped in a row disable the subscription, until somebody enables it', async () => {
    receiver.answers.push(
      { status: 400 },
      { status: 400 },
      { status: 200 },
      { status: 400 },
      { status: 400 },
      { status: 400 },
    );
    for (let n = 0; n < 7; n++) await enqueue('trigger', `k${n}`);
    expect(pagerduty.deliveries().map(({ outcome }) => outcome)).toEqual([
      ...['dropped', 'dropped', 'delivered', 'dropped', 'dropped', 'dropped', 'dropped'],
    ]);
    expect(pagerduty.disabled()).toBe(true);
    expect(pagerduty.violations().at(-1)).toContain('disabled after three dropped');
    expect(receiver.received).toHaveLength(6);
  });

  test('one that came may come again', async () => {
    await enqueue('trigger');
    const [first] = pagerduty.deliveries();
    pagerduty.deliver('incident.triggered', JSON.parse(receiver.received[0]?.body ?? '{}') as object, first?.id ?? '');
    await pagerduty.settled();
    expect(receiver.received[1]?.headers['x-webhook-id']).toBe(first?.id);
    expect(receiver.received[1]?.body).toBe(receiver.received[0]?.body);
  });

  test('an answer after more than 5 s counts as none', async () => {
    receiver.answers.push({ status: 200, instead: 'hang' });
    await enqueue('trigger');
    expect(pagerduty.deliveries()).toMatchObject([{ outcome: 'delivered', tries: ['timeout', 200] }]);
    expect(pagerduty.violations()).toEqual(['incident.triggered got no answer within 5 s']);
  }, 20_000);

  test('none without a subscription', async () => {
    pagerduty.subscribe(undefined);
    await enqueue('trigger');
    expect(pagerduty.deliveries()).toEqual([]);
  });
});
