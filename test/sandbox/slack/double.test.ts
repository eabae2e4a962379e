import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSlackDouble } from '../../../sandbox/slack/index.js';

const slack = createSlackDouble({
  token: 'xoxb-right',
  channels: [
    { id: 'C0BELAYOPS', name: 'ops', member: true },
    { id: 'C0FOREIGN0', name: 'foreign', member: false },
  ],
});
let base = '';
beforeAll(async () => {
  base = await slack.listen();
});
afterAll(() => slack.close());

async function call(
  method: string,
  body: object,
  headers: Record<string, string> = { authorization: 'Bearer xoxb-right' },
) {
  const response = await fetch(base + method, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    answer: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}
const ops = { channel: 'C0BELAYOPS', text: 'hello' };
const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text } });

describe('the Slack double refuses what Slack refuses, with HTTP 200', () => {
  test.each<[string, string, object, Record<string, string> | undefined]>([
    ['not_authed', 'chat.postMessage', ops, {}],
    ['invalid_auth', 'chat.postMessage', ops, { authorization: 'Bearer xoxb-wrong' }],
    ['unknown_method', 'chat.nothing', ops, undefined],
    ['invalid_arguments', 'chat.postMessage', { text: 'x' }, undefined],
    ['channel_not_found', 'chat.postMessage', { ...ops, channel: 'C0NOTHERE0' }, undefined],
    ['not_in_channel', 'chat.postMessage', { ...ops, channel: 'foreign' }, undefined],
    ['no_text', 'chat.postMessage', { channel: 'ops' }, undefined],
    ['msg_too_long', 'chat.postMessage', { ...ops, text: 'x'.repeat(40_001) }, undefined],
    ['invalid_blocks', 'chat.postMessage', { ...ops, blocks: [section('x'.repeat(3_001))] }, undefined],
    ['invalid_blocks', 'chat.postMessage', { ...ops, blocks: [section('')] }, undefined],
    [
      'invalid_blocks',
      'chat.postMessage',
      { ...ops, blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
      undefined,
    ],
    [
      'invalid_blocks',
      'chat.postMessage',
      { ...ops, blocks: [{ type: 'header', text: { type: 'mrkdwn', text: 'x' } }] },
      undefined,
    ],
    [
      'invalid_blocks',
      'chat.postMessage',
      { ...ops, blocks: Array.from({ length: 51 }, () => ({ type: 'divider' })) },
      undefined,
    ],
    [
      'invalid_blocks',
      'chat.postMessage',
      {
        ...ops,
        blocks: [
          { type: 'divider', block_id: 'a' },
          { type: 'divider', block_id: 'a' },
        ],
      },
      undefined,
    ],
    ['invalid_metadata_format', 'chat.postMessage', { ...ops, metadata: { event_type: 'x' } }, undefined],
    ['message_not_found', 'chat.update', { ...ops, ts: '1.000001' }, undefined],
    ['channel_not_found', 'conversations.history', { channel: 'ops' }, undefined],
    ['invalid_limit', 'conversations.history', { channel: 'C0BELAYOPS', limit: 1_000 }, undefined],
  ])('%s by %s', async (error, method, body, headers) => {
    const { status, answer } = await call(method, body, headers);
    expect({ status, ok: answer['ok'], error: answer['error'] }).toEqual({ status: 200, ok: false, error });
  });
});

describe('the Slack double does what Slack does', () => {
  test('auth, post, update, history with metadata', async () => {
    expect((await call('auth.test', {})).answer).toMatchObject({ ok: true, team_id: 'T0BELAY001' });
    const metadata = { event_type: 'e', event_payload: { key: 'k' } };
    const { answer } = await call('chat.postMessage', { ...ops, channel: '#ops', metadata });
    const ts = answer['ts'];
    expect(answer).toMatchObject({ ok: true, channel: 'C0BELAYOPS', ts: expect.stringMatching(/^\d{10}\.\d{6}$/) });
    expect((await call('chat.update', { channel: 'C0BELAYOPS', ts, text: 'changed' })).answer).toMatchObject({
      ok: true,
    });
    const plain = await call('conversations.history', { channel: 'C0BELAYOPS' });
    expect(plain.answer['messages']).toEqual([expect.not.objectContaining({ metadata })]);
    const full = await call('conversations.history', { channel: 'C0BELAYOPS', include_all_metadata: true });
    expect(full.answer['messages']).toEqual([expect.objectContaining({ ts, text: 'changed', metadata })]);
  });

  test('fails on demand through its control endpoint, for as many calls as told', async () => {
    const control = (path: string, body: object) =>
      fetch(new URL(path, base), { method: 'POST', body: JSON.stringify(body) });
    await control('/_sandbox/fail', { with: 'rateLimited', next: 2, retryAfterSeconds: 7 });
    for (let i = 0; i < 2; i++) {
      const limited = await call('chat.postMessage', ops);
      expect(limited).toMatchObject({ status: 429, answer: { ok: false, error: 'ratelimited' } });
      expect(limited.headers.get('retry-after')).toBe('7');
    }
    expect((await call('chat.postMessage', ops)).answer['ok']).toBe(true);
    const stored = (await (await fetch(new URL('/_sandbox/messages', base))).json()) as unknown[];
    expect(stored).toHaveLength(slack.messages().length);
    await control('/_sandbox/reset', {});
    expect(slack.messages()).toEqual([]);
    expect((await control('/_sandbox/fail', { next: 1 })).status).toBe(400);
  });
});
