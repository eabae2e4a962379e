import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Info } from '@temporalio/activity';
import { createNotifyActivities } from '../../../activities/notify/index.js';
import { createSecretResolver } from '../../../activities/secrets/resolver.js';
import type { Notification, NotificationKind } from '../../../activities/types.js';
import { createStatuspageDouble, type StatuspageDouble } from '../../../sandbox/statuspage/index.js';
import type { Channel } from '../../../systems/schema.js';
import { environment, inActivity } from '../http/inActivity.js';

const TOKEN = '89a229ce1a8dbcf9ff30430fbe35eb4c0426574bca932061892cefd2138aa4b1';
const WORKFLOW = 'emergency-shutdown/shop';
const TITLE = 'BREAK GLASS: ada@example.com shuts down payments-db';
const TEXT = 'Scaled payments-db to zero because of CVE-2026-1; asked by ada@example.com';
let page: StatuspageDouble;
let apiUrl: string;

async function start(options: { requestsPerMinute?: number } = {}): Promise<void> {
  page = createStatuspageDouble({ token: TOKEN, pageId: 'gytm4qzbx9t6', components: ['app', 'api'], ...options });
  apiUrl = await page.listen();
}
beforeEach(() => start());
afterEach(() => page.close());

interface More {
  channel?: Record<string, unknown>;
  notification?: Partial<Notification>;
  info?: Partial<Info>;
  token?: string;
  env?: Record<string, string>;
}

let sent = 0;
function prepared(kind: NotificationKind, more: More) {
  const { notify } = createNotifyActivities({
    secrets: createSecretResolver({
      env: { PAGE: more.token ?? TOKEN },
      readFile: () => Promise.reject(new Error('none')),
    }),
    log: () => undefined,
    env: more.env ?? { BELAY_STATUSPAGE_API_URL: apiUrl },
  });
  sent += 1;
  const notification: Notification = {
    ...{ kind, key: `${WORKFLOW}/run/${sent}`, title: TITLE, text: TEXT, workflowId: WORKFLOW },
    ...more.notification,
  };
  const channel = { type: 'statuspage', pageId: 'gytm4qzbx9t6', token: 'env:PAGE', ...more.channel } as Channel;
  return { notify, input: { channelName: 'public', channel, notification } };
}

function tell(kind: NotificationKind, more: More = {}) {
  const { notify, input } = prepared(kind, more);
  return inActivity(notify, input, more.info);
}

const bodies = () => page.incidents()[0]?.incident_updates.map(({ status, body }) => `${status}: ${body}`);
const statuses = () => Object.fromEntries(page.components().map(({ id, status }) => [id, status]));

