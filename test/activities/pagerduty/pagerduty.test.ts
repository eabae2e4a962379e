import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createNotifyActivities } from '../../../activities/notify/index.js';
import { sendPagerdutyPage, settlePagerduty } from '../../../activities/pagerduty/page.js';
import type { PageDelivery } from '../../../activities/incident/types.js';
import type { Page } from '../../../activities/oncall/types.js';
import type { Notification } from '../../../activities/types.js';
import {
  createPagerdutyDouble,
  type PagerdutyDouble,
  type PagerdutyDoubleOptions,
} from '../../../sandbox/pagerduty/index.js';
import type { Channel } from '../../../systems/schema.js';
import { environment, inActivity } from '../http/inActivity.js';
import { delivery, everythingOf, INCIDENT, notification, page, secretsOf } from '../paging.js';

const KEY = '0123456789abcdef0123456789abcdef';
let pagerduty: PagerdutyDouble;
let apiUrl: string;

async function start(more: Partial<PagerdutyDoubleOptions> = {}): Promise<void> {
  pagerduty = createPagerdutyDouble({
    apiToken: 'unused',
    services: [{ id: 'PSERV01', name: 'Shop', routingKey: KEY, escalation: ['PADA001', 'PBEN001'] }],
    ...more,
  });
  apiUrl = await pagerduty.listen();
}
beforeEach(() => start());
afterEach(() => pagerduty.close());

const channel = (more: object = {}): Channel => ({ type: 'pagerduty', routingKey: 'env:KEY', ...more });
const deps = (key = KEY) => ({ secrets: secretsOf({ KEY: key }), env: { BELAY_PAGERDUTY_API_URL: apiUrl } });

const send = (pages?: Page[], key?: string) =>
  inActivity((input: PageDelivery) => sendPagerdutyPage(deps(key), input), delivery(channel(), pages ? { pages } : {}));
const settle = (action: 'acknowledge' | 'resolve', incident = INCIDENT) =>
  inActivity((input: Parameters<typeof settlePagerduty>[1]) => settlePagerduty(deps(), input), {
    ...{ system: 'shop', contact: delivery(channel()).contact, incident, action },
  });
const tell = (more: Partial<Notification>) =>
  inActivity(createNotifyActivities({ ...deps(), log: () => undefined }).notify, {
    ...{ channelName: 'duty', channel: channel(), notification: notification(more) },
  });

const statuses = () => pagerduty.incidents().map(({ incident_key, status }) => [incident_key, status]);

