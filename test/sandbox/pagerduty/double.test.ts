import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createPagerdutyDouble, type PagerdutyDouble } from '../../../sandbox/pagerduty/index.js';

const KEY = '0123456789abcdef0123456789abcdef';
const OTHER_KEY = 'fedcba9876543210fedcba9876543210';
const TOKEN = 'u+rest-token';
let pagerduty: PagerdutyDouble;
let base = '';
beforeEach(async () => {
  pagerduty = createPagerdutyDouble({
    apiToken: TOKEN,
    services: [
      { id: 'PSERV01', name: 'Shop', routingKey: KEY, escalation: ['PADA001', 'PBEN001'] },
      { id: 'PSERV02', name: 'Bank', routingKey: OTHER_KEY, escalation: [] },
    ],
    users: [
      { id: 'PADA001', name: 'Ada', email: 'ada@example.com' },
      { id: 'PBEN001', name: 'Ben', email: 'ben@example.com' },
    ],
    oncalls: [
      { schedule: 'PDAY001', user: 'PADA001' },
      { schedule: 'PSHIFT1', user: 'PADA001', start: '2026-11-21T08:00:00Z', end: '2026-11-21T20:00:00Z' },
      { schedule: 'PSHIFT1', user: 'PBEN001', start: '2026-11-21T20:00:00Z', end: '2026-11-22T08:00:00Z' },
    ],
  });
  base = await pagerduty.listen();
});
afterEach(() => pagerduty.close());

const payload = { summary: 'Down', source: 'shop', severity: 'critical' };
const trigger = (more: object = {}) => ({
  routing_key: KEY,
  event_action: 'trigger',
  dedup_key: 'k1',
  payload,
  ...more,
});
const settle = (event_action: string, more: object = {}) => ({
  routing_key: KEY,
  event_action,
  dedup_key: 'k1',
  ...more,
});

async function enqueue(body: unknown, type = 'application/json') {
  const response = await fetch(`${base}/v2/enqueue`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    answer: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

describe('the Events API refuses', () => {
  test.each<[string, unknown, string]>([
    ['no JSON', '{', 'JSON is invalid'],
    ['no routing key', { ...trigger(), routing_key: undefined }, "'routing_key' is missing"],
    ['a short routing key', trigger({ routing_key: 'abc' }), '32 characters'],
    ['an unknown routing key', trigger({ routing_key: 'f'.repeat(32) }), 'not that of an integration'],
    ['an unknown action', trigger({ event_action: 'close' }), "'event_action' is invalid"],
    ['no payload', { ...trigger(), payload: undefined }, 'payload'],
    ['no summary', trigger({ payload: { ...payload, summary: undefined } }), "'payload.summary' is missing"],
    ['a blank summary', trigger({ payload: { ...payload, summary: ' ' } }), "'payload.summary' is blank"],
    ['a long summary', trigger({ payload: { ...payload, summary: 's'.repeat(1_025) } }), '1024 characters'],
    ['no source', trigger({ payload: { ...payload, source: undefined } }), "'payload.source' is missing"],
    ['an unknown severity', trigger({ payload: { ...payload, severity: 'P1' } }), "'payload.severity' is invalid"],
    ['a strange time', trigger({ payload: { ...payload, timestamp: 'yesterday' } }), "'payload.timestamp' is invalid"],
    ['a long key', trigger({ dedup_key: 'k'.repeat(256) }), '255 characters'],
    ['resolve without a key', settle('resolve', { dedup_key: undefined }), 'dedup_key'],
    ['a link without address', trigger({ links: [{ text: 'x' }] }), 'links.0.href'],
    ['an image by http', trigger({ images: [{ src: 'http://x.example/i.png' }] }), 'images.0.src'],
    ['an unknown field', trigger({ colour: 'red' }), 'colour'],
  ])('%s', async (_, body, problem) => {
    const { status, answer } = await enqueue(body);
    expect(status).toBe(400);
    expect(answer).toMatchObject({ status: 'invalid event', message: 'Event object is invalid' });
    expect(String(answer['errors'])).toContain(problem);
    expect(pagerduty.incidents()).toEqual([]);
  });

  test('a body without its type, and one above 512 KB', async () => {
    expect((await enqueue(trigger(), 'text/plain')).status).toBe(400);
    const details = { big: 'x'.repeat(513 * 1024) };
    expect((await enqueue(trigger({ payload: { ...payload, custom_details: details } }))).status).toBe(413);
  });

  test('the 121st event of a minute, until the wait it names', async () => {
    for (let n = 0; n < 120; n++) await enqueue(trigger());
    const { status, headers } = await enqueue(trigger());
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await enqueue(trigger({ routing_key: OTHER_KEY }))).status).toBe(202);
  });
});

