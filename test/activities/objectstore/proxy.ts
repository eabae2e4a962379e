import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of one request. */
export type Fate =
  | 'pass'
  /** Refused with 503 SlowDown. */
  | 'slowDown'
  /** The connection is cut in the middle of the request's body. */
  | 'cut'
  /** The store does it, its answer is never seen. */
  | 'loseReply'
  /** The answer is cut after some of its body. */
  | 'cutReply'
  /** No answer, ever. */
  | 'hang'
  /** One byte of the body is changed on the way. */
  | 'flip';

export interface Seen {
  method: string;
  url: string;
  /** `UploadPart`, `CompleteMultipartUpload` … */
  operation: string;
}

export interface Proxy {
  endpoint: string;
  seen: Seen[];
  /** Decides about every request from now on. */
  fate: (request: Seen) => Fate;
  close(): Promise<void>;
}

function operationOf({ method = '', url = '' }: IncomingMessage): string {
  const query = new URL(url, 'http://proxy').searchParams;
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject';
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
  return method === 'GET' && query.has('list-type') ? 'ListObjects' : method;
}

const SLOW_DOWN =
  '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';

/** A store that misbehaves as told, in front of one that does not. Signatures stay valid: the Host header is passed on. */
export async function startProxy(target: string): Promise<Proxy> {
  const { hostname, port } = new URL(target);
  const seen: Seen[] = [];
  const server: Server = createServer((incoming, reply) => {
    const what = { method: incoming.method ?? '', url: incoming.url ?? '', operation: operationOf(incoming) };
    seen.push(what);
    const fate = proxy.fate(what);
    incoming.on('error', () => undefined);
    if (fate === 'hang') return void incoming.resume();
    if (fate === 'slowDown') {
      incoming.resume();
      incoming.once('end', () => reply.writeHead(503, { 'content-type': 'application/xml' }).end(SLOW_DOWN));
      return;
    }
    if (fate === 'cut') {
      let bytes = 0;
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > 100_000) incoming.socket.destroy();
      });
      return;
    }
    forward(incoming, reply, fate);
  });

  function forward(incoming: IncomingMessage, reply: ServerResponse, fate: Fate): void {
    const { method = 'GET', url = '/', headers } = incoming;
    const upstream = request({ host: hostname, port, method, path: url, headers }, (answer) => {
      if (fate === 'loseReply') {
        answer.resume();
        answer.once('end', () => incoming.socket.destroy());
        return;
      }
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        reply.write(chunk);
        if (fate === 'cutReply' && bytes > 200_000) incoming.socket.destroy();
      });
      answer.once('end', () => reply.end());
      answer.on('error', () => incoming.socket.destroy());
    });
    upstream.on('error', () => incoming.socket.destroy());
    let flipped = fate !== 'flip';
    incoming.on('data', (chunk: Buffer) => {
      const bytes = Buffer.from(chunk);
      if (!flipped) bytes[0] = (bytes[0] ?? 0) ^ 1;
      flipped = true;
      upstream.write(bytes);
    });
    incoming.once('end', () => upstream.end());
    incoming.once('close', () => incoming.complete || upstream.destroy());
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fate: () => 'pass',
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}
