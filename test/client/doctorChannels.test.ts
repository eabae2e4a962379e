import { afterEach, expect, test } from '@jest/globals';
import { checkChannels } from '../../client/doctor/channels.js';
import { createMailSink, type MailSink } from '../../sandbox/mail/index.js';
import type { Channel } from '../../systems/schema.js';
import { secretsOf } from '../activities/paging.js';
import { Receiver } from '../activities/webhook/receiver.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function listening(): Promise<string> {
  const receiver = new Receiver();
  open.push(receiver);
  return receiver.listen();
}

async function mailServer(): Promise<{ sink: MailSink; port: number }> {
  const sink = createMailSink({ user: 'belay', password: 'right-password' });
  open.push(sink);
  return { sink, port: await sink.listen() };
}

const SECRETS = {
  KEY: '0123456789abcdef0123456789abcdef',
  SHORT: 'abc',
  RIGHT: 'right-password',
  WRONG: 'wrong-password',
};

async function check(channel: object) {
  const channels = { out: channel as Channel };
  const [found, ...others] = await checkChannels('System shop', { channels }, secretsOf(SECRETS));
  expect(others).toEqual([]);
  expect(found).toMatchObject({ area: 'System shop', name: 'channel out' });
  for (const secret of Object.values(SECRETS).slice(0, 1)) expect(JSON.stringify(found)).not.toContain(secret);
  return `${found?.level}: ${found?.detail}`;
}

const nowhere = 'http://127.0.0.1:9';

test.each<[string, object, string]>([
  ['log', { type: 'log' }, 'ok: the worker writes it into its log'],
  ['slack', { type: 'slack', channel: '#ops', token: 'env:KEY' }, 'ok: slack #ops, token present'],
  ['slack without token', { type: 'slack', channel: '#ops', token: 'env:GONE' }, 'bad: Secret env:GONE could not'],
  [
    'a key of another length',
    { type: 'pagerduty', routingKey: 'env:SHORT' },
    'bad: pagerduty: the integration key has 3',
  ],
  ['pagerduty that is away', { type: 'pagerduty', routingKey: 'env:KEY', apiUrl: nowhere }, 'bad: 127.0.0.1:9 is not'],
  ['pagerduty without a key', { type: 'pagerduty', routingKey: 'env:GONE' }, 'bad: Secret env:GONE could not'],
  ['pagerduty', { type: 'pagerduty', routingKey: 'env:KEY' }, 'ok: pagerduty at 127.0.0.1:'],
  ['webhook', { type: 'webhook', secret: 'env:KEY' }, 'ok: webhook at 127.0.0.1:'],
  ['webhook that is away', { type: 'webhook', secret: 'env:KEY', url: nowhere }, 'bad: 127.0.0.1:9 is not reachable'],
  ['webhook without secret', { type: 'webhook', secret: 'env:GONE' }, 'bad: Secret env:GONE could not'],
])('%s', async (_, channel, expected) => {
  const url = await listening();
  expect(await check({ apiUrl: url, url, ...channel })).toContain(expected);
});

test.each<[string, object, string]>([
  ['a login that works', { user: 'belay', password: 'env:RIGHT' }, 'login as belay works'],
  ['a wrong password', { user: 'belay', password: 'env:WRONG' }, 'bad: Mail channel "out": 127.0.0.1:'],
  ['a missing password', { user: 'belay', password: 'env:GONE' }, 'bad: Secret env:GONE could not'],
  ['a server that does not encrypt', { security: 'starttls' }, 'use `security: tls`'],
  ['nobody there', { port: 9 }, 'bad: Mail channel "out": 127.0.0.1:9 could not be reached'],
])('mail: %s', async (_, more, expected) => {
  const { sink, port } = await mailServer();
  const channel = { type: 'mail', host: '127.0.0.1', port, security: 'none', from: 'a@example.com', to: [], ...more };
  expect(await check(channel)).toContain(expected);
  expect(sink.messages()).toEqual([]);
});
