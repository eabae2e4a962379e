import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Info } from '@temporalio/activity';
import { createPagingActivities } from '../../../activities/paging/index.js';
import type { Channel } from '../../../systems/schema.js';
import { createSlackDouble, type SlackDouble, type SlackDoubleOptions } from '../../../sandbox/slack/index.js';
import { inActivity } from '../http/inActivity.js';
import { delivery, everythingOf, page, secretsOf } from '../paging.js';

const TOKEN = 'xoxb-0000-secret-of-the-pager';
const KEY = 'key-of-the-buttons-0123456789abcdef';
const ADA = 'U0ADA00001';
let slack: SlackDouble;
let apiUrl: string;

async function start(options: Partial<SlackDoubleOptions> = {}): Promise<void> {
  slack = createSlackDouble({ token: TOKEN, ...options });
  apiUrl = await slack.listen();
}
beforeEach(() => start());
afterEach(() => slack.close());

interface Given {
  slackId?: string | null;
  env?: Record<string, string>;
  info?: Partial<Info>;
  key?: string;
  channel?: Partial<Extract<Channel, { type: 'slack' }>>;
}

function send({ slackId = ADA, env = {}, info, key = 'pager/shop/ada/1', channel }: Given = {}) {
  const { sendPage } = createPagingActivities({
    secrets: secretsOf({ SLACK: TOKEN, BELAY_BUTTON_KEY: KEY, ...env }),
    log: () => undefined,
    env: { BELAY_SLACK_API_URL: apiUrl },
  });
  const target: Channel = { type: 'slack', channel: 'C0BELAYOPS', token: 'env:SLACK', ...channel };
  return inActivity(
    sendPage,
    delivery(target, { key, pages: [page()], person: slackId ? { slack: slackId } : {} }),
    info,
  );
}

describe('a page through Slack', () => {
  test('is a direct message with buttons', async () => {
    const { reference } = await send();
    const [message, ...others] = slack.messages();
    expect(others).toEqual([]);
    expect(reference).toBe(`D0${ADA}/${message?.ts}`);
    expect(message).toMatchObject({
      channel: `D0${ADA}`,
      text: '[P1] Checkout is down',
      metadata: { event_type: 'belay_page', event_payload: { key: 'pager/shop/ada/1' } },
    });
    expect(JSON.stringify(message?.blocks)).toContain('incident_acknowledge');
    expect(JSON.stringify(message?.blocks)).not.toContain(KEY);
  });

  test('arrives without buttons when there is no key', async () => {
    await send({ env: { BELAY_BUTTON_KEY: '' } });
    expect(JSON.stringify(slack.messages())).toContain('belay incident ack');
    expect(JSON.stringify(slack.messages())).not.toContain('incident_acknowledge');
  });

  test('comes once although its answer was lost', async () => {
    slack.fail({ with: 'lost', method: 'chat.postMessage' });
    await expect(send()).rejects.toMatchObject({ type: 'SlackUnavailable', nonRetryable: false });
    expect(slack.messages()).toHaveLength(1);
    const again = await send({ info: { attempt: 2 } });
    expect(again.reference).toBe(`D0${ADA}/${slack.messages()[0]?.ts}`);
    expect(slack.messages()).toHaveLength(1);
    await send({ info: { attempt: 2 }, key: 'pager/shop/ada/2' });
    expect(slack.messages()).toHaveLength(2);
  });

  test.each([[['chat:write']], [['chat:write', 'im:write']]])(
    'with the scopes %j alone a retry sends it all the same',
    async (scopes) => {
      await slack.close();
      await start({ scopes });
      await expect(send({ info: { attempt: 2 } })).resolves.toMatchObject({ reference: expect.any(String) });
      expect(slack.messages()).toHaveLength(1);
    },
  );

  test('a rate limit is told with the time to wait', async () => {
    slack.fail({ with: 'rateLimited', retryAfterSeconds: 42, method: 'chat.postMessage' });
    await expect(send()).rejects.toMatchObject({
      type: 'SlackRateLimited',
      nextRetryDelay: 42_000,
      nonRetryable: false,
    });
    slack.fail({ with: 'message_limit_exceeded' });
    await expect(send()).rejects.toMatchObject({ type: 'SlackRateLimited', nextRetryDelay: 30_000 });
    expect(slack.messages()).toEqual([]);
  });

  test.each(['conversations.open', 'conversations.history'])(
    'a retry that %s has no room for sends it all the same',
    async (method) => {
      slack.fail({ with: 'rateLimited', method, retryAfterSeconds: 60 });
      await expect(send({ info: { attempt: 2 } })).resolves.toMatchObject({ reference: expect.any(String) });
      expect(slack.messages()).toHaveLength(1);
    },
  );

  test('a channel that is at its limit holds up no page', async () => {
    slack.fail({ with: 'rateLimited', channel: 'C0BELAYINC', next: 100 });
    await expect(send()).resolves.toMatchObject({ reference: expect.any(String) });
  });

  test.each<[string, Given, string]>([
    ['no member id', { slackId: null }, 'add people.ada.slack'],
    ['an id of nobody', { slackId: 'C0BELAYXXX' }, 'channel_not_found'],
    ['a wrong token', { env: { SLACK: 'xoxb-1111-another-secret' } }, 'invalid_auth: the token is wrong or revoked'],
  ])('%s is final and says what to do', async (_, given, message) => {
    await expect(send(given)).rejects.toMatchObject({
      type: 'SlackRefused',
      nonRetryable: true,
      message: expect.stringContaining(message),
    });
  });

  test('a missing scope is final and named', async () => {
    await slack.close();
    await start({ scopes: ['channels:history'] });
    await expect(send()).rejects.toMatchObject({
      type: 'SlackRefused',
      nonRetryable: true,
      message: expect.stringContaining('needed: chat:write'),
    });
  });

  test('a token that cannot be resolved is final', async () => {
    await expect(send({ channel: { token: 'env:NOT_SET' } })).rejects.toMatchObject({
      type: 'SecretUnresolved',
      nonRetryable: true,
    });
  });

  test('no failure carries a secret, not even in a cause or a stack', async () => {
    for (const failure of ['invalid_auth', 'serverError', 'rateLimited', 'lost', `weird ${TOKEN} ${KEY}`]) {
      slack.fail({ with: failure });
      const everything = everythingOf(await send().catch((error: unknown) => error));
      expect(everything).toContain('Slack message to ada');
      for (const secret of [TOKEN, KEY]) expect(everything).not.toContain(secret);
    }
  });
});
