import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Info } from '@temporalio/activity';
import { createIncidentActivities } from '../../../activities/incident/index.js';
import type { Channel } from '../../../systems/schema.js';
import { createSlackDouble, type SlackDouble, type SlackDoubleOptions } from '../../../sandbox/slack/index.js';
import type { IncidentView, RootMessage } from '../../../workflows/incident/types.js';
import { inActivity } from '../http/inActivity.js';
import { everythingOf, secretsOf } from '../paging.js';
import { entries, incident } from './view.js';

const TOKEN = 'xoxb-0000-secret-of-the-board';
const KEY = 'key-of-the-buttons-0123456789abcdef';
const CHANNEL: Channel = { type: 'slack', channel: 'C0BELAYINC', token: 'env:SLACK' };
const logged: unknown[] = [];
let slack: SlackDouble;
let apiUrl: string;

async function start(options: Partial<SlackDoubleOptions> = {}): Promise<void> {
  slack = createSlackDouble({ token: TOKEN, ...options });
  apiUrl = await slack.listen();
}
beforeEach(() => start());
afterEach(() => slack.close());

const activities = () =>
  createIncidentActivities({
    secrets: secretsOf({ SLACK: TOKEN, BELAY_BUTTON_KEY: KEY }),
    evidence: { create: never, read: never, reference: never, list: never },
    log: (fields, message) => logged.push({ ...fields, message }),
    env: { BELAY_SLACK_API_URL: apiUrl },
    pace: () => Promise.resolve(),
  });

function never(): never {
  throw new Error('not part of this');
}

async function show(
  view: Partial<IncidentView> = {},
  {
    root,
    info,
    channel = CHANNEL,
    name = 'incidents',
  }: { root?: RootMessage | undefined; info?: Partial<Info>; channel?: Channel; name?: string } = {},
): Promise<RootMessage | undefined> {
  const input = { channelName: name, channel, view: incident(view), ...(root && { root }) };
  return (await inActivity(activities().showIncident, input, info)).root;
}

async function posted(): Promise<RootMessage> {
  const root = await show();
  if (!root) throw new Error('nothing was posted');
  return root;
}

const reply = (root: RootMessage, key: string, info: Partial<Info> = {}, count = 2) =>
  inActivity(
    activities().postTimeline,
    { channelName: 'incidents', channel: CHANNEL, root, key, entries: entries(count) },
    info,
  );

