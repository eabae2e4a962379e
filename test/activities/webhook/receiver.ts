import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  method: string;
  headers: IncomingHttpHeaders;
  /** As it came. */
  body: string;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  /** No answer; or the connection breaks. */
  instead?: 'hang' | 'cut';
}

/** Somebody else's server, which answers as it is told and keeps what it got. */
export class Receiver {
  readonly received: Received[] = [];
  /** For the next requests, in turn; then 200. */
  readonly answers: Answer[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', headers } = request;
      this.received.push({ method, headers, body: Buffer.concat(chunks).toString('utf8') });
      const { status, headers: more, body, instead } = this.answers.shift() ?? { status: 200 };
      if (instead === 'hang') return;
      if (instead === 'cut') return void response.socket?.destroy();
      response.writeHead(status, more).end(body);
    });
  });

  /** The URL that takes pages. */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}/pages`);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}
