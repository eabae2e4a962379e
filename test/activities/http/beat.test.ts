import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createHttpActivities } from '../../../activities/http/index.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import { inActivity } from './inActivity.js';
import { serve, type Served } from './serve.js';

const KEY = 'kept-secret-0c1d2e3f';
let monitor: Served;
let status = 200;
const seen: string[] = [];
const env: Record<string, string | undefined> = {};

beforeAll(async () => {
  monitor = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end('ok');
  });
  env['BEAT'] = `${monitor.url}/${KEY}`;
});
afterAll(() => monitor.close());

const { beatOutside } = createHttpActivities({
  secrets: createSecretResolver({ env, readFile: () => Promise.reject(new Error('no files')) }),
});
const beat = (url = 'env:BEAT') => inActivity(beatOutside, { url });

describe('the heartbeat', () => {
  test('is one GET of the URL behind the reference', async () => {
    status = 200;
    await beat();
    expect(seen).toEqual([`GET /${KEY}`]);
  });

  test.each([
    [404, 'HeartbeatRefused', true],
    [302, 'HeartbeatRefused', true],
    [500, 'HeartbeatUnanswered', false],
    [429, 'HeartbeatUnanswered', false],
  ])('%i is %s', async (code, type, nonRetryable) => {
    status = code;
    const failure: unknown = await beat().catch((error: unknown) => error);
    expect(failure).toMatchObject({ type, nonRetryable, message: expect.stringContaining('env:BEAT') });
    expect((failure as Error).message).not.toContain(KEY);
  });

  test('a monitor that is away is tried again, and its URL is in no message', async () => {
    const away = await serve(() => undefined);
    env['AWAY'] = `${away.url}/${KEY}`;
    await away.close();
    const failure: unknown = await beat('env:AWAY').catch((error: unknown) => error);
    expect(failure).toMatchObject({ type: 'HeartbeatUnanswered', nonRetryable: false });
    expect((failure as Error).message).not.toContain(KEY);
  });

  test.each(['file://x', 'nonsense', 'ftp://127.0.0.1/x'])('%s behind the reference is final', async (url) => {
    env['WRONG'] = url;
    await expect(beat('env:WRONG')).rejects.toMatchObject({ type: 'HeartbeatRefused', nonRetryable: true });
  });
});
