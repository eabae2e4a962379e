import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Info } from '@temporalio/activity';
import { createNotifyActivities } from '../../../activities/notify/index.js';
import { slackClient } from '../../../activities/slack/client.js';
import { createSecretResolver } from '../../../activities/secrets/resolver.js';
import type { Notification } from '../../../activities/types.js';
import type { Channel } from '../../../systems/schema.js';
import { createSlackDouble, type SlackDouble, type SlackDoubleOptions } from '../../../sandbox/slack/index.js';
import { inActivity } from '../http/inActivity.js';

const TOKEN = 'xoxb-0000-secret-of-the-bot';
let slack: SlackDouble;
let apiUrl: string;
const lines: unknown[] = [];

async function start(options: Partial<SlackDoubleOptions> = {}): Promise<void> {
  slack = createSlackDouble({ token: TOKEN, ...options });
  apiUrl = await slack.listen();
}
beforeEach(() => start());
afterEach(() => slack.close());

function post(
  more: { notification?: Partial<Notification>; channel?: Partial<Channel>; info?: Partial<Info>; token?: string } = {},
) {
  const { notify } = createNotifyActivities({
    secrets: createSecretResolver({
      env: { SLACK: more.token ?? TOKEN },
      readFile: () => Promise.reject(new Error('none')),
    }),
    log: (fields, message) => lines.push({ ...fields, message }),
    env: { BELAY_SLACK_API_URL: apiUrl },
  });
  const notification: Notification = {
    kind: 'failure',
    key: 'run-1/verify',
    title: 'Update of canvas failed',
    text: 'Because.',
    workflowId: 'update-7',
    ...more.notification,
  };
  const channel = { type: 'slack', channel: 'C0BELAYOPS', token: 'env:SLACK', ...more.channel } as Channel;
  return inActivity(notify, { channelName: 'ops', channel, notification }, more.info);
}

