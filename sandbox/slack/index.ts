import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failureSchema, takeFailure, type Failure } from './failures.js';
import { METHODS, refusal, type Arguments, type SlackChannel, type SlackMessage, type Workspace } from './methods.js';

export type { SlackChannel, SlackMessage } from './methods.js';

export interface SlackDouble {
  /** Base URL for `slackApiUrl`, e.g. `http://127.0.0.1:41234/api/`. Port 0 takes a free one. */
  listen(port?: number): Promise<string>;
  close(): Promise<void>;
  /** What was posted, oldest first. */
  messages(): SlackMessage[];
  /** Makes calls to come fail; see `failures.ts`. The same through `POST /_sandbox/fail`. */
  fail(failure: Partial<Failure> & { with: string }): void;
}

export interface SlackDoubleOptions {
  token: string;
  /** `ops` (C0BELAYOPS) and `incidents` (C0BELAYINC) by default. */
  channels?: SlackChannel[];
  /** Of the token; history needs `channels:history`. */
  scopes?: string[];
}

const DEFAULT_CHANNELS: SlackChannel[] = [
  { id: 'C0BELAYOPS', name: 'ops', member: true },
  { id: 'C0BELAYINC', name: 'incidents', member: true },
];
const MAX_BODY = 1024 * 1024;

async function bodyOf(req: IncomingMessage): Promise<string> {
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
function argumentsOf(type: string, body: string): Arguments {
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

function send(res: ServerResponse, status: number, answer: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(JSON.stringify(answer));
}

/**
 * A strict double of the Slack Web API (there is no server of Slack's to be had): it checks tokens, scopes, required fields, channels,
 * membership and block limits as Slack does, refuses with HTTP 200 and `ok: false`, and keeps what was posted. Listens on 127.0.0.1.
 * Control: `GET /_sandbox/messages`, `POST /_sandbox/fail`, `POST /_sandbox/reset`.
 */
export function createSlackDouble(options: SlackDoubleOptions): SlackDouble {
  const workspace: Workspace = {
    channels: options.channels ?? DEFAULT_CHANNELS,
    messages: [],
    scopes: options.scopes ?? ['chat:write', 'channels:history'],
  };
  let failures: Failure[] = [];
  const fail = (failure: unknown) => void failures.push(failureSchema.parse(failure));

  function api(method: string, token: string, given: Arguments, res: ServerResponse): void {
    const failure = takeFailure(failures, method);
    if (failure?.with === 'hang') return;
    if (failure?.with === 'serverError') return void res.writeHead(503).end('upstream unavailable');
    if (failure?.with === 'rateLimited') {
      return send(res, 429, refusal('ratelimited'), { 'retry-after': String(failure.retryAfterSeconds) });
    }
    const run = METHODS[method];
    if (!run) return send(res, 200, refusal('unknown_method', { req_method: method }));
    if (token === '') return send(res, 200, refusal('not_authed'));
    if (token !== options.token) return send(res, 200, refusal('invalid_auth'));
    if (failure && failure.with !== 'lost') return send(res, 200, refusal(failure.with));
    const answer = run(workspace, given);
    if (failure) return void res.socket?.destroy();
    send(res, 200, answer);
  }

  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://slack');
    const body = await bodyOf(req);
    if (pathname === '/_sandbox/messages') return send(res, 200, workspace.messages);
    if (pathname === '/_sandbox/fail' && req.method === 'POST') {
      fail(JSON.parse(body));
      return send(res, 200, { ok: true });
    }
    if (pathname === '/_sandbox/reset' && req.method === 'POST') {
      workspace.messages = [];
      failures = [];
      return send(res, 200, { ok: true });
    }
    const method = /^\/api\/([\w.]+)$/.exec(pathname)?.[1];
    if (method === undefined) return send(res, 404, { ok: false, error: 'not_found' });
    const given = argumentsOf(req.headers['content-type'] ?? '', body);
    const bearer = /^Bearer (.*)$/.exec(req.headers.authorization ?? '')?.[1];
    const inBody = given['token'];
    api(method, bearer ?? (typeof inBody === 'string' ? inBody : ''), given, res);
  }

  const server = createServer((req, res) => {
    handle(req, res).catch((error: unknown) => {
      send(res, 400, {
        ok: false,
        error: 'invalid_request',
        detail: error instanceof Error ? error.message : String(error),
      });
    });
  });

  return {
    async listen(port = 0) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen(port, '127.0.0.1', resolve);
      });
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    messages: () => structuredClone(workspace.messages),
    fail,
  };
}