describe('a page', () => {
  test('opens an alert that says what it is about', async () => {
    await expect(send([page({ url: 'https://temporal.example/w/1' })])).resolves.toEqual({
      reference: `belay/${INCIDENT}`,
    });
    expect(pagerduty.events()).toEqual([
      {
        event_action: 'trigger',
        dedup_key: `belay/${INCIDENT}`,
        client: 'Belay',
        client_url: 'https://temporal.example/w/1',
        links: [{ href: 'https://temporal.example/w/1', text: 'Incident in Belay' }],
        payload: {
          ...{
            summary: '[P1] Checkout is down',
            source: 'shop',
            severity: 'critical',
            group: 'shop',
            class: 'incident',
          },
          timestamp: '2026-11-21T10:05:00.000Z',
          custom_details: {
            ...{ text: 'No order since 10:02.', severity: 'P1', level: 1, incident: INCIDENT },
            person: 'Ada Lovelace (ada)',
          },
        },
      },
    ]);
    expect(pagerduty.incidents()).toMatchObject([{ status: 'triggered', notified: ['PADA001'] }]);
  });

  test('a repeat rings nobody again', async () => {
    await send();
    await send();
    expect(pagerduty.incidents()).toMatchObject([{ status: 'triggered', notified: ['PADA001'] }]);
  });

  test('an answer that was lost does not make a second alert', async () => {
    pagerduty.fail({ with: 'lost' });
    await expect(send()).rejects.toMatchObject({ type: 'PagerdutyUnavailable' });
    await send();
    expect(pagerduty.incidents()).toMatchObject([{ notified: ['PADA001'] }]);
  });

  test('rings anew when the ladder goes on after an answer', async () => {
    await send();
    await settle('acknowledge');
    await send();
    expect(pagerduty.incidents().map(({ status }) => status)).toEqual(['acknowledged']);
    await send([page({ generation: 2, again: true })]);
    expect(pagerduty.incidents().map(({ status, notified }) => [status, notified])).toEqual([
      ['resolved', ['PADA001']],
      ['triggered', ['PADA001']],
    ]);
  });

  test('a bundle opens one alert for each incident, the worst first; its latest page speaks', async () => {
    await send([
      page({ incident: 'incident/shop/disk/1', severity: 'P3', urgent: false, at: 1_000 }),
      page({ incident: 'incident/shop/db/1', severity: 'P2', title: 'Slow', at: 2_000 }),
      page({ incident: 'incident/shop/db/1', severity: 'P1', title: 'Down', at: 3_000 }),
      page({ incident: 'incident/shop/db/1', severity: 'P2', title: 'Slower', at: 2_500 }),
    ]);
    expect(pagerduty.incidents().map(({ title, severity }) => [title, severity])).toEqual([
      ['[P1] Down', 'critical'],
      ['[P3] Checkout is down', 'warning'],
    ]);
  });

  test('of more than ten incidents, the rest is named in the first', async () => {
    const pages = Array.from({ length: 40 }, (_, n) =>
      page({ incident: `incident/shop/r/${n}`, title: `T${n}`, at: n }),
    );
    await send(pages);
    expect(pagerduty.incidents()).toHaveLength(10);
    expect(pagerduty.incidents()[0]?.details).toMatchObject({ more: expect.arrayContaining(['T10']), moreCount: 30 });
  });

  test.each<[string, Partial<Page>]>([
    ['a title that is too long', { title: 't'.repeat(3_000) }],
    ['a long workflow id', { incident: `incident/${'w'.repeat(900)}` }],
    ['astral characters at the cut', { title: '🚨'.repeat(800), text: '🚨'.repeat(4_000) }],
    ['line breaks and quotes', { title: 'a\r\nb"c', text: '"\\\n\u0000' }],
    ['an empty title', { title: '' }],
  ])('the strict double accepts %s', async (_, more) => {
    await send([page(more)]);
    const [event] = pagerduty.events();
    expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThan(64 * 1024);
    expect(pagerduty.incidents()).toHaveLength(1);
  });
});

describe('settling', () => {
  test('acknowledges, then resolves; repeats and what is not open are harmless', async () => {
    await settle('resolve');
    expect(statuses()).toEqual([]);
    await send();
    await settle('acknowledge');
    await settle('acknowledge');
    expect(statuses()).toEqual([[`belay/${INCIDENT}`, 'acknowledged']]);
    await settle('resolve');
    await settle('acknowledge');
    expect(statuses()).toEqual([[`belay/${INCIDENT}`, 'resolved']]);
  });

  test('finds the alert of a hashed key', async () => {
    const incident = `incident/${'w'.repeat(900)}`;
    await send([page({ incident })]);
    await settle('resolve', incident);
    expect(statuses()).toEqual([[expect.stringMatching(/^belay\/~/), 'resolved']]);
  });
});

describe('the channel as a whole', () => {
  test('a run’s trouble opens one alert, its end resolves it', async () => {
    await tell({ kind: 'failure' });
    await tell({ kind: 'rollback', key: 'k2' });
    expect(pagerduty.incidents()).toMatchObject([
      { incident_key: 'belay/update-7', status: 'triggered', severity: 'error', title: 'Update of shop failed' },
    ]);
    await tell({ kind: 'end', key: 'k3' });
    expect(statuses()).toEqual([['belay/update-7', 'resolved']]);
  });

  test('what goes on is not resolved, and runs on one topic share an alert', async () => {
    const topic = 'emergency/shop';
    await tell({ kind: 'page', topic });
    await expect(tell({ kind: 'end', topic, ongoing: true, key: 'k2' })).resolves.toEqual({ delivered: true });
    expect(statuses()).toEqual([[`belay/${topic}`, 'triggered']]);
    await expect(tell({ kind: 'end', topic, workflowId: 'recovery' })).resolves.toEqual({
      ...{ delivered: true, reference: `belay/${topic}` },
    });
    expect(statuses()).toEqual([[`belay/${topic}`, 'resolved']]);
  });
});

