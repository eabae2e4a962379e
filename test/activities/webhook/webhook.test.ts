import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createNotifyActivities } from '../../../activities/notify/index.js';
import { webhookSignature } from '../../../activities/webhook/signature.js';
import { sendWebhookPage } from '../../../activities/webhook/page.js';
import type { PageDelivery } from '../../../activities/incident/types.js';
import type { Channel } from '../../../systems/schema.js';
import { environment, inActivity } from '../http/inActivity.js';
import { delivery, everythingOf, INCIDENT, notification, page, secretsOf } from '../paging.js';
import { Receiver } from './receiver.js';

const SECRET = 'a-secret-that-both-sides-share';
let receiver: Receiver;
let url: string;
beforeEach(async () => {
  receiver = new Receiver();
  url = await receiver.listen();
});
afterEach(() => receiver.close());

const channel = (more: object = {}): Channel => ({ type: 'webhook', url, secret: 'env:SECRET', ...more });
const deps = () => ({ secrets: secretsOf({ SECRET }) });
const send = (more: Parameters<typeof delivery>[1] = {}, target = channel()) =>
  inActivity((input: PageDelivery) => sendWebhookPage(deps(), input), delivery(target, more));

describe('a page', () => {
  test('is posted as docs/webhooks.md says', async () => {
    const pages = [page({ url: 'https://temporal.example/w/1' })];
    await expect(send({ pages })).resolves.toEqual({});
    const [got, ...others] = receiver.received;
    expect(others).toEqual([]);
    expect(got?.method).toBe('POST');
    expect(got?.headers).toMatchObject({
      ...{ 'content-type': 'application/json', 'idempotency-key': 'pager/shop/ada/run-1/1' },
      'belay-signature': expect.stringMatching(/^t=\d{10},v1=[0-9a-f]{64}$/),
    });
    expect(JSON.parse(got?.body ?? '')).toEqual({
      ...{ version: 1, kind: 'page', id: 'pager/shop/ada/run-1/1', system: 'shop' },
      person: { id: 'ada', name: 'Ada Lovelace', phone: '+1-555-0100', email: 'ada@example.com' },
      pages: [
        {
          ...{ key: 'run-1/g1/l0/ada', incident: INCIDENT, severity: 'P1', urgent: true, title: 'Checkout is down' },
          ...{ text: 'No order since 10:02.', level: 1, at: '2026-11-21T10:05:00.000Z' },
          url: 'https://temporal.example/w/1',
        },
      ],
      total: 1,
    });
  });

  test('a repeat has the same key and the same body', async () => {
    receiver.answers.push({ status: 200, instead: 'cut' });
    await expect(send()).rejects.toMatchObject({ type: 'WebhookUnavailable', nonRetryable: false });
    await send();
    const [first, again] = receiver.received;
    expect(again?.body).toBe(first?.body);
    expect(again?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  test('a key that no header holds is hashed there', async () => {
    await send({ key: 'bündel 1\r\nx: y' });
    expect(receiver.received[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ id: 'bündel 1\r\nx: y' });
  });

  test('of many pages the newest are sent, and their number', async () => {
    const pages = Array.from({ length: 500 }, (_, n) => page({ at: n, title: `T${n}`, text: '🚨'.repeat(3_000) }));
    await send({ pages });
    const body = JSON.parse(receiver.received[0]?.body ?? '') as { pages: { title: string }[]; total: number };
    expect(body.total).toBe(500);
    expect(body.pages.map(({ title }) => title)).toEqual(Array.from({ length: 20 }, (_, n) => `T${480 + n}`));
    expect(receiver.received[0]?.body.length).toBeLessThan(256 * 1024);
  });

  test('the receiver’s name for it is kept', async () => {
    receiver.answers.push({ status: 202, body: JSON.stringify({ reference: 'SM-1\n2', other: true }) });
    await expect(send()).resolves.toEqual({ reference: 'SM-1 2' });
    receiver.answers.push({ status: 204 }, { status: 200, body: 'OK' }, { status: 200, body: '{"reference":7}' });
    for (let n = 0; n < 3; n++) await expect(send()).resolves.toEqual({});
  });
});

test('the channel as a whole', async () => {
  const { notify } = createNotifyActivities({ ...deps(), log: () => undefined });
  const message = { channelName: 'bots', channel: channel(), notification: notification({ topic: 'emergency/shop' }) };
  await expect(inActivity(notify, message)).resolves.toEqual({ delivered: true });
  expect(JSON.parse(receiver.received[0]?.body ?? '')).toEqual({
    ...{ version: 1, kind: 'notification', id: 'run-1/verify', channel: 'bots' },
    notification: {
      ...{ kind: 'failure', title: 'Update of shop failed', text: 'Because.', workflowId: 'update-7' },
      topic: 'emergency/shop',
    },
  });
  expect(receiver.received[0]?.headers['idempotency-key']).toBe('run-1/verify');
});

test('the signature is that of time and body', () => {
  // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
  expect(webhookSignature('key', '{"a":1}', 1_700_000_000_999)).toBe(
    't=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03',
  );
});

describe('failures', () => {
  test.each([
    [429, '30', 30_000],
    [429, undefined, 30_000],
    [429, '0', 1_000],
    [503, '7', 7_000],
  ])('%i with Retry-After %s is retried after it', async (status, after, nextRetryDelay) => {
    receiver.answers.push({ status, headers: after === undefined ? {} : { 'retry-after': after } });
    await expect(send()).rejects.toMatchObject({ type: 'WebhookRateLimited', nonRetryable: false, nextRetryDelay });
  });

  test.each([500, 502, 503, 504, 408])('%i is retried', async (status) => {
    receiver.answers.push({ status });
    await expect(send()).rejects.toMatchObject({
      ...{ type: 'WebhookUnavailable', nonRetryable: false, message: expect.stringContaining(`HTTP ${status}`) },
    });
  });

  test.each([
    [400, 'see what the receiver says'],
    [401, 'the same secret'],
    [403, 'the same secret'],
    [404, 'check `url`'],
    [409, 'see what the receiver says'],
    [422, '("who is ada?")'],
  ])('%i is final and says what to do', async (status, cure) => {
    receiver.answers.push({ status, body: 'who is\nada?' });
    await expect(send()).rejects.toMatchObject({
      ...{ type: 'WebhookRefused', nonRetryable: true, message: expect.stringContaining(cure) },
    });
  });

  test.each([301, 302, 307, 308])('%i is not followed', async (status) => {
    receiver.answers.push({ status, headers: { location: '/elsewhere' } });
    await expect(send()).rejects.toMatchObject({
      ...{ type: 'WebhookRefused', nonRetryable: true, message: expect.stringContaining('put the final address') },
    });
    expect(receiver.received).toHaveLength(1);
  });

  test('nobody there is retried', async () => {
    await receiver.close();
    await expect(send()).rejects.toMatchObject({
      ...{ type: 'WebhookUnavailable', nonRetryable: false, message: expect.stringContaining('connection refused') },
    });
  });

  test('a cancelled activity stops waiting at once', async () => {
    receiver.answers.push({ status: 200, instead: 'hang' });
    const context = environment();
    const running = context.run((input: PageDelivery) => sendWebhookPage(deps(), input), delivery(channel()));
    setTimeout(() => context.cancel(), 200);
    const before = Date.now();
    await expect(running).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(Date.now() - before).toBeLessThan(5_000);
  });

  test('no failure carries the secret or the signature, even if the receiver repeats them', async () => {
    for (const status of [401, 429, 500]) {
      receiver.answers.push({ status, body: `bad v1=${'a'.repeat(64)} for ${SECRET}` });
      const everything = everythingOf(await send().catch((e: unknown) => e));
      expect(everything).toContain('Webhook channel');
      const signature =
        /v1=([0-9a-f]{64})/.exec(String(receiver.received.at(-1)?.headers['belay-signature']))?.[1] ?? '?';
      for (const secret of [SECRET, 'a'.repeat(64), signature]) expect(everything).not.toContain(secret);
    }
  });

  test('a secret in a text does not reach the receiver', async () => {
    await send({ pages: [page({ title: `x ${SECRET}`, text: `with ${SECRET}` })] });
    expect(receiver.received[0]?.body).not.toContain(SECRET);
  });
});
