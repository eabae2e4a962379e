import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { slackClient } from '../../../activities/slack/client.js';
import { createSlackDouble, type SlackDouble } from '../../../sandbox/slack/index.js';

const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
const ADA = 'U0ADA00001';
interface Got {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}
let slack: SlackDouble;
let app: Server;
let base: string;
let got: Got[];
/** What the app answers, one after the other; 200 without a body when none is left. */
let answers: { status?: number; body?: string; type?: string; hangUp?: boolean }[];
let ts: string;

const button = (id: string, value: string, text: string) => ({
  type: 'button' as const,
  text: { type: 'plain_text' as const, text },
  action_id: id,
  value,
});

beforeEach(async () => {
  got = [];
  answers = [];
  slack = createSlackDouble({ token: 'xoxb-right', signingSecret: SECRET });
  base = await slack.listen();
  app = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      got.push({ path: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks).toString() });
      const { status = 200, body = '', type = 'application/json', hangUp = false } = answers.shift() ?? {};
      if (hangUp) req.socket.destroy();
      else res.writeHead(status, { 'content-type': type }).end(body);
    });
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(app.address() as AddressInfo).port}`;
  slack.setUrls({ interactions: `${url}/slack/interactions`, commands: `${url}/slack/commands` });
  const posted = await slackClient('xoxb-right', base).chat.postMessage({
    channel: 'C0BELAYOPS',
    text: 'x',
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text: 'x' }, accessory: button('start', 'first', 'Start restart') },
      { type: 'section', text: { type: 'mrkdwn', text: 'y' }, accessory: button('start', 'second', 'Start backup') },
      {
        type: 'actions',
        elements: [button('ack', 'signed-ack', 'Acknowledge'), button('esc', 'signed-esc', 'Escalate')],
      },
    ],
  });
  ts = posted.ts ?? '';
});
afterEach(async () => {
  app.closeAllConnections();
  await Promise.all([slack.close(), new Promise((resolve) => app.close(resolve))]);
});

const press = (more: object = {}) => slack.press({ user: ADA, channel: 'C0BELAYOPS', ts, action: 'ack', ...more });
const command = (more: object = {}) =>
  slack.command({ user: ADA, channel: 'C0BELAYOPS', command: '/belay', text: 'incidents', ...more });

interface Payload {
  type: string;
  user: { id: string; team_id: string };
  team: { id: string };
  response_url: string;
  actions: { action_id: string; value: string; block_id: string; action_ts: string }[];
}
const payload = (index = 0): Payload =>
  JSON.parse(new URLSearchParams(got[index]?.body).get('payload') ?? 'null') as Payload;

/** What Slack's documentation tells apps to compute. */
function signatureOf({ headers, body }: Got): string {
  const text = `v0:${String(headers['x-slack-request-timestamp'])}:${body}`;
  return `v0=${createHmac('sha256', SECRET).update(text).digest('hex')}`;
}

describe('a press of a button', () => {
  test('is sent as Slack sends it, signed over the raw body', async () => {
    const delivered = await press();
    expect(delivered).toMatchObject({ status: 200, tries: 1, violations: [] });
    const [request] = got;
    expect(request).toMatchObject({
      path: '/slack/interactions',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(request?.headers['x-slack-signature']).toBe(request && signatureOf(request));
    expect(Math.abs(Number(request?.headers['x-slack-request-timestamp']) - Date.now() / 1000)).toBeLessThan(60);
    expect(request?.headers).not.toHaveProperty('x-slack-retry-num');
    expect(payload()).toMatchObject({
      type: 'block_actions',
      user: { id: ADA, team_id: 'T0BELAY001' },
      team: { id: 'T0BELAY001' },
      actions: [{ type: 'button', action_id: 'ack', value: 'signed-ack', block_id: 'block2' }],
      message: { ts },
    });
  });

  test.each([
    [{ action: 'start' }, 'first'],
    [{ action: 'start', containing: 'second' }, 'second'],
    [{ action: 'start', containing: 'Start backup' }, 'second'],
    [{ action: 'ack', value: 'forged' }, 'forged'],
  ])('%j sends the value %j', async (more, value) => {
    await press(more);
    expect(payload().actions).toEqual([expect.objectContaining({ value })]);
  });

  test.each([
    [{ action: 'none' }, 'has no button none'],
    [{ action: 'start', containing: 'third' }, 'has no button start with third'],
    [{ ts: '1.000001' }, 'there is no message'],
    [{ user: 'nobody' }, 'is no member'],
  ])('%j cannot be', async (more, message) => {
    await expect(press(more)).rejects.toThrow(message);
    expect(got).toEqual([]);
  });

  test('an answer that is no 2xx, or none, is a violation', async () => {
    answers = [{ status: 500 }, { status: 302 }, { hangUp: true }];
    expect((await press()).violations).toEqual(['answered HTTP 500 instead of 2xx']);
    expect((await press()).violations).toEqual(['answered HTTP 302 instead of 2xx']);
    expect((await press()).violations).toEqual([expect.stringContaining('no answer')]);
    expect(slack.violations()).toEqual([
      'press of ack: answered HTTP 500 instead of 2xx',
      'press of ack: answered HTTP 302 instead of 2xx',
      expect.stringContaining('press of ack: no answer'),
    ]);
  });

  test('sent again it says so, and is the same press', async () => {
    answers = [{ status: 503 }, { status: 200 }];
    expect(await press({ retries: 2 })).toMatchObject({ tries: 2, status: 200 });
    expect(got.map(({ headers }) => headers['x-slack-retry-num'])).toEqual([undefined, '1']);
    expect(got[1]?.headers['x-slack-retry-reason']).toBe('http_error');
    expect(got[1]?.body).toBe(got[0]?.body);
  });

  test('can be forged: an old time, another signature', async () => {
    const signedAt = Date.now() - 3_600_000;
    await press({ signedAt, headers: { 'x-slack-signature': 'v0=00' } });
    expect(got[0]?.headers['x-slack-request-timestamp']).toBe(String(Math.floor(signedAt / 1000)));
    expect(got[0]?.headers['x-slack-signature']).toBe('v0=00');
  });
});

describe('a slash command', () => {
  test('is a signed form; its answer is shown to who typed it', async () => {
    answers = [{ body: JSON.stringify({ response_type: 'ephemeral', text: 'Two are open.' }) }];
    expect(await command()).toMatchObject({ status: 200, violations: [] });
    const form = new URLSearchParams(got[0]?.body);
    expect(got[0]?.headers['x-slack-signature']).toBe(got[0] && signatureOf(got[0]));
    expect(Object.fromEntries(form)).toMatchObject({
      command: '/belay',
      text: 'incidents',
      user_id: ADA,
      channel_name: 'ops',
    });
    expect(slack.ephemerals()).toEqual([{ channel: 'C0BELAYOPS', user: ADA, text: 'Two are open.' }]);
  });

  test('may be answered with plain text, or nothing, but not with what breaks a limit', async () => {
    answers = [{ body: 'plain', type: 'text/plain' }, {}, { body: JSON.stringify({ blocks: [{ type: 'nonsense' }] }) }];
    await command();
    await command();
    expect(slack.ephemerals()).toEqual([expect.objectContaining({ text: 'plain' })]);
    expect((await command()).violations).toEqual(['answer refused: invalid_blocks']);
  });
});

describe('a response_url', () => {
  const answer = async (body: object, type = 'application/json') => {
    const { response_url: url } = payload();
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': type },
      body: JSON.stringify(body),
    });
    return [response.status, await response.text()];
  };

  test('takes five answers: for one person, for all, in place of the message, instead of it', async () => {
    await press();
    expect(new URL(payload().response_url).host).toBe(new URL(base).host);
    expect(await answer({ text: 'only you' })).toEqual([200, 'ok']);
    expect(slack.ephemerals()).toEqual([{ channel: 'C0BELAYOPS', user: ADA, text: 'only you' }]);
    expect(await answer({ response_type: 'in_channel', text: 'all' })).toEqual([200, 'ok']);
    expect(await answer({ replace_original: true, text: 'edited' })).toEqual([200, 'ok']);
    expect(slack.messages().map(({ text }) => text)).toEqual(['edited', 'all']);
    expect(await answer({ delete_original: true })).toEqual([200, 'ok']);
    expect(slack.messages().map(({ text }) => text)).toEqual(['all']);
    expect(await answer({ text: 'fifth' })).toEqual([200, 'ok']);
    expect(await answer({ text: 'sixth' })).toEqual([404, 'used_url']);
  });

  test('refuses what Slack refuses', async () => {
    await press();
    expect(await answer({ text: 'x' }, 'text/plain')).toEqual([400, 'invalid_content_type']);
    expect(await answer({ colour: 'red' })).toEqual([400, 'invalid_payload']);
    expect(await answer({ text: '' })).toEqual([400, 'no_text']);
    const unknown = await fetch(new URL('/response/0123456789abcdef', base), { method: 'POST', body: '{}' });
    expect([unknown.status, await unknown.text()]).toEqual([404, 'expired_url']);
  });
});

test('all of it can be steered through HTTP', async () => {
  const control = async (verb: string, body?: object) => {
    const response = await fetch(
      new URL(`/_sandbox/${verb}`, base),
      body ? { method: 'POST', body: JSON.stringify(body) } : {},
    );
    return { status: response.status, answer: await response.json() };
  };
  expect(await control('press', { user: ADA, channel: 'C0BELAYOPS', ts, action: 'ack' })).toMatchObject({
    status: 200,
    answer: { status: 200, violations: [] },
  });
  expect(await control('press', { user: ADA, channel: 'C0BELAYOPS', ts, action: 'none' })).toMatchObject({
    status: 400,
  });
  answers = [{ body: 'hello', type: 'text/plain' }];
  await control('command', { user: ADA, channel: 'C0BELAYOPS', command: '/belay' });
  expect(await control('ephemerals')).toMatchObject({ answer: [{ text: 'hello' }] });
  answers = [{ status: 500 }];
  await control('command', { user: ADA, channel: 'C0BELAYOPS', command: '/belay' });
  expect(await control('violations')).toMatchObject({ answer: [expect.stringContaining('HTTP 500')] });
  expect(await control('usergroup', { id: 'S0X', users: [ADA] })).toMatchObject({ answer: { ok: true } });
  expect(await control('delete', { channel: 'C0BELAYOPS', ts })).toMatchObject({ answer: { ok: true } });
  expect(await control('messages')).toMatchObject({ answer: [] });
  await control('urls', {});
  expect(await control('command', { user: ADA, channel: 'C0BELAYOPS', command: '/belay' })).toMatchObject({
    status: 400,
    answer: { detail: expect.stringContaining('no request URL') },
  });
  expect(await control('nonsense')).toMatchObject({ status: 404 });
  await control('reset', {});
  expect(await control('violations')).toMatchObject({ answer: [] });
});