describe('failures', () => {
  test.each([
    ['30', 30_000],
    [undefined, 30_000],
    ['5', 5_000],
  ])('429 with Retry-After %s is retried after %i ms', async (retryAfter, nextRetryDelay) => {
    pagerduty.fail({ with: 429, ...(retryAfter === undefined ? {} : { retryAfter }) });
    await expect(send()).rejects.toMatchObject({ type: 'PagerdutyRateLimited', nonRetryable: false, nextRetryDelay });
    expect(pagerduty.incidents()).toEqual([]);
  });

  test('more than PagerDuty allows is sent within its minute', async () => {
    await pagerduty.close();
    await start({ eventsPerMinute: 1 });
    await send();
    const thrown = (await send().catch((error: unknown) => error)) as { nextRetryDelay: number };
    expect(thrown).toMatchObject({ type: 'PagerdutyRateLimited' });
    expect(thrown.nextRetryDelay).toBeGreaterThan(1_000);
    expect(thrown.nextRetryDelay).toBeLessThanOrEqual(60_000);
  });

  test.each<[string, Parameters<PagerdutyDouble['fail']>[0], string]>([
    ['a fault of the vendor', { with: 500 }, 'answered HTTP 500'],
    ['a gateway of the vendor', { with: 502 }, 'answered HTTP 502'],
    ['a time-out of the vendor', { with: 408 }, 'answered HTTP 408'],
    ['a broken connection', { with: 'lost' }, 'could not be reached'],
    ['an answer of somebody else', { with: 'garbage' }, 'not one of PagerDuty; check `apiUrl`'],
  ])('%s is retried', async (_, failure, message) => {
    pagerduty.fail(failure);
    await expect(send()).rejects.toMatchObject({
      ...{ type: 'PagerdutyUnavailable', nonRetryable: false, message: expect.stringContaining(message) },
    });
  });

  test.each<[string, string, string]>([
    ['a key of another length', 'abc', 'HTTP 400 ("Event object is invalid; routing_key: Length of'],
    ['an unknown key', 'f'.repeat(32), 'check that `routingKey` leads to the 32 characters'],
    ['a key that cannot be one', 'two\nlines', 'holds characters that no key has'],
  ])('%s is final and says what to do', async (_, key, message) => {
    await expect(send(undefined, key)).rejects.toMatchObject({
      ...{ type: 'PagerdutyRefused', nonRetryable: true, message: expect.stringContaining(message) },
    });
  });

  test.each([
    [301, 'check `apiUrl`'],
    [403, '`routingKey`'],
    [404, 'check `apiUrl`'],
  ])('%i is final', async (status, cure) => {
    pagerduty.fail({ with: status });
    await expect(send()).rejects.toMatchObject({
      ...{ type: 'PagerdutyRefused', nonRetryable: true, message: expect.stringContaining(cure) },
    });
  });

  test('a missing key is final', async () => {
    const input = delivery(channel({ routingKey: 'env:NOT_SET' }));
    await expect(inActivity((given: PageDelivery) => sendPagerdutyPage(deps(), given), input)).rejects.toMatchObject({
      ...{ type: 'SecretUnresolved', nonRetryable: true },
    });
  });

  test('silence is given up after 10 s in all, and retried', async () => {
    pagerduty.fail({ with: 'slow', delayMs: 1_000 });
    pagerduty.fail({ with: 'hang' });
    const pages = [page(), page({ incident: 'incident/shop/disk/1' })];
    const thrown: unknown = await send(pages).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ type: 'PagerdutyUnavailable', nonRetryable: false });
    // The first event took a second of the ten.
    const waited = Number(/no answer within ([\d.]+) s/.exec((thrown as Error).message)?.[1]);
    expect(waited).toBeGreaterThan(0);
    expect(waited).toBeLessThanOrEqual(9.1);
  }, 30_000);

  test('a cancelled activity stops waiting at once', async () => {
    pagerduty.fail({ with: 'hang' });
    const context = environment();
    const running = context.run((input: PageDelivery) => sendPagerdutyPage(deps(), input), delivery(channel()));
    setTimeout(() => context.cancel(), 200);
    const before = Date.now();
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    // Far from the 10 s that one try may take.
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  test('no failure and no event but its key carries a secret', async () => {
    const other = 'e'.repeat(32);
    for (const failure of [400, 401, 429, 503, 'lost', 'garbage'] as const) {
      pagerduty.fail({ with: failure });
      const everything = everythingOf(await send(undefined, failure === 400 ? other : KEY).catch((e: unknown) => e));
      expect(everything).toContain('PagerDuty channel');
      for (const key of [KEY, other]) expect(everything).not.toContain(key);
    }
    await send([page({ title: `key ${KEY}`, text: `with ${KEY} in it` })]);
    expect(JSON.stringify(pagerduty.events())).not.toContain(KEY);
  });
});
