import { describe, expect, test } from '@jest/globals';
import { createPagingActivities } from '../../../activities/paging/index.js';
import type { Channel } from '../../../systems/schema.js';
import { inActivity } from '../http/inActivity.js';
import { delivery, INCIDENT, page, secretsOf } from '../paging.js';

const lines: Record<string, unknown>[] = [];
const asked: string[] = [];

function activities() {
  lines.length = 0;
  asked.length = 0;
  return createPagingActivities({
    secrets: secretsOf({}),
    log: (fields, message) => lines.push({ ...fields, message }),
    env: {},
    fetch: (url) => {
      asked.push(url);
      return Promise.reject(new Error('nobody there'));
    },
  });
}

const CHANNELS: Record<Channel['type'], Channel> = {
  slack: { type: 'slack', channel: 'C0BELAYOPS', token: 'env:NOT_SET' },
  pagerduty: { type: 'pagerduty', routingKey: 'env:NOT_SET' },
  mail: {
    type: 'mail',
    host: '127.0.0.1',
    port: 1,
    security: 'none',
    password: 'env:NOT_SET',
    user: 'u',
    from: 'b@x.example',
    to: [],
  },
  webhook: { type: 'webhook', url: 'http://127.0.0.1:1/', secret: 'env:NOT_SET' },
  statuspage: { type: 'statuspage', pageId: 'p', token: 'env:NOT_SET' },
  log: { type: 'log' },
};

describe('a page goes the way of its channel', () => {
  test.each(['slack', 'pagerduty', 'mail', 'webhook'] as const)('%s asks for its own secret', async (type) => {
    const given = delivery(CHANNELS[type], { person: { slack: 'U0ADA00001' } });
    await expect(inActivity(activities().sendPage, given)).rejects.toMatchObject({
      type: 'SecretUnresolved',
      nonRetryable: true,
      message: expect.stringContaining('NOT_SET'),
    });
  });

  test('the log gets one line', async () => {
    const { sendPage } = activities();
    expect(await inActivity(sendPage, delivery(CHANNELS.log, { pages: [page(), page({ title: 'Second' })] }))).toEqual(
      {},
    );
    expect(lines).toEqual([
      expect.objectContaining({
        channel: 'out',
        person: 'ada',
        message: 'Page for ada',
        pages: [expect.anything(), expect.objectContaining({ title: 'Second' })],
      }),
    ]);
  });

  test('a status page reaches no person', async () => {
    await expect(inActivity(activities().sendPage, delivery(CHANNELS.statuspage))).rejects.toMatchObject({
      type: 'ChannelRefused',
      nonRetryable: true,
      message: expect.stringContaining('give ada a contact'),
    });
  });
});

describe('settling', () => {
  const settle = (type: Channel['type']) =>
    inActivity(activities().settlePage, {
      system: 'shop',
      contact: delivery(CHANNELS[type]).contact,
      incident: INCIDENT,
      action: 'resolve' as const,
    });

  test.each(['slack', 'mail', 'webhook', 'log', 'statuspage'] as const)('%s has nothing to settle', async (type) => {
    await expect(settle(type)).resolves.toBeUndefined();
    expect(asked).toEqual([]);
  });

  test('PagerDuty has', async () => {
    await expect(settle('pagerduty')).rejects.toMatchObject({ type: 'SecretUnresolved' });
  });
});