describe('notify to Slack', () => {
  test('posts a message within Slack’s limits, with the key in its metadata', async () => {
    const { delivered, reference } = await post();
    const [message, ...others] = slack.messages();
    expect(others).toEqual([]);
    expect({ delivered, reference }).toEqual({ delivered: true, reference: `C0BELAYOPS/${message?.ts}` });
    expect(message).toMatchObject({
      text: 'Update of canvas failed',
      metadata: { event_type: 'belay_notification', event_payload: { key: 'run-1/verify', kind: 'failure' } },
      blocks: [
        { type: 'header' },
        { type: 'section', text: { type: 'mrkdwn', text: 'Because.' } },
        { type: 'context' },
      ],
    });
  });

  test.each<[string, Partial<Notification>]>([
    ['a title that is too long', { title: 't'.repeat(400) }],
    ['an empty title', { title: ' \n' }],
    ['an empty text', { text: '' }],
    ['a text that grows past the limit when it is escaped', { text: '<&>'.repeat(3_000) }],
    ['astral characters at the cut', { title: '🚨'.repeat(200), text: '🚨'.repeat(4_000) }],
    ['a long run id', { workflowId: 'w'.repeat(5_000) }],
  ])('the strict double accepts %s', async (_, notification) => {
    await expect(post({ notification })).resolves.toMatchObject({ delivered: true });
  });

  test('nothing in a text can mention the whole channel', async () => {
    await post({ notification: { title: '<!channel> x', text: '<!here> **bold** & [log](https://ci.example/1)' } });
    const [message] = slack.messages();
    expect(message?.text).toBe('&lt;!channel&gt; x');
    expect(JSON.stringify(message?.blocks)).toContain('&lt;!here&gt; *bold* &amp; <https://ci.example/1|log>');
  });

  test('a rate limit is retried when Slack says', async () => {
    slack.fail({ with: 'rateLimited', retryAfterSeconds: 30 });
    await expect(post()).rejects.toMatchObject({
      type: 'SlackRateLimited',
      nonRetryable: false,
      nextRetryDelay: 30_000,
    });
    expect(slack.messages()).toEqual([]);
  });

  test.each([
    ['serverError', 'HTTP 503'],
    ['internal_error', 'internal_error'],
    ['lost', 'could not be reached'],
  ])('%s is retried', async (failure, message) => {
    slack.fail({ with: failure });
    await expect(post()).rejects.toMatchObject({
      type: 'SlackUnavailable',
      nonRetryable: false,
      message: expect.stringContaining(message),
    });
  });

  test('an answer that was lost does not make a second message', async () => {
    slack.fail({ with: 'lost', method: 'chat.postMessage' });
    await expect(post()).rejects.toMatchObject({ type: 'SlackUnavailable' });
    expect(slack.messages()).toHaveLength(1);
    const again = await post({ info: { attempt: 2 } });
    expect(again).toEqual({ delivered: true, reference: `C0BELAYOPS/${slack.messages()[0]?.ts}` });
    expect(slack.messages()).toHaveLength(1);
    await post({ info: { attempt: 2 }, notification: { key: 'run-1/rollback' } });
    expect(slack.messages()).toHaveLength(2);
  });

  test('the earlier message is found behind hundreds of others', async () => {
    await post();
    const client = slackClient(TOKEN, apiUrl);
    for (let i = 0; i < 250; i++) await client.chat.postMessage({ channel: 'C0BELAYOPS', text: `noise ${i}` });
    await post({ info: { attempt: 3 } });
    expect(slack.messages()).toHaveLength(251);
  });

  test('without the right to read the channel a retry posts all the same', async () => {
    await slack.close();
    await start({ scopes: ['chat:write'] });
    await expect(post({ info: { attempt: 2 } })).resolves.toMatchObject({ delivered: true });
    expect(slack.messages()).toHaveLength(1);
  });

  test.each<[string, Parameters<typeof post>[0], string]>([
    ['a wrong token', { token: 'xoxb-1111-another-secret' }, 'invalid_auth: the token is wrong or revoked'],
    ['an unknown channel', { channel: { channel: 'C0UNKNOWN00' } }, 'channel_not_found: use the id'],
    ['an unknown name', { channel: { channel: '#nowhere' } }, 'channel_not_found: use the id'],
  ])('%s is final and says what to do', async (_, more, message) => {
    await expect(post(more)).rejects.toMatchObject({
      type: 'SlackRefused',
      nonRetryable: true,
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['not_in_channel', 'invite the bot'],
    ['missing_scope', 'give the app the scope'],
  ])('%s is final', async (code, cure) => {
    slack.fail({ with: code });
    await expect(post()).rejects.toMatchObject({
      type: 'SlackRefused',
      nonRetryable: true,
      message: expect.stringContaining(cure),
    });
  });

  test('no failure carries the token, not even in a cause or a stack', async () => {
    const tokens = ['xoxb-1111-another-secret', TOKEN];
    for (const failure of ['invalid_auth', 'serverError', 'rateLimited', 'lost', `weird ${TOKEN}`]) {
      slack.fail({ with: failure });
      const thrown = (await post(failure === 'invalid_auth' ? { token: tokens[0] ?? '' } : {}).catch(
        (e: unknown) => e,
      )) as Error;
      const everything = JSON.stringify([thrown.message, thrown.stack, thrown.cause, Object.entries(thrown)]);
      expect(everything).toContain('Slack');
      for (const token of tokens) expect(everything).not.toContain(token);
    }
  });

  test('a secret in a title or text does not reach Slack', async () => {
    await post({ notification: { title: `token ${TOKEN}`, text: `with ${TOKEN} in it` } });
    expect(JSON.stringify(slack.messages())).not.toContain(TOKEN);
  });

  test('a missing token reference is final', async () => {
    await expect(post({ channel: { token: 'env:NOT_SET' } as Partial<Channel> })).rejects.toMatchObject({
      type: 'SecretUnresolved',
      nonRetryable: true,
    });
  });
});

test('the log channel writes one structured line', async () => {
  lines.length = 0;
  const sent = await post({ channel: { type: 'log' } as Partial<Channel>, notification: { text: `x ${TOKEN}` } });
  expect(sent).toEqual({ delivered: true });
  expect(lines).toEqual([
    {
      notification: 'failure',
      channel: 'ops',
      key: 'run-1/verify',
      workflowId: 'update-7',
      text: 'x [redacted]',
      message: 'Update of canvas failed',
    },
  ]);
  expect(slack.messages()).toEqual([]);
});
