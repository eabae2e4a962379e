import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { WebClient } from '@slack/web-api';
import { slackClient } from '../../../activities/slack/client.js';
import { createSlackDouble, type SlackDouble, type SlackDoubleOptions } from '../../../sandbox/slack/index.js';

const OPTIONS: SlackDoubleOptions = {
  token: 'xoxb-right',
  channels: [
    { id: 'C0BELAYOPS', name: 'ops', member: true },
    { id: 'G0SECRET00', name: 'secret', member: true, private: true },
  ],
  members: [
    { id: 'U0ADA00001', name: 'ada' },
    { id: 'U0GONE0001', name: 'gone', deleted: true },
    { id: 'U0BOT00001', name: 'bot', isBot: true },
  ],
  userGroups: { S0ONCALL01: ['U0ADA00001', 'U0GONE0001'] },
};
let slack: SlackDouble;
let client: WebClient;

async function start(more: Partial<SlackDoubleOptions> = {}): Promise<void> {
  slack = createSlackDouble({ ...OPTIONS, ...more });
  client = slackClient('xoxb-right', await slack.listen());
}
beforeEach(() => start());
afterEach(() => slack.close());

const call = (method: string, args: Record<string, unknown>) =>
  client.apiCall(method, args).then(
    () => 'ok',
    (error: unknown) => (error as { data?: { error?: string } }).data?.error ?? String(error),
  );
const post = (channel: string, more: object = {}) => client.chat.postMessage({ channel, text: 'x', ...more });

describe('direct messages', () => {
  test('go by the member’s id, into one conversation', async () => {
    const [first, second] = [await post('U0ADA00001'), await post('U0ADA00001')];
    const opened = await client.conversations.open({ users: 'U0ADA00001' });
    expect(new Set([first.channel, second.channel, opened.channel?.id])).toEqual(new Set(['D0U0ADA00001']));
    const history = await client.conversations.history({ channel: 'D0U0ADA00001' });
    expect(history.messages).toHaveLength(2);
  });

  test.each([
    ['chat.postMessage', { channel: 'U0NOBODY01', text: 'x' }, 'channel_not_found'],
    ['chat.postMessage', { channel: 'U0BOT00001', text: 'x' }, 'cannot_dm_bot'],
    ['conversations.open', { users: 'U0NOBODY01' }, 'user_not_found'],
    ['conversations.open', { users: 'U0GONE0001' }, 'user_disabled'],
    ['conversations.open', { users: 'U0BOT00001' }, 'cannot_dm_bot'],
    ['conversations.open', {}, 'invalid_arguments'],
    ['chat.update', { channel: 'U0ADA00001', ts: '1.000001', text: 'x' }, 'channel_not_found'],
  ])('%s of %j is %s', async (method, args, error) => {
    expect(await call(method, args)).toBe(error);
  });
});

describe('people', () => {
  test('are found by id, groups by theirs, without those who left', async () => {
    await slack.close();
    await start({ scopes: ['users:read', 'usergroups:read'] });
    expect((await client.users.info({ user: 'U0ADA00001' })).user).toMatchObject({ name: 'ada', deleted: false });
    expect((await client.usergroups.users.list({ usergroup: 'S0ONCALL01' })).users).toEqual(['U0ADA00001']);
    slack.setUserGroup('S0ONCALL01', []);
    expect((await client.usergroups.users.list({ usergroup: 'S0ONCALL01' })).users).toEqual([]);
    expect(await call('usergroups.users.list', { usergroup: 'S0NOTHERE0' })).toBe('no_such_subteam');
    expect(await call('users.info', { user: 'U0NOBODY01' })).toBe('user_not_found');
  });

  test('some see what others do not', async () => {
    await client.chat.postEphemeral({ channel: 'C0BELAYOPS', user: 'U0ADA00001', text: 'psst' });
    expect(slack.ephemerals()).toEqual([{ channel: 'C0BELAYOPS', user: 'U0ADA00001', text: 'psst' }]);
    expect(slack.messages()).toEqual([]);
    expect(await call('chat.postEphemeral', { channel: 'C0BELAYOPS', user: 'U0GONE0001', text: 'x' })).toBe(
      'user_not_in_channel',
    );
  });
});

