import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { defaultLimits } from '../../client/gateway/config.js';
import { TemporalAway } from '../../client/incidents/port.js';
import { serving, tokens, webhook } from './place.js';

const nothing = { code: 'NOT_FOUND', message: 'There is nothing here.' };

/** Sends bytes as they are and returns all that comes back until the other side closes or `enough` has come. */
function raw(port: number, text: string, enough = '\r\n\r\n'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    let got = '';
    const end = () => {
      socket.destroy();
      resolve(got);
    };
    socket.on('data', (data) => {
      got += data.toString();
      if (got.includes(enough)) end();
    });
    socket.on('close', end).on('error', reject);
    socket.setTimeout(30_000, () => reject(new Error(`silence after: ${got}`)));
  });
}

describe("Alertmanager's path", () => {
  test('202 with what became of it, after the incidents have it', async () => {
    await serving(async ({ post, told }) => {
      const response = await post('/alertmanager/am', tokens.am, webhook());
      expect(response.status).toBe(202);
      expect(await response.json()).toEqual({
        incidents: [{ incident: 'incident/shop/unmatched/1', outcome: 'opened', alerts: 1 }],
      });
      expect(told.deliveries).toMatchObject([
        { source: 'am', receivedAt: 1_700_000_000_000, alerts: [{ fingerprint: 'am/a1', name: 'DiskFull' }] },
      ]);
    });
  });

  test('either of two tokens, in any case of the word Bearer', async () => {
    await serving(async ({ post }) => {
      expect((await post('/alertmanager/am', tokens.next, webhook())).status).toBe(202);
      const headers = { authorization: `bearer ${tokens.am}` };
      expect((await post('/alertmanager/am', undefined, webhook(), headers)).status).toBe(202);
    });
  });

  test.each([
    ['a wrong token', '/alertmanager/am', 'wrong-token'],
    ['no token', '/alertmanager/am', undefined],
    ['the token of another source', '/alertmanager/am', tokens.bot],
    ['an unknown source', '/alertmanager/nobody', tokens.am],
    ['a name of objects as source', '/alertmanager/__proto__', tokens.am],
    ['a source of another type', '/alertmanager/bot', tokens.bot],
    ['an unknown route', '/nowhere', tokens.am],
    ['a path that cannot be read', '/alertmanager/%zz', tokens.am],
    ['a name far too long', `/alertmanager/${'a'.repeat(2_000)}`, tokens.am],
  ])('%s: one and the same 404, and nothing is told', async (_name, path, token) => {
    await serving(async ({ post, told }) => {
      const response = await post(path, token, webhook());
      expect([response.status, await response.json()]).toEqual([404, nothing]);
      const { headers } = response;
      const shown = [...headers.keys()].toSorted();
      const unknown = await post('/nowhere', undefined, webhook());
      expect(shown).toEqual([...unknown.headers.keys()].toSorted());
      expect(told.deliveries).toEqual([]);
    });
  });

  test('a token in the address is none', async () => {
    await serving(async ({ post }) => {
      expect((await post(`/alertmanager/am?token=${tokens.am}`, undefined, webhook())).status).toBe(404);
    });
  });

  test.each([
    ['no JSON', '{"version":', {}, 400],
    ['no text', Buffer.from([0xff, 0xfe]).toString('latin1'), {}, 400],
    ['an empty body', '', {}, 400],
    ['another version', webhook({ version: '3' }), {}, 400],
    ['too deep', `${'['.repeat(33)}${']'.repeat(33)}`, {}, 400],
    ['another type', webhook(), { 'content-type': 'text/plain' }, 415],
    ['a type that is none', webhook(), { 'content-type': ';;' }, 415],
    ['compressed', webhook(), { 'content-encoding': 'gzip' }, 415],
    ['too large for the source', `"${'x'.repeat(65_536)}"`, {}, 413],
    ['too many alerts', { alerts: Array.from({ length: 1_001 }, () => 1) }, {}, 413],
  ])('refused: %s', async (_name, body, headers, status) => {
    await serving(async ({ post, told }) => {
      const response = await post('/alertmanager/am', tokens.am, body, headers);
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual({ code: expect.any(String), message: expect.any(String) });
      expect(told.deliveries).toEqual([]);
    });
  });

  test('a body that grows too large without saying so is cut off', async () => {
    await serving(async ({ port, told }) => {
      const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;
      const head = `POST /alertmanager/am HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${tokens.am}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
      expect(await raw(port, head + chunk.repeat(5))).toMatch(/^HTTP\/1\.1 413 /);
      expect(told.deliveries).toEqual([]);
    });
  });

  test('a body that does not come to its end: 408', async () => {
    const send = async (port: number) =>
      raw(
        port,
        `POST /alertmanager/am HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${tokens.am}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"ver`,
      );
    await serving(async ({ port }) => expect(await send(port)).toMatch(/^HTTP\/1\.1 408 /), { bodyReadMs: 200 });
  });

  test('headers of more than 16 KiB: 431', async () => {
    await serving(async ({ port }) => {
      const request = `GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`;
      expect(await raw(port, request)).toMatch(/^HTTP\/1\.1 431 /);
    });
  });

  test('what is refused for its size counts, and the log says that alerts may be lost', async () => {
    await serving(async ({ post, deps, log }) => {
      await post('/alertmanager/am', tokens.am, `"${'x'.repeat(65_536)}"`);
      const metrics = await deps.metrics.registry.metrics();
      expect(metrics).toContain('belay_gateway_refused_total{kind="alertmanager",source="am",reason="tooLarge"} 1');
      expect(log.join('')).toContain('alerts may be lost');
    });
  });

  test('Temporal away: 503 with Retry-After, so that Alertmanager comes again', async () => {
    await serving(async ({ post, told }) => {
      told.failure = new TemporalAway('Temporal has not taken it (no connection); send it again.');
      const response = await post('/alertmanager/am', tokens.am, webhook());
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await response.json()).toMatchObject({ code: 'UNAVAILABLE' });
    });
  });

  test('no secret of the source at hand: 503, not 404', async () => {
    await serving(async ({ post }) => {
      expect((await post('/alertmanager/lost', 'anything', webhook())).status).toBe(503);
    });
  });

  test('an error that nobody foresaw: 500 without its words', async () => {
    await serving(async ({ post, told }) => {
      told.failure = new TypeError('x of undefined, in secret-place.ts');
      const response = await post('/alertmanager/am', tokens.am, webhook());
      expect(response.status).toBe(500);
      expect(await response.text()).not.toContain('secret-place');
    });
  });

  test('too fast: 503 for Alertmanager, 429 for bots, and one source does not slow another', async () => {
    const limits = { ...defaultLimits, alertmanagerPer10s: 2, botPerMinute: 1 };
    await serving(
      async ({ post }) => {
        const am = async () => (await post('/alertmanager/am', tokens.am, webhook())).status;
        expect([await am(), await am(), await am()]).toEqual([202, 202, 503]);
        const bot = () => post('/bots/bot', tokens.bot, { type: 'query' });
        expect((await bot()).status).toBe(200);
        const refused = await bot();
        expect(refused.status).toBe(429);
        expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
        expect((await post('/bots/reader', 'token-of-the-reader', { type: 'query' })).status).toBe(200);
      },
      { limits },
    );
  });

  test('too much under way: 503 until there is room again', async () => {
    await serving(
      async ({ post, told }) => {
        let go = (): void => undefined;
        told.until = new Promise((resolve) => (go = resolve));
        const first = post('/alertmanager/am', tokens.am, webhook());
        while (told.deliveries.length === 0) await new Promise((resolve) => setImmediate(resolve));
        expect((await post('/alertmanager/am', tokens.am, webhook())).status).toBe(503);
        go();
        expect((await first).status).toBe(202);
        expect((await post('/alertmanager/am', tokens.am, webhook())).status).toBe(202);
      },
      { limits: { ...defaultLimits, atOnce: 1 } },
    );
  });

  test('while it stops, what is under way is finished', async () => {
    await serving(async ({ post, told, app }) => {
      let go = (): void => undefined;
      told.until = new Promise((resolve) => (go = resolve));
      const first = post('/alertmanager/am', tokens.am, webhook());
      while (told.deliveries.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const closed = app.close();
      go();
      expect((await first).status).toBe(202);
      await closed;
      await expect(post('/alertmanager/am', tokens.am, webhook())).rejects.toThrow('fetch failed');
    });
  });
});

describe('what is logged and shown', () => {
  test('neither tokens nor bodies nor addresses', async () => {
    await serving(async ({ post, log }) => {
      const secret = 'Very-Secret-Word';
      await post(
        '/alertmanager/am',
        tokens.am,
        webhook({}, { labels: { alertname: secret }, annotations: { a: secret } }),
      );
      await post('/alertmanager/am', tokens.am, { [secret]: secret });
      await post('/bots/bot', tokens.bot, { type: 'query', [secret]: secret });
      await post(`/${secret}?${secret}`, secret, { [secret]: secret });
      expect(log.length).toBeGreaterThan(3);
      for (const word of [secret, tokens.am, tokens.bot]) expect(log.join('')).not.toContain(word);
    });
  });

  test('every answer has a request id of ours, and is not cached', async () => {
    await serving(async ({ post, log }) => {
      const response = await post('/alertmanager/am', tokens.am, webhook(), { 'x-request-id': 'mine' });
      const id = response.headers.get('x-request-id') ?? '';
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(log.join('')).toContain(id);
    });
  });

  test('healthz lives, readyz asks Temporal, metrics count', async () => {
    await serving(async ({ url, post }) => {
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      await post('/alertmanager/am', tokens.am, webhook());
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('belay_gateway_events_total{kind="alertmanager",source="am",outcome="opened"} 1');
      expect(metrics).toContain('route="/alertmanager/:source",status="202"} 1');
    });
  });

  test('really compressed bodies are not unpacked', async () => {
    await serving(async ({ url, told }) => {
      const response = await fetch(`${url}/alertmanager/am`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-encoding': 'gzip',
          authorization: `Bearer ${tokens.am}`,
        },
        body: gzipSync(JSON.stringify(webhook())),
      });
      expect(response.status).toBe(415);
      expect(told.deliveries).toEqual([]);
    });
  });
});
