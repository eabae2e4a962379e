import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handle, listen, sendJson } from '../host/http.js';
import { answerTo } from './api.js';
import { failureSchema, takeFailure, type Failure } from './failures.js';
import { StatusPage, type PageComponent, type PageIncident } from './page.js';
import { RateLimit } from './rateLimit.js';

export type { PageComponent, PageIncident } from './page.js';

export interface StatuspageDouble {
  /** Base URL for a channel's `apiUrl`, e.g. `http://127.0.0.1:41234/v1`. Port 0 takes a free one. */
  listen(port?: number): Promise<string>;
  close(): Promise<void>;
  /** Newest first; the same through `GET /_sandbox/incidents`. */
  incidents(): PageIncident[];
  /** Every component with its present status; the same through `GET /_sandbox/components`. */
  components(): PageComponent[];
  /** Calls of the API so far, such as `GET /v1/pages/…`, oldest first; the same through `GET /_sandbox/calls`. */
  calls(): string[];
  /** Makes calls to come fail; see `failures.ts`. The same through `POST /_sandbox/fail`. */
  fail(failure: Partial<Failure> & Pick<Failure, 'with'>): void;
}

export interface StatuspageDoubleOptions {
  token: string;
  pageId: string;
  /** Ids; `app` and `api` in the sandbox. */
  components?: string[];
  /** The vendor's limit by default. */
  requestsPerMinute?: number;
}

const MAX_BODY = 1024 * 1024;
const MAX_CALLS = 10_000;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new Error('request body is larger than 1 MB');
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * A strict double of Statuspage's REST API v1 (there is no server of Atlassian's to be had), as far as realtime incidents go: it checks
 * the key, paths, methods, content type, fields, component ids and the rate limit, and keeps the page. Listens on 127.0.0.1. Control:
 * `GET /_sandbox/incidents`, `/_sandbox/components`, `/_sandbox/calls`, `POST /_sandbox/fail`, `/_sandbox/reset`.
 */
export function createStatuspageDouble(options: StatuspageDoubleOptions): StatuspageDouble {
  const components = (options.components ?? []).map((id): PageComponent => ({ id, name: id, status: 'operational' }));
  const page = new StatusPage(options.pageId, components);
  const rate = new RateLimit(options.requestsPerMinute ?? 60);
  let failures: Failure[] = [];
  let calls: string[] = [];
  const fail = (failure: unknown) => void failures.push(failureSchema.parse(failure));

  async function control(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const shown: Record<string, () => unknown> = {
      'GET /_sandbox/incidents': () => page.list(),
      'GET /_sandbox/components': () => page.shownComponents(),
      'GET /_sandbox/calls': () => calls,
    };
    const what = `${request.method} ${path}`;
    const body = await bodyOf(request);
    if (shown[what]) return sendJson(response, 200, shown[what]());
    if (what === 'POST /_sandbox/fail') {
      const parsed = failureSchema.safeParse(JSON.parse(body));
      if (!parsed.success) return sendJson(response, 400, { error: parsed.error.message });
      failures.push(parsed.data);
    } else if (what === 'POST /_sandbox/reset') {
      page.clear();
      rate.clear();
      [failures, calls] = [[], []];
    } else return sendJson(response, 404, { error: `${what} is no control of the double` });
    return sendJson(response, 200, { ok: true });
  }

  async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const body = await bodyOf(request);
    const { method = 'GET', headers } = request;
    calls = [...calls, `${method} ${url.pathname}`].slice(-MAX_CALLS);
    const failure = takeFailure(failures, method);
    if (failure?.with === 'hang') return;
    if (typeof failure?.with === 'number') {
      const after = failure.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter };
      return sendJson(response, failure.with, { error: 'asked for' }, after);
    }
    if (headers.authorization !== `OAuth ${options.token}`)
      return sendJson(response, 401, { error: 'Could not authenticate' });
    const wait = rate.take(Date.now());
    if (wait !== undefined)
      return sendJson(response, 429, { error: 'Too many requests' }, { 'retry-after': String(wait) });
    const contentType = headers['content-type'] ?? '';
    const answer = answerTo(page, { method, path: url.pathname, query: url.searchParams, contentType, body });
    if (failure?.with === 'lost') return void response.socket?.destroy();
    if (failure?.with === 'garbage') return void response.writeHead(200).end('<html>a proxy says hello</html>');
    return sendJson(response, answer.status, answer.body);
  }

  const server = createServer(
    handle(async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://statuspage');
      await (url.pathname.startsWith('/_sandbox/')
        ? control(request, response, url.pathname)
        : api(request, response, url));
    }),
  );

  return {
    async listen(port = 0) {
      await listen(server, port);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    incidents: () => page.list(),
    components: () => page.shownComponents(),
    calls: () => [...calls],
    fail,
  };
}
