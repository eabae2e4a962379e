import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../../activities/kubernetes/api/apiError.js';
import type { Call } from '../../../../activities/kubernetes/api/clients.js';
import { LOG_BYTES, readLog } from '../../../../activities/kubernetes/emergency/evidence/logs.js';
import { Cluster } from '../../../../activities/kubernetes/emergency/place.js';

const log = { pod: 'web-1', node: 'a', container: 'app', previous: true, file: 'logs/web-1/app.previous.log' };

/** Reads a log that the API server answers so. */
function reading(answer: (query: Call['query']) => string, hide = (text: string) => text) {
  const calls: Call[] = [];
  const clients = {
    context: 'test',
    call: () => Promise.reject(new Error('not asked')),
    stream: () => Promise.reject(new Error('not asked')),
    text: async (call: Call) => {
      calls.push(call);
      return answer(call.query);
    },
  };
  const cluster = new Cluster({ namespace: 'prod' }, clients, new AbortController().signal);
  return { calls, text: readLog(cluster, log, hide) };
}

const refused = (status: number, message: string) => (): string => {
  throw new ApiError(status, '', message, { method: 'GET', path: '/' });
};

describe('readLog', () => {
  test('asks for the last lines with their times', async () => {
    const { calls, text } = reading(() => 'one\ntwo\n');
    expect(await text).toBe('one\ntwo\n');
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      path: '/api/v1/namespaces/prod/pods/web-1/log',
      query: { container: 'app', tailLines: 200, timestamps: true, previous: true },
    });
  });

  test('cuts the front, at a line, and hides before it cuts', async () => {
    const lines = `${'x'.repeat(999)}\n`.repeat(100);
    const text = await reading(
      () => `SECRET${lines}`,
      (whole) => whole.replace('SECRET', ''),
    ).text;
    expect(text).toMatch(/^x{999}\n/);
    expect(Buffer.byteLength(text ?? '')).toBe(65_000);
  });

  test('a line that is longer than all is cut anywhere, at a character', async () => {
    const text = (await reading(() => 'é'.repeat(LOG_BYTES)).text) ?? '';
    expect(text).toMatch(/^é+$/);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LOG_BYTES);
  });

  test('asks for fewer lines when the server cut the newest ones off, and drops the half line', async () => {
    const huge = `${'x'.repeat(1024 * 1024 - 6)}\nhalf!`;
    const { calls, text } = reading((query) => (query?.['tailLines'] === 200 ? huge : 'the newest\n'));
    expect(await text).toBe('the newest\n');
    expect(calls.map((call) => call.query?.['tailLines'])).toEqual([200, 10]);
    const still = (await reading(() => huge).text) ?? '';
    expect(still).not.toContain('half');
  });

  test.each([
    ['previous terminated container "app" in pod "web-1" not found'],
    ['container "app" in pod "web-1" is waiting to start: ContainerCreating'],
  ])('a log that is not there is none: %s', async (message) => {
    expect(await reading(refused(400, message)).text).toBeUndefined();
  });

  test.each([
    [404, 'pods "web-1" not found'],
    [403, 'pods "web-1" is forbidden'],
    [0, 'no answer within 5 s'],
  ])('anything else is thrown: %i', async (status, message) => {
    await expect(reading(refused(status, message)).text).rejects.toThrow(message);
  });
});