describe('one incident per workflow', () => {
  test('from start to end, with its components', async () => {
    const channel = { components: ['app'], impact: 'major' };
    const { delivered, reference } = await tell('start', { channel });
    const [opened] = page.incidents();
    expect({ delivered, reference }).toEqual({ delivered: true, reference: `gytm4qzbx9t6/${opened?.id}` });
    expect(opened).toMatchObject({ name: 'Service disruption', status: 'investigating', impact: 'major' });
    expect(opened?.metadata).toEqual({ belay: { workflow: WORKFLOW, key: expect.stringContaining('/run/') } });
    expect(statuses()).toEqual({ app: 'major_outage', api: 'operational' });

    expect((await tell('failure', { channel })).reference).toBe(reference);
    expect((await tell('rollback', { channel })).reference).toBe(reference);
    expect(statuses()).toEqual({ app: 'major_outage', api: 'operational' });
    expect((await tell('end', { channel })).reference).toBe(reference);

    expect(page.incidents()).toHaveLength(1);
    expect(page.incidents()[0]).toMatchObject({ status: 'resolved', resolved_at: expect.any(String) });
    expect(bodies()).toEqual([
      'resolved: The issue has been resolved.',
      'identified: We have identified the issue and are restoring the service.',
      'investigating: We continue to investigate the issue.',
      'investigating: We are investigating an issue that affects this service. We will post here when we know more.',
    ]);
    expect(statuses()).toEqual({ app: 'operational', api: 'operational' });
  });

  test('each workflow has its own', async () => {
    await tell('page');
    await tell('page', { notification: { workflowId: 'other' } });
    await tell('end');
    expect(page.incidents().map(({ status, metadata }) => [status, metadata['belay']])).toEqual([
      ['investigating', expect.objectContaining({ workflow: 'other' })],
      ['resolved', expect.objectContaining({ workflow: WORKFLOW })],
    ]);
  });

  test('a shutdown’s end leaves it open, the recovery’s resolves it', async () => {
    const topic = 'emergency/shop';
    const channel = { components: ['app'], incidentName: 'Web shop' };
    const opened = await tell('page', { channel, notification: { topic } });
    await tell('end', { channel, notification: { topic, ongoing: true } });
    expect(page.incidents()).toMatchObject([{ name: 'Web shop', status: 'investigating' }]);
    expect(statuses()['app']).toBe('major_outage');
    const closed = await tell('end', { channel, notification: { topic, workflowId: 'recovery' } });
    expect(closed.reference).toBe(opened.reference);
    expect(page.incidents()).toMatchObject([{ status: 'resolved' }]);
    expect(statuses()['app']).toBe('operational');
  });

  test('two messages at the same instant open one', async () => {
    await Promise.all([tell('start'), tell('page'), tell('failure')]);
    expect(page.incidents()).toHaveLength(1);
  });

  test('an end without an incident changes nothing', async () => {
    await expect(tell('end')).resolves.toEqual({ delivered: true });
    expect(page.calls()).toEqual(['GET /v1/pages/gytm4qzbx9t6/incidents/unresolved']);
  });

  test('the channel’s own address wins', async () => {
    await tell('start', {
      channel: { apiUrl: `${apiUrl}/` },
      env: { BELAY_STATUSPAGE_API_URL: 'http://127.0.0.1:9/v1' },
    });
    expect(page.incidents()).toHaveLength(1);
  });
});

test('nothing of a message becomes public', async () => {
  for (const kind of ['start', 'page', 'failure', 'rollback', 'end'] as const) await tell(kind);
  // What the page shows is all but the metadata.
  const shown = page.incidents().map((incident) => ({ ...incident, metadata: undefined }));
  expect(shown).toHaveLength(1);
  const everything = JSON.stringify(shown);
  expect(everything).toContain('Service disruption');
  for (const word of ['BREAK', 'payments', 'CVE', 'example.com', 'zero', WORKFLOW])
    expect(everything).not.toContain(word);
});

describe('an answer that was lost', () => {
  test('does not make a second incident', async () => {
    page.fail({ with: 'lost', method: 'POST' });
    const notification = { key: 'k1' };
    await expect(tell('start', { notification })).rejects.toMatchObject({ type: 'StatuspageUnavailable' });
    expect(page.incidents()).toHaveLength(1);
    const again = await tell('start', { notification, info: { attempt: 2 } });
    expect(again.reference).toBe(`gytm4qzbx9t6/${page.incidents()[0]?.id}`);
    expect(page.incidents()).toHaveLength(1);
    expect(bodies()).toHaveLength(1);
  });

  test('does not make a second update', async () => {
    await tell('start');
    page.fail({ with: 'garbage', method: 'PATCH' });
    const notification = { key: 'k2' };
    await expect(tell('failure', { notification })).rejects.toMatchObject({
      type: 'StatuspageUnavailable',
      message: expect.stringContaining('not one of Statuspage; check `apiUrl`'),
    });
    await tell('failure', { notification, info: { attempt: 2 } });
    expect(bodies()).toHaveLength(2);
  });

  test('does not open again what was resolved meanwhile', async () => {
    page.fail({ with: 'lost', method: 'POST' });
    await expect(tell('start')).rejects.toMatchObject({ type: 'StatuspageUnavailable' });
    await tell('end');
    await expect(tell('start', { info: { attempt: 2 } })).resolves.toMatchObject({ delivered: true });
    expect(page.incidents().map(({ status }) => status)).toEqual(['resolved']);
    const later = { attempt: 2, scheduledTimestampMs: Date.now() + 3_600_000 };
    await tell('start', { info: later });
    expect(page.incidents().map(({ status }) => status)).toEqual(['investigating', 'resolved']);
  });
});

