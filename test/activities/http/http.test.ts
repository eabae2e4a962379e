import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CancelledFailure } from '@temporalio/common';
import { createHttpActivities } from '../../../activities/http/index.js';
import { createSecretResolver } from '../../../activities/secrets/resolver.js';
import type { ResolvedCheck } from '../../../activities/types.js';
import { environment, inActivity } from './inActivity.js';
import { serve, type Served } from './serve.js';

const secrets = createSecretResolver({
  env: { API_KEY: 'k3y-for-the-target' },
  readFile: () => Promise.reject(new Error('none')),
});
const { runHttpCheck } = createHttpActivities({ secrets });

let served: Served | undefined;
afterEach(async () => {
  await served?.close();
  served = undefined;
});

type Overrides = Partial<Omit<ResolvedCheck, 'expect'>> & { expect?: Partial<ResolvedCheck['expect']> };
async function run(handler: RequestListener, overrides: Overrides = {}, path = '/health') {
  served = await serve(handler);
  const { expect: expectation, ...rest } = overrides;
  const check: ResolvedCheck = {
    name: 'web',
    url: `${served.url}${path}`,
    path,
    method: 'GET',
    times: 1,
    attempts: 1,
    intervalSeconds: 0.01,
    timeoutSeconds: 5,
    expect: { status: [200], maxLatencyMs: 5_000, ...expectation },
    ...rest,
  };
  return inActivity(runHttpCheck, { check });
}

