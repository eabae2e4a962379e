import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../activities/kubernetes/api/apiError.js';
import { createClients } from '../../../activities/kubernetes/api/clients.js';
import type { Pod } from '../../../activities/kubernetes/model/objects.js';
import { Mirror } from '../../../activities/kubernetes/watch/mirror.js';
import { until } from './support.js';

/** What a healthy API server does not do on demand: expired versions, throttling, broken streams, garbage. */
type Handler = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

let server: Server;
let stop = new AbortController();

afterEach(() => {
  stop.abort();
  stop = new AbortController();
  server.closeAllConnections();
  server.close();
});

async function clientsOf(handler: Handler) {
  server = createServer((request, response) => {
    handler(request, response, new URL(request.url ?? '', 'http://x').searchParams);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'double', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
    { name: 'nobody' },
  );
  return createClients(config);
}

const pod = (name: string, resourceVersion: string) => ({ metadata: { name, uid: `uid-${name}`, resourceVersion } });
const send = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const list = (response: ServerResponse, version: string, ...items: object[]) =>
  send(response, 200, { metadata: { resourceVersion: version }, items });
const event = (response: ServerResponse, type: string, object: object) =>
  response.write(`${JSON.stringify({ type, object })}\n`);

function mirrorOf(clients: Awaited<ReturnType<typeof clientsOf>>) {
  const mirror = new Mirror<Pod>(clients, { path: '/api/v1/namespaces/x/pods' }, () => undefined);
  const names = () => [...mirror.items.values()].map((one) => one.metadata.name).join(' ');
  return { mirror, names, running: mirror.run(stop.signal) };
}

describe('a mirror', () => {
  test('follows changes, goes on from the last version, and lists anew when that has expired', async () => {
    const versions: string[] = [];
    let lists = 0;
    const clients = await clientsOf((_, response, query) => {
      if (!query.has('watch')) return list(response, String(10 * ++lists), pod('a', '1'));
      versions.push(query.get('resourceVersion') ?? '');
      if (versions.length === 1) {
        event(response, 'ADDED', pod('b', '11'));
        event(response, 'MODIFIED', pod('a', '12'));
        event(response, 'DELETED', pod('a', '13'));
        event(response, 'BOOKMARK', { metadata: { resourceVersion: '15' } });
        return response.end();
      }
      if (versions.length === 2) {
        event(response, 'ERROR', { code: 410, reason: 'Expired', message: 'too old resource version' });
        return response.end();
      }
      return event(response, 'ADDED', pod('c', '21'));
    });
    const { names, mirror } = mirrorOf(clients);
    await until('it has caught up', async () => names() === 'a c');
    expect(versions).toEqual(['10', '15', '20']);
    expect(lists).toBe(2);
    expect(mirror.connected).toBe(true);
  });

  test('puts characters and lines together that come in pieces, and reconnects when the stream breaks', async () => {
    let watches = 0;
    const clients = await clientsOf((_, response, query) => {
      if (!query.has('watch')) return list(response, '1');
      const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: pod(watches === 0 ? 'ü' : 'z', '2') })}\n`);
      const middle = line.indexOf(0xc3) + 1;
      response.write(line.subarray(0, middle));
      setTimeout(() => {
        response.write(line.subarray(middle));
        if (watches++ === 0) setTimeout(() => response.destroy(), 20);
      }, 20);
      return undefined;
    });
    const { names } = mirrorOf(clients);
    await until('both came', async () => names() === 'ü z');
    expect(watches).toBe(2);
  });

  test('waits out throttling and server errors, and ends with a final refusal', async () => {
    const answers = [
      [429, { message: 'too many requests', details: { retryAfterSeconds: 0.1 } }],
      [503, { message: 'unavailable' }],
      [404, { reason: 'NotFound', message: 'no such thing' }],
    ] as const;
    let asked = 0;
    const clients = await clientsOf((_, response) => {
      const [status, body] = answers[asked++] ?? [500, {}];
      send(response, status, body);
    });
    await expect(mirrorOf(clients).running).rejects.toMatchObject({ status: 404, reason: 'NotFound' });
    expect(asked).toBe(3);
  });
});

describe('a call', () => {
  test('reads Retry-After, and is bounded in time', async () => {
    const clients = await clientsOf((request, response) => {
      if (request.url === '/busy') response.writeHead(429, { 'retry-after': '3' }).end('busy');
    });
    await expect(clients.call({ path: '/busy' })).rejects.toMatchObject({ status: 429, retryAfterMs: 3_000 });
    await expect(clients.call({ path: '/silent', timeoutMs: 100 })).rejects.toMatchObject({
      status: 0,
      message: 'no answer within 0.1 s',
    });
  });

  test('says so when something else than an API server answers', async () => {
    const clients = await clientsOf((_, response) => response.end('<html>'));
    const failure = await clients.call({ path: '/x' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiError);
    expect(String(failure)).toContain('not JSON');
  });
});
