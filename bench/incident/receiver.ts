import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One page as a person's phone would have it. */
export interface Received {
  /** ms since the epoch. */
  at: number;
  /** Of the message that it came in: the same for a repeat of it. */
  message: string;
  person: string;
  incident: string;
  /** When the incident was opened, by its own clock. */
  openedAt: number;
  generation: number;
  /** 1 for the first. */
  level: number;
}

/** A message; those that a receiver has to recognize as a repeat have the same id. */
export interface Message {
  at: number;
  id: string;
  person: string;
  total: number;
}

interface Body {
  id: string;
  person: { id: string };
  system: string;
  total: number;
  pages: { key: string; incident: string; level: number }[];
}

/** `<incident>@<opened>/<generation>/<level>/<person>`. Throws on another shape. */
export function readKey(key: string): { openedAt: number; generation: number } {
  const [, opened, generation] = /@(\d+)\/(\d+)\/\d+\/[^/]+$/.exec(key) ?? [];
  if (opened === undefined || generation === undefined) throw new Error(`a page's key of an unknown shape: ${key}`);
  return { openedAt: Number(opened), generation: Number(generation) };
}

/** The pages that a message shows; it shows twenty at most. */
export function readMessage(body: Body, at: number): { message: Message; pages: Received[] } {
  const person = `${body.system}/${body.person.id}`;
  return {
    message: { at, id: body.id, person, total: body.total },
    pages: body.pages.map(({ key, incident, level }) => ({
      ...{ at, message: body.id, person, incident, level },
      ...readKey(key),
    })),
  };
}

/** A provider of messages on 127.0.0.1 that takes every one at once and notes when it came. */
export class Receiver {
  readonly messages: Message[] = [];
  readonly pages: Received[] = [];
  private readonly server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const at = Date.now();
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      const { message, pages } = readMessage(JSON.parse(Buffer.concat(parts).toString('utf8')) as Body, at);
      this.messages.push(message);
      this.pages.push(...pages);
    });
  });

  /** Listens on a free port; returns its URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/pages`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