describe('runHttpCheck', () => {
  test('needs the passing answers in a row; one bad answer starts the row anew', async () => {
    const statuses = [503, 200, 200, 500, 200, 200, 200, 200];
    let calls = 0;
    const result = await run((_, res) => res.writeHead(statuses[calls++] ?? 418).end(), { times: 3, attempts: 10 });
    expect(result).toMatchObject({
      passed: true,
      tries: 7,
      lastStatus: 200,
      summary: '3 passing answers in a row, after 7 tries.',
    });
  });

  test('fails with what was expected and what came, bounded', async () => {
    const result = await run((_, res) => res.writeHead(503).end(`no backend ${'x'.repeat(10_000)}`), { attempts: 2 });
    expect(result).toMatchObject({ passed: false, tries: 2, lastStatus: 503 });
    expect(result.summary).toMatch(/^Not passed in 2 of 2 tries: expected status 200, got 503: "no backend x+…"\.$/);
    expect(result.summary.length).toBeLessThan(400);
  });

  test('stops when the tries that are left cannot make the row any more', async () => {
    const result = await run((_, res) => res.writeHead(500).end(), { times: 3, attempts: 4 });
    expect(result).toMatchObject({ passed: false, tries: 2 });
  });

  test.each<[string, Overrides['expect'], string, string | undefined]>([
    ['text that is there', { bodyIncludes: 'ready' }, 'all ready', undefined],
    ['text that is missing', { bodyIncludes: 'ready' }, 'starting', 'expected a body with "ready", got "starting"'],
    [
      'JSON that agrees',
      { json: { 'status.db.0.up': true, version: '1.4' } },
      '{"status":{"db":[{"up":true}]},"version":"1.4"}',
      undefined,
    ],
    [
      'a JSON value that differs',
      { json: { version: '1.4' } },
      '{"version":1.4}',
      'expected version = "1.4" in the JSON body, got 1.4',
    ],
    [
      'a JSON path that is missing',
      { json: { 'a.b': 1 } },
      '{"a":null}',
      'expected a.b = 1 in the JSON body, got nothing there',
    ],
    ['a path into the prototype', { json: { 'constructor.name': 'Object' } }, '{}', 'nothing there'],
    ['what is not JSON', { json: { a: 1 } }, '<html>', 'expected a JSON body, got "<html>"'],
    [
      'JSON that is too big',
      { json: { a: 1 } },
      `{"a":1,"b":"${'y'.repeat(70_000)}"}`,
      'expected JSON of at most 64 KB',
    ],
  ])('looks into the body: %s', async (_, expectation, body, problem) => {
    const result = await run((_req, res) => res.end(body), { expect: expectation ?? {} });
    expect(result.passed).toBe(problem === undefined);
    expect(result.summary).toContain(problem ?? '1 passing answer');
  });

  test('reads no more than 64 KB of an endless body', async () => {
    const result = await run(
      (_, res) => {
        const timer = setInterval(() => res.write('z'.repeat(32_768)), 1);
        res.on('close', () => clearInterval(timer));
      },
      { expect: { bodyIncludes: 'zzz' } },
    );
    expect(result.passed).toBe(true);
  });

  test('an answer that is right but slower than the bound does not pass', async () => {
    const result = await run((_, res) => void setTimeout(() => res.end('ok'), 60), { expect: { maxLatencyMs: 10 } });
    expect(result.passed).toBe(false);
    expect(result.summary).toMatch(/expected an answer within 10 ms, it took \d+ ms/);
  });

  test('gives up a try that does not answer in time', async () => {
    const result = await run(() => undefined, { timeoutSeconds: 0.05 });
    expect(result).toMatchObject({ passed: false, tries: 1 });
    expect(result.summary).toContain('got no answer within 0.05 s');
    expect(result.lastStatus).toBeUndefined();
  });

  test('does not follow a redirect, and lets it pass only where it is expected', async () => {
    const redirecting: RequestListener = (req, res) =>
      req.url === '/health' ? res.writeHead(302, { location: '/login' }).end() : res.end('login page');
    expect((await run(redirecting)).summary).toContain('got 302 to /login (redirects are not followed)');
    await served?.close();
    expect((await run(redirecting, { expect: { status: [302] } })).passed).toBe(true);
  });

  test('sends literal and secret headers; an echoed secret does not come back out', async () => {
    const result = await run(
      (req, res) =>
        res.writeHead(401).end(`bad key ${String(req.headers['x-api-key'])} for ${String(req.headers['x-team'])}`),
      {
        headers: { 'x-team': 'web' },
        secretHeaders: { 'x-api-key': 'env:API_KEY' },
      },
    );
    expect(result.summary).toContain('bad key [redacted] for web');
    expect(JSON.stringify(result)).not.toContain('k3y-for-the-target');
  });

  test('opens a connection for every try, so that a Service can choose another pod', async () => {
    const ports = new Set<number | undefined>();
    await run(
      (req, res) => {
        ports.add(req.socket.remotePort);
        res.end();
      },
      { times: 4, attempts: 4 },
    );
    expect(ports.size).toBe(4);
  });

  test('names a refused connection', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => closed.once('listening', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const result = await run(() => undefined, { url: `http://127.0.0.1:${port}/` });
    expect(result.summary).toContain(`connection refused by 127.0.0.1:${port}`);
  });

  test.each<[string, Overrides, string]>([
    ['a secret that is not there', { secretHeaders: { a: 'env:NOT_SET' } }, 'SecretUnresolved'],
    ['a header name that HTTP forbids', { headers: { 'bad name': 'x' } }, 'InvalidCheck'],
    ['a URL that is none', { url: 'nowhere' }, 'InvalidCheck'],
    ['more passes than attempts', { times: 3, attempts: 2 }, 'InvalidCheck'],
  ])('a wrong description is a final failure, not an unhealthy target: %s', async (_, overrides, type) => {
    await expect(run((_req, res) => res.end(), overrides)).rejects.toMatchObject({ type, nonRetryable: true });
  });

  test('heartbeats, and a cancellation ends a hanging try', async () => {
    const context = environment();
    let beats = 0;
    context.on('heartbeat', () => beats++);
    served = await serve(() => context.cancel('CANCELLED'));
    const check: ResolvedCheck = {
      name: 'web',
      url: served.url,
      path: '/',
      method: 'GET',
      times: 1,
      attempts: 5,
      intervalSeconds: 1,
      timeoutSeconds: 60,
      expect: { status: [200], maxLatencyMs: 100 },
    };
    await expect(context.run(runHttpCheck, { check })).rejects.toBeInstanceOf(CancelledFailure);
    expect(beats).toBeGreaterThan(0);
  });
});
