import type { IncomingMessage } from 'node:http';
import type { Arguments } from './workspace.js';

const MAX_BODY = 1024 * 1024;

/** The body of a request as text; throws when it is larger than 1 MB. */
export async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error('request body is larger than 1 MB');
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Slack takes JSON, or a form in which structures are JSON texts. */
export function argumentsOf(type: string, body: string): Arguments {
  if (type.startsWith('application/json')) return JSON.parse(body || '{}') as Arguments;
  return Object.fromEntries(
    [...new URLSearchParams(body)].map(([name, value]) => {
      if (!['blocks', 'metadata', 'attachments'].includes(name)) return [name, value];
      try {
        return [name, JSON.parse(value) as unknown];
      } catch {
        return [name, value];
      }
    }),
  );
}
