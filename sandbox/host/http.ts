import { readFile } from 'node:fs/promises';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { TlsPort } from './types.js';

/** Listens on a port of 127.0.0.1. */
export function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve());
  });
}

/** Serves HTTPS to clients that show a certificate of the given authority. */
export async function serveTls(tls: TlsPort, listener: RequestListener): Promise<void> {
  const [cert, key, ca] = await Promise.all([tls.cert, tls.key, tls.ca].map((file) => readFile(file)));
  await listen(createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, listener), tls.port);
}

/** Answers with a JSON body. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Wraps an asynchronous handler, so that its failure becomes a 500 that says why. */
export function handle(handler: (...args: Parameters<RequestListener>) => Promise<void>): RequestListener {
  return (request, response) => {
    handler(request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent)
        sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) });
      else response.destroy();
    });
  };
}