describe('failures', () => {
  test.each([420, 429])('%i is retried when Statuspage says', async (status) => {
    page.fail({ with: status, retryAfter: '30' });
    await expect(tell('start')).rejects.toMatchObject({
      type: 'StatuspageRateLimited',
      nonRetryable: false,
      nextRetryDelay: 30_000,
    });
    expect(page.incidents()).toEqual([]);
  });

  test('more than the vendor allows is asked for again within its minute', async () => {
    await page.close();
    await start({ requestsPerMinute: 2 });
    await tell('start');
    const thrown: unknown = await tell('failure').catch((error: unknown) => error);
    expect(thrown).toMatchObject({ type: 'StatuspageRateLimited' });
    const { nextRetryDelay } = thrown as { nextRetryDelay: number };
    expect(nextRetryDelay).toBeGreaterThan(1_000);
    expect(nextRetryDelay).toBeLessThanOrEqual(60_000);
  });

  test.each<[string, Parameters<StatuspageDouble['fail']>[0], string]>([
    ['a fault of the vendor', { with: 503 }, 'answered HTTP 503'],
    ['a time-out of the vendor', { with: 408 }, 'answered HTTP 408'],
    ['a broken connection', { with: 'lost' }, 'could not be reached'],
  ])('%s is retried', async (_, failure, message) => {
    page.fail(failure);
    await expect(tell('start')).rejects.toMatchObject({
      type: 'StatuspageUnavailable',
      nonRetryable: false,
      message: expect.stringContaining(message),
    });
  });

  test('silence is given up after seconds, and retried', async () => {
    page.fail({ with: 'hang' });
    const before = Date.now();
    await expect(tell('start')).rejects.toMatchObject({
      type: 'StatuspageUnavailable',
      message: expect.stringContaining('no answer within 6 s'),
    });
    expect(Date.now() - before).toBeLessThan(9_000);
  }, 15_000);

  test('a cancelled activity stops waiting at once', async () => {
    page.fail({ with: 'hang' });
    const { notify, input } = prepared('start', {});
    const context = environment();
    const running = context.run(notify, input);
    setTimeout(() => context.cancel(), 200);
    const before = Date.now();
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(Date.now() - before).toBeLessThan(3_000);
    // Nor does it keep the run's next message waiting.
    await expect(tell('start')).resolves.toMatchObject({ delivered: true });
  });

  test.each<[string, More, string]>([
    ['a wrong key', { token: 'f'.repeat(64) }, 'HTTP 401 ("Could not authenticate"): the API key is wrong'],
    ['an unknown page', { channel: { pageId: 'nowhere' } }, 'HTTP 404 ("Not found"): there is no such page'],
    ['an unknown component', { channel: { components: ['gone'] } }, 'component gone is not one of this page'],
    ['a key that cannot be sent', { token: 'two\nlines' }, 'holds characters that no key has'],
  ])('%s is final and says what to do', async (_, more, message) => {
    await expect(tell('start', more)).rejects.toMatchObject({
      type: 'StatuspageRefused',
      nonRetryable: true,
      message: expect.stringContaining(message),
    });
    expect(page.incidents()).toEqual([]);
  });

  test.each([
    [400, 'check `apiUrl`'],
    [403, 'role Incident Manager'],
    [422, '`components` are ids'],
    [301, 'check `apiUrl`'],
    [410, 'check `apiUrl`'],
  ])('%i is final', async (status, cure) => {
    page.fail({ with: status });
    await expect(tell('start')).rejects.toMatchObject({
      type: 'StatuspageRefused',
      nonRetryable: true,
      message: expect.stringContaining(cure),
    });
  });

  test('a missing key is final', async () => {
    await expect(tell('start', { channel: { token: 'env:NOT_SET' } })).rejects.toMatchObject({
      type: 'SecretUnresolved',
      nonRetryable: true,
    });
  });

  test('no failure carries the key, not even in a cause or a stack', async () => {
    const other = 'e'.repeat(64);
    for (const failure of [401, 503, 429, 422, 'lost', 'garbage'] as const) {
      page.fail({ with: failure });
      const thrown = (await tell('start', failure === 401 ? { token: other } : {}).catch((e: unknown) => e)) as Error;
      const everything = JSON.stringify([thrown.message, thrown.stack, thrown.cause, Object.entries(thrown)]);
      expect(everything).toContain('Status page channel');
      for (const token of [TOKEN, other]) expect(everything).not.toContain(token);
    }
  });
});
