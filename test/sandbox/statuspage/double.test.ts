import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createStatuspageDouble, type StatuspageDouble } from '../../../sandbox/statuspage/index.js';
import { RateLimit } from '../../../sandbox/statuspage/rateLimit.js';

const TOKEN = '0123456789abcdef';
let page: StatuspageDouble;
let base = '';
beforeEach(async () => {
  page = createStatuspageDouble({ token: TOKEN, pageId: 'p1', components: ['app', 'api'] });
  base = await page.listen();
});
afterEach(() => page.close());

type Headers = Record<string, string>;
const KEY: Headers = { authorization: `OAuth ${TOKEN}` };
const JSON_TYPE: Headers = { 'content-type': 'application/json' };

async function call(method: string, path: string, body?: unknown, headers: Headers = { ...KEY, ...JSON_TYPE }) {
  const response = await fetch(`${base}${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, answer, headers: response.headers };
}
const post = (incident: object) => call('POST', '/pages/p1/incidents', { incident });

describe('the Statuspage double refuses', () => {
  const fine = { incident: { name: 'Down' } };
  test.each<[number, string, string, string, unknown, Headers | undefined]>([
    [401, 'no key', 'GET', '/pages/p1/incidents', undefined, {}],
    [401, 'another key', 'GET', '/pages/p1/incidents', undefined, { authorization: 'OAuth other' }],
    [401, 'another scheme', 'GET', '/pages/p1/incidents', undefined, { authorization: `Bearer ${TOKEN}` }],
    [404, 'another page', 'GET', '/pages/p2/incidents', undefined, undefined],
    [404, 'another path', 'GET', '/pages/p1/incident', undefined, undefined],
    [404, 'an unknown incident', 'GET', '/pages/p1/incidents/none', undefined, undefined],
    [404, 'a change of an unknown incident', 'PATCH', '/pages/p1/incidents/none', { incident: {} }, undefined],
    [405, 'PUT', 'PUT', '/pages/p1/incidents/none', fine, undefined],
    [405, 'POST to an incident', 'POST', '/pages/p1/incidents/none', fine, undefined],
    [405, 'PATCH of the list', 'PATCH', '/pages/p1/incidents', fine, undefined],
    [400, 'a strange parameter', 'GET', '/pages/p1/incidents/unresolved?limit=1', undefined, undefined],
    [400, 'a strange value', 'GET', '/pages/p1/incidents?limit=0', undefined, undefined],
    [415, 'a body without its type', 'POST', '/pages/p1/incidents', 'incident[name]=x', KEY],
    [400, 'no JSON', 'POST', '/pages/p1/incidents', '{', undefined],
    [422, 'no incident', 'POST', '/pages/p1/incidents', {}, undefined],
  ])('%i for %s', async (expected, _, method, path, body, headers) => {
    const { status, answer } = await call(method, path, body, headers);
    expect(status).toBe(expected);
    expect(answer['error']).toBeTruthy();
    expect(page.incidents()).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['no name', { status: 'resolved' }, 'incident.name'],
    ['an empty name', { name: ' ' }, "incident.name can't be blank"],
    ['a long name', { name: 'x'.repeat(256) }, 'incident.name is too long'],
    ['a long body', { name: 'x', body: 'x'.repeat(25_001) }, 'incident.body is too long'],
    ['an unknown status', { name: 'x', status: 'broken' }, 'incident.status'],
    ['a status of maintenance', { name: 'x', status: 'in_progress' }, 'incident.status'],
    ['an unknown impact', { name: 'x', impact_override: 'huge' }, 'incident.impact_override'],
    ['flat metadata', { name: 'x', metadata: { belay: 'text' } }, 'incident.metadata.belay'],
    ['an unknown component', { name: 'x', component_ids: ['db'] }, 'component db is not one of this page'],
    ['a status of an unknown component', { name: 'x', components: { db: 'operational' } }, 'component db'],
    ['an unknown status of a component', { name: 'x', components: { app: 'dead' } }, 'incident.components.app'],
    ['an unknown field', { name: 'x', message: 'y' }, 'message'],
  ])('422 for %s', async (_, incident, problem) => {
    const { status, answer } = await post(incident);
    expect(status).toBe(422);
    expect(String(answer['error'])).toContain(problem);
    expect(page.incidents()).toEqual([]);
    expect(page.components().map((component) => component.status)).toEqual(['operational', 'operational']);
  });
});

describe('the Statuspage double does what Statuspage does', () => {
  test('an incident from its opening to its end', async () => {
    const opened = await post({
      ...{ name: 'Down', body: 'Looking.', metadata: { x: { y: 1 } } },
      ...{ components: { app: 'partial_outage' }, component_ids: ['app'] },
    });
    expect(opened.status).toBe(201);
    expect(opened.answer).toMatchObject({
      ...{ page_id: 'p1', name: 'Down', status: 'investigating', impact: 'major', resolved_at: null },
      metadata: { x: { y: 1 } },
      components: [{ id: 'app', status: 'partial_outage' }],
    });
    const id = String(opened.answer['id']);
    const changed = await call('PATCH', `/pages/p1/incidents/${id}.json`, {
      incident: { status: 'resolved', body: 'Done.', components: { app: 'operational' }, deliver_notifications: false },
    });
    expect(changed.status).toBe(200);
    expect(changed.answer).toMatchObject({
      ...{ id, status: 'resolved', impact: 'major', resolved_at: expect.any(String) },
      incident_updates: [
        {
          ...{ status: 'resolved', body: 'Done.', deliver_notifications: false },
          affected_components: [{ code: 'app', old_status: 'partial_outage', new_status: 'operational' }],
        },
        { status: 'investigating', body: 'Looking.', deliver_notifications: true },
      ],
    });
    expect((await call('GET', `/pages/p1/incidents/${id}`)).answer).toEqual(changed.answer);
  });

  test('lists are newest first, in pages, and the unresolved ones apart', async () => {
    for (const name of ['one', 'two', 'three'])
      await post({ name, status: name === 'two' ? 'resolved' : 'identified' });
    const names = async (path: string) =>
      ((await call('GET', path)).answer as unknown as { name: string }[]).map(({ name }) => name);
    expect(await names('/pages/p1/incidents')).toEqual(['three', 'two', 'one']);
    expect(await names('/pages/p1/incidents/unresolved')).toEqual(['three', 'one']);
    expect(await names('/pages/p1/incidents?limit=2&page=2')).toEqual(['one']);
    expect(await names('/pages/p1/incidents/unresolved.json?per_page=1')).toEqual(['three']);
  });

  test('a change without status and text makes no update', async () => {
    const { answer } = await post({ name: 'x' });
    const path = `/pages/p1/incidents/${String(answer['id'])}`;
    await call('PATCH', path, { incident: { metadata: { a: {} }, impact_override: 'minor' } });
    expect(page.incidents()[0]).toMatchObject({ metadata: { a: {} }, impact: 'minor', name: 'x' });
    expect(page.incidents()[0]?.incident_updates).toHaveLength(1);
  });

  test('more than 60 requests a minute are too many', async () => {
    const statuses = [];
    for (let i = 0; i < 61; i++) statuses.push((await call('GET', '/pages/p1/incidents')).status);
    expect(statuses.slice(0, 60)).toEqual(Array.from({ length: 60 }, () => 200));
    const limited = await call('GET', '/pages/p1/incidents');
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(statuses[60]).toBe(429);
  });

  test('fails on demand and shows what it holds through its control endpoints', async () => {
    const control = async (path: string, body?: object) =>
      fetch(new URL(path, base), body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) });
    await control('/_sandbox/fail', { with: 420, next: 2, retryAfter: '7' });
    for (let i = 0; i < 2; i++) {
      const limited = await call('GET', '/pages/p1/incidents');
      expect([limited.status, limited.headers.get('retry-after')]).toEqual([420, '7']);
    }
    await post({ name: 'x', components: { api: 'major_outage' } });
    const shown = async (path: string) => (await control(path)).json();
    expect(await shown('/_sandbox/incidents')).toEqual(page.incidents());
    expect(await shown('/_sandbox/components')).toEqual([
      { id: 'app', name: 'app', status: 'operational' },
      { id: 'api', name: 'api', status: 'major_outage' },
    ]);
    expect(await shown('/_sandbox/calls')).toEqual([
      'GET /v1/pages/p1/incidents',
      'GET /v1/pages/p1/incidents',
      'POST /v1/pages/p1/incidents',
    ]);
    await control('/_sandbox/reset', {});
    expect([page.incidents(), page.calls(), page.components()[1]?.status]).toEqual([[], [], 'operational']);
    expect((await control('/_sandbox/fail', { with: 'nonsense' })).status).toBe(400);
    expect((await control('/_sandbox/nothing', {})).status).toBe(404);
  });
});

test('the rate is counted over a rolling minute, and refused requests do not count', () => {
  const rate = new RateLimit(2);
  expect([rate.take(0), rate.take(10_000), rate.take(20_000), rate.take(59_999)]).toEqual([
    undefined,
    undefined,
    40,
    1,
  ]);
  expect([rate.take(60_000), rate.take(60_000), rate.take(70_000)]).toEqual([undefined, 10, undefined]);
});