describe('the message of an incident', () => {
  test('is posted once and then edited in place', async () => {
    const root = await posted();
    expect(root).toEqual({ channelName: 'incidents', channel: 'C0BELAYINC', ts: slack.messages()[0]?.ts });
    expect(await show({ phase: 'acknowledged', owner: 'ada' }, { root })).toEqual(root);
    expect(slack.messages()).toEqual([
      expect.objectContaining({ ts: root.ts, text: '[P1] acknowledged: Checkout is down', edited: true }),
    ]);
  });

  test('editing with what stands there already is no error', async () => {
    const root = await posted();
    expect(await show({}, { root })).toEqual(root);
    expect(await show({}, { root, info: { attempt: 2 } })).toEqual(root);
    expect(slack.messages()).toHaveLength(1);
  });

  test('comes once although its answer was lost', async () => {
    slack.fail({ with: 'lost', method: 'chat.postMessage' });
    await expect(show()).rejects.toMatchObject({ type: 'SlackUnavailable', nonRetryable: false });
    expect(await show({}, { info: { attempt: 2 } })).toMatchObject({ ts: slack.messages()[0]?.ts });
    expect(slack.messages()).toHaveLength(1);
  });

  test('another run of the same incident id has a message of its own', async () => {
    await posted();
    const root = await show({ openedAt: incident().openedAt + 60_000 }, { info: { attempt: 2 } });
    expect(slack.messages()).toHaveLength(2);
    expect(root?.ts).toBe(slack.messages()[1]?.ts);
  });

  test('an edit whose answer was lost is done again', async () => {
    const root = await posted();
    slack.fail({ with: 'lost', method: 'chat.update' });
    await expect(show({ phase: 'resolved' }, { root })).rejects.toMatchObject({ type: 'SlackUnavailable' });
    expect(await show({ phase: 'resolved' }, { root, info: { attempt: 2 } })).toEqual(root);
    expect(slack.messages()).toHaveLength(1);
  });

  test('is posted anew when somebody deleted it, once', async () => {
    const root = await posted();
    slack.remove(root.channel, root.ts);
    slack.fail({ with: 'lost', method: 'chat.postMessage' });
    await expect(show({}, { root })).rejects.toMatchObject({ type: 'SlackUnavailable' });
    const again = await show({}, { root, info: { attempt: 2 } });
    expect(slack.messages()).toHaveLength(1);
    expect(again).toEqual({ ...root, ts: slack.messages()[0]?.ts });
    expect(again?.ts).not.toBe(root.ts);
  });

  test.each(['cant_update_message', 'edit_window_closed'])('is posted anew after %s', async (code) => {
    const root = await posted();
    slack.fail({ with: code, method: 'chat.update' });
    expect((await show({}, { root }))?.ts).not.toBe(root.ts);
    expect(slack.messages()).toHaveLength(2);
  });

  test('one that cannot be edited is not taken for its successor', async () => {
    const root = await posted();
    slack.fail({ with: 'cant_update_message', method: 'chat.update' });
    const again = await show({}, { root, info: { attempt: 2 } });
    expect(again?.ts).not.toBe(root.ts);
    expect(slack.messages()).toHaveLength(2);
  });

  test.each([
    ['an old incident is looked for at once, though an activity has given up on it', 600_000, 1],
    ['a new one is not', 0, 2],
  ])('%s', async (_, age, count) => {
    const openedAt = Date.now() - age;
    await show({ openedAt });
    await show({ openedAt, phase: 'acknowledged' });
    expect(slack.messages()).toHaveLength(count);
    expect(slack.messages().at(-1)?.text).toBe('[P1] acknowledged: Checkout is down');
  });

  test('is posted anew in a channel of another name', async () => {
    const root = await posted();
    const channel: Channel = { ...CHANNEL, channel: 'G0BELAYSEC' };
    const moved = await show({}, { root, channel, name: 'security' });
    expect(moved).toMatchObject({ channelName: 'security', channel: 'G0BELAYSEC' });
    expect(slack.messages().map((message) => message.channel)).toEqual(['C0BELAYINC', 'G0BELAYSEC']);
  });

  test('a channel given by its name is edited by its id', async () => {
    const root = await show({}, { channel: { ...CHANNEL, channel: '#incidents' } });
    expect(root?.channel).toBe('C0BELAYINC');
    expect(await show({}, { root, channel: { ...CHANNEL, channel: '#incidents' } })).toEqual(root);
  });

  test.each<[string, object]>([
    ['rateLimited', { type: 'SlackRateLimited', nextRetryDelay: 7_000, nonRetryable: false }],
    ['serverError', { type: 'SlackUnavailable', nonRetryable: false }],
    [
      'not_in_channel',
      { type: 'SlackRefused', nonRetryable: true, message: expect.stringContaining('invite the bot') },
    ],
  ])('%s while editing', async (failure, expected) => {
    const root = await posted();
    slack.fail({ with: failure, method: 'chat.update', retryAfterSeconds: 7 });
    await expect(show({}, { root })).rejects.toMatchObject(expected);
    expect(slack.messages()).toHaveLength(1);
  });

  test('no failure carries a secret', async () => {
    for (const failure of ['invalid_auth', 'serverError', 'rateLimited', `weird ${TOKEN} ${KEY}`]) {
      slack.fail({ with: failure, method: 'chat.postMessage' });
      const everything = everythingOf(await show().catch((error: unknown) => error));
      expect(everything).toContain('Slack channel \\"incidents\\"');
      for (const secret of [TOKEN, KEY]) expect(everything).not.toContain(secret);
    }
  });

  test('elsewhere it is one line in the log', async () => {
    logged.length = 0;
    expect(await show({}, { channel: { type: 'log' } })).toBeUndefined();
    expect(logged).toEqual([expect.objectContaining({ incident: incident().incident, message: 'Checkout is down' })]);
    expect(slack.messages()).toEqual([]);
  });
});

describe('the thread', () => {
  test('gets the entries as one reply', async () => {
    const root = await posted();
    await reply(root, 'run-1/1-2');
    expect(slack.messages()[1]).toMatchObject({ channel: root.channel, thread_ts: root.ts });
    expect(JSON.stringify(slack.messages()[1]?.blocks).split('paged ada')).toHaveLength(3);
  });

  test('gets them once although the answer was lost', async () => {
    const root = await posted();
    slack.fail({ with: 'lost', method: 'chat.postMessage' });
    await expect(reply(root, 'run-1/1-2')).rejects.toMatchObject({ type: 'SlackUnavailable' });
    await reply(root, 'run-1/1-2', { attempt: 2 });
    expect(slack.messages()).toHaveLength(2);
    await reply(root, 'run-1/3-4', { attempt: 2 });
    expect(slack.messages()).toHaveLength(3);
  });

  test('goes on when somebody deleted its first message', async () => {
    const root = await posted();
    slack.remove(root.channel, root.ts);
    await reply(root, 'run-1/1-2', { attempt: 2 });
    expect(slack.messages()).toHaveLength(1);
  });

  test('in a private channel a retry looks as well', async () => {
    const root = await show({}, { channel: { ...CHANNEL, channel: 'G0BELAYSEC' } });
    if (!root) throw new Error('nothing was posted');
    slack.fail({ with: 'lost', method: 'chat.postMessage' });
    await expect(reply(root, 'k')).rejects.toMatchObject({ type: 'SlackUnavailable' });
    await reply(root, 'k', { attempt: 2 });
    expect(slack.messages()).toHaveLength(2);
  });
});
