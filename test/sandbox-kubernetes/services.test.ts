import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fixture, SANDBOX_MS, until, type Fixture } from './support.js';

let f: Fixture;

beforeAll(async () => {
  f = await fixture();
  await f.deploy({ web: '2.0' }, { replicas: 2 });
  await f.deploy({ broken: '2.1-5xx', some: '2.2-err25', late: '2.3-slowhttp300', never: '2.4-notready' });
  await f.deploy({ busy: '2.5' }, { trafficRps: 40 });
}, SANDBOX_MS);

afterAll(() => f?.cluster.core.deleteNamespace({ name: f.namespace }));

interface Reply {
  status: number;
  pod: string | null;
  body: Record<string, string>;
}

async function ask(service: string, path = '/health'): Promise<Reply> {
  const response = await fetch(`${f.servicesUrl}/${f.namespace}/${service}${path}`);
  const body = (await response.json()) as Record<string, string>;
  return { status: response.status, pod: response.headers.get('x-pod'), body };
}

function served(service: string): Promise<Reply> {
  return until(`${service} has endpoints`, async () => {
    const reply = await ask(service);
    return reply.status !== 503 && reply.status !== 404 && reply;
  });
}

test('a service answers as its ready pods in turn, under any path', async () => {
  const pods = await until('both pods answer', async () => {
    const replies = [await ask('web'), await ask('web', '/api/v1/things?x=1')];
    const names = new Set(replies.map(({ pod }) => pod));
    return replies.every(({ status }) => status === 200) && names.size === 2 && replies;
  });
  expect(pods[0]?.body).toEqual({ status: 'healthy', service: 'web', version: '2.0', pod: pods[0]?.pod });
});

test('a service without ready pods answers 503, an unknown one 404', async () => {
  await until('the service exists', async () => (await ask('never')).status === 503);
  expect((await ask('never')).body).toMatchObject({ error: 'no ready endpoints' });
  expect((await ask('nobody')).status).toBe(404);
});

test('-5xx fails always', async () => {
  expect(await served('broken')).toMatchObject({ status: 500, body: { version: '2.1-5xx', status: 'error' } });
});

test('-err<P> fails P requests of a hundred', async () => {
  await served('some');
  let failed = 0;
  for (let i = 0; i < 40; i++) failed += (await ask('some')).status === 500 ? 1 : 0;
  expect(failed).toBe(10);
});

test('-slowhttp<ms> answers late', async () => {
  await served('late');
  const started = performance.now();
  expect((await ask('late')).status).toBe(200);
  // Timers may fire a millisecond early.
  expect(performance.now() - started).toBeGreaterThan(295);
});

test('metrics count requests by pod, version and status; traffic comes by label', async () => {
  await served('broken');
  const line = (service: string): RegExp =>
    new RegExp(
      `^http_requests_total\\{namespace="${f.namespace}",service="${service}",pod="${service}-[^"]+",version="([^"]+)",status="(\\d+)"\\} (\\d+)$`,
      'm',
    );
  const page = await until('traffic', async () => {
    const text = await (await fetch(`${f.servicesUrl}/metrics`)).text();
    return Number(line('busy').exec(text)?.[3]) >= 40 && text;
  });
  expect(line('busy').exec(page)?.slice(1, 3)).toEqual(['2.5', '200']);
  expect(line('broken').exec(page)?.slice(1, 3)).toEqual(['2.1-5xx', '500']);
  expect(page).toContain(`http_request_duration_seconds_bucket{le="0.005",namespace="${f.namespace}",service="busy"`);
});

test('a pod that is being replaced no longer answers', async () => {
  await f.deploy({ web: '3.0' }, { replicas: 2 });
  await until('only the new version answers', async () => {
    const replies = await Promise.all([ask('web'), ask('web'), ask('web'), ask('web')]);
    return replies.every(({ body }) => body['version'] === '3.0');
  });
});