describe('the Events API', () => {
  const states = () =>
    pagerduty.incidents().map(({ incident_key, status, service }) => [incident_key, status, service]);

  test('keeps one open alert per key and integration', async () => {
    const { status, answer } = await enqueue(trigger());
    expect({ status, answer }).toEqual({
      status: 202,
      answer: { status: 'success', message: 'Event processed', dedup_key: 'k1' },
    });
    await enqueue(trigger());
    await enqueue(trigger({ routing_key: OTHER_KEY }));
    expect(states()).toEqual([
      ['k1', 'triggered', 'PSERV01'],
      ['k1', 'triggered', 'PSERV02'],
    ]);
    expect(pagerduty.incidents()[0]?.notified).toEqual(['PADA001']);
    await enqueue(settle('acknowledge'));
    await enqueue(trigger());
    expect(states()[0]).toEqual(['k1', 'acknowledged', 'PSERV01']);
    await enqueue(settle('resolve'));
    await enqueue(settle('acknowledge'));
    await enqueue(trigger());
    expect(states()).toEqual([
      ['k1', 'resolved', 'PSERV01'],
      ['k1', 'triggered', 'PSERV02'],
      ['k1', 'triggered', 'PSERV01'],
    ]);
  });

  test('accepts what settles nothing, and makes a key where none is given', async () => {
    expect((await enqueue(settle('resolve'))).status).toBe(202);
    expect(pagerduty.incidents()).toEqual([]);
    const { answer } = await enqueue({ ...trigger(), dedup_key: undefined });
    expect(answer['dedup_key']).toMatch(/^[0-9a-f]{32}$/);
  });

  test('a lost answer was obeyed, a failure was not', async () => {
    pagerduty.fail({ with: 'lost' });
    await expect(enqueue(trigger())).rejects.toThrow('fetch failed');
    expect(pagerduty.incidents()).toHaveLength(1);
    pagerduty.fail({ with: 503 });
    expect((await enqueue(trigger({ dedup_key: 'k2' }))).status).toBe(503);
    expect(pagerduty.incidents()).toHaveLength(1);
  });
});

describe('the REST API', () => {
  const KEYED = { authorization: `Token token=${TOKEN}`, accept: 'application/vnd.pagerduty+json;version=2' };
  const get = async (path: string, headers: Record<string, string> = KEYED) => {
    const response = await fetch(`${base}${path}`, { headers });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };

  test.each<[number, string, string, Record<string, string>]>([
    [401, 'no token', '/oncalls', { accept: KEYED.accept }],
    [401, 'another token', '/oncalls', { ...KEYED, authorization: 'Token token=x' }],
    [401, 'another scheme', '/oncalls', { ...KEYED, authorization: `Bearer ${TOKEN}` }],
    [406, 'another version', '/oncalls', { ...KEYED, accept: 'text/html' }],
    [404, 'another path', '/schedules', KEYED],
    [404, 'an unknown user', '/users/PNOBODY', KEYED],
    [400, 'an unknown parameter', '/oncalls?schedule=PDAY001', KEYED],
    [400, 'a page that is too long', '/oncalls?limit=101', KEYED],
    [400, 'a strange time', '/oncalls?since=now', KEYED],
  ])('%i for %s', async (status, _, path, headers) => {
    expect((await get(path, headers)).status).toBe(status);
  });

  test.each([
    ['schedule_ids[]=PDAY001', ['PADA001']],
    ['schedule_ids[]=PNONE01', []],
    ['schedule_ids[]=PSHIFT1&since=2026-11-21T10:00:00Z&until=2026-11-21T10:00:01Z', ['PADA001']],
    ['schedule_ids[]=PSHIFT1&since=2026-11-21T20:00:00Z&until=2026-11-21T20:00:01Z', ['PBEN001']],
    ['schedule_ids[]=PSHIFT1&since=2026-11-21T10:00:00Z&until=2026-11-21T21:00:00Z', ['PADA001', 'PBEN001']],
    ['user_ids[]=PADA001&schedule_ids[]=PDAY001', ['PADA001']],
  ])('on call by %s', async (query, expected) => {
    const { status, answer } = await get(`/oncalls?${query}`);
    expect(status).toBe(200);
    expect(answer).toMatchObject({ offset: 0, more: false, total: null });
    expect((answer['oncalls'] as { user: { id: string } }[]).map(({ user }) => user.id)).toEqual(expected);
  });

  test('users are references unless included, and lists have pages', async () => {
    const short = (await get('/oncalls?schedule_ids[]=PDAY001')).answer['oncalls'];
    expect(short).toMatchObject([{ user: { id: 'PADA001', type: 'user_reference', summary: 'Ada' } }]);
    expect(JSON.stringify(short)).not.toContain('ada@example.com');
    const whole = (await get('/oncalls?schedule_ids[]=PDAY001&include[]=users')).answer['oncalls'];
    expect(whole).toMatchObject([{ user: { type: 'user', email: 'ada@example.com' } }]);
    expect((await get('/users?limit=1')).answer).toMatchObject({ users: [{ id: 'PADA001' }], limit: 1, more: true });
    expect((await get('/users?limit=1&offset=1')).answer).toMatchObject({ users: [{ id: 'PBEN001' }], more: false });
    expect((await get('/users/PBEN001')).answer).toMatchObject({ user: { name: 'Ben', email: 'ben@example.com' } });
  });
});

describe('control from another process', () => {
  const control = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${base}/_sandbox/${path}`, {
      ...{ method, headers: { 'content-type': 'application/json' } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, answer: await response.json() };
  };

  test('shows, acts, fails, resets', async () => {
    await enqueue(trigger());
    expect((await control('POST', 'act', { incident: 'k1', action: 'escalate', user: 'PADA001' })).status).toBe(200);
    const { answer } = await control('GET', 'incidents');
    expect(answer).toMatchObject([{ status: 'triggered', assignees: ['PBEN001'], notified: ['PADA001', 'PBEN001'] }]);
    await control('POST', 'fail', { with: 500 });
    expect((await enqueue(trigger())).status).toBe(500);
    await control('POST', 'oncalls', [{ schedule: 'PDAY001', user: 'PBEN001' }]);
    await control('POST', 'reset');
    expect((await control('GET', 'incidents')).answer).toEqual([]);
    expect((await control('GET', 'events')).answer).toEqual([]);
  });

  test.each([
    [404, 'GET', 'nothing', undefined],
    [400, 'POST', 'fail', { with: 'magic' }],
    [400, 'POST', 'act', { incident: 'none', action: 'resolve', user: 'PADA001' }],
    [400, 'POST', 'subscribe', { url: 'nowhere' }],
  ])('%i for %s %s %j', async (status, method, path, body) => {
    expect((await control(method, path, body)).status).toBe(status);
  });
});