test.each([
  ['chat.postMessage', { channel: 'C0BELAYOPS', text: 'x' }, 'chat:write'],
  ['conversations.open', { users: 'U0ADA00001' }, 'im:write'],
  ['conversations.history', { channel: 'C0BELAYOPS' }, 'channels:history'],
  ['conversations.history', { channel: 'G0SECRET00' }, 'groups:history'],
  ['usergroups.users.list', { usergroup: 'S0ONCALL01' }, 'usergroups:read'],
])('%s of %j needs %s', async (method, args, scope) => {
  expect(await call(method, args)).toBe('ok');
  await slack.close();
  await start({ scopes: [] });
  const refused = await client.apiCall(method, args).catch((error: unknown) => (error as { data: unknown }).data);
  expect(refused).toMatchObject({ ok: false, error: 'missing_scope', needed: scope });
});

describe('threads', () => {
  test('stand beside the channel’s history', async () => {
    const { ts = '' } = await post('C0BELAYOPS');
    const metadata = { event_type: 'e', event_payload: { key: 'k' } };
    await post('C0BELAYOPS', { thread_ts: ts, metadata });
    expect((await client.conversations.history({ channel: 'C0BELAYOPS' })).messages).toHaveLength(1);
    const thread = await client.conversations.replies({ channel: 'C0BELAYOPS', ts, include_all_metadata: true });
    expect(thread.messages).toEqual([
      expect.objectContaining({ ts }),
      expect.objectContaining({ thread_ts: ts, metadata }),
    ]);
    expect(await call('conversations.replies', { channel: 'C0BELAYOPS', ts: '1.000001' })).toBe('thread_not_found');
    expect(slack.remove('C0BELAYOPS', ts)).toBe(true);
    expect(slack.remove('C0BELAYOPS', ts)).toBe(false);
  });

  test.each([
    [{ thread_ts: 'yesterday' }, 'invalid_arguments'],
    [{ parse: 'client' }, 'invalid_arguments'],
    [{ metadata: { event_type: 'e', event_payload: { big: 'x'.repeat(9_000) } } }, 'metadata_too_large'],
    [{ blocks: [{ type: 'actions', elements: [button('a'), button('a')] }] }, 'invalid_blocks'],
    [
      { blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x' }, accessory: button('a', 'v'.repeat(2_001)) }] },
      'invalid_blocks',
    ],
  ])('%j is %s', async (more, error) => {
    expect(await call('chat.postMessage', { channel: 'C0BELAYOPS', text: 'x', ...more })).toBe(error);
  });
});

function button(id: string, value = 'v') {
  return { type: 'button', text: { type: 'plain_text', text: 'Go' }, action_id: id, value };
}

describe('limits and failures', () => {
  test('a limit counts by method and channel', async () => {
    await slack.close();
    await start({ limits: [{ method: 'chat.postMessage', perMinute: 2, perChannel: true }] });
    await post('C0BELAYOPS');
    await post('C0BELAYOPS');
    await expect(post('C0BELAYOPS')).rejects.toMatchObject({ retryAfter: expect.any(Number) });
    await expect(post('G0SECRET00')).resolves.toMatchObject({ ok: true });
    expect(await call('auth.test', {})).toBe('ok');
  });

  test('a failure can be of one channel alone', async () => {
    slack.fail({ with: 'is_archived', channel: 'C0BELAYOPS' });
    await expect(post('G0SECRET00')).resolves.toMatchObject({ ok: true });
    expect(await call('chat.postMessage', { channel: 'C0BELAYOPS', text: 'x' })).toBe('is_archived');
    await expect(post('C0BELAYOPS')).resolves.toMatchObject({ ok: true });
  });

  test('a delayed answer comes after what it tells of', async () => {
    slack.fail({ with: 'delay', delayMs: 300 });
    const started = performance.now();
    await post('C0BELAYOPS');
    expect(performance.now() - started).toBeGreaterThanOrEqual(290);
    expect(slack.messages()).toHaveLength(1);
  });
});
