import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { handle, listen, sendJson } from '../host/http.js';
import { RateLimit } from '../statuspage/rateLimit.js';
import { Account, type DoubleAction, type DoubleIncident, type DoubleService, type DoubleUser } from './account.js';
import { controls } from './controls.js';
import { eventOf, MAX_EVENT_BYTES, type DoubleEvent } from './event.js';
import { failureSchema, takeFailure, type Failure } from './failures.js';
import { answerRest, type DoubleOncall } from './rest.js';
import { webhookBody } from './webhookBody.js';
import { Webhooks, type Delivery, type Subscription } from './webhooks.js';

export type { DoubleIncident, DoubleService, DoubleUser } from './account.js';
export type { DoubleOncall } from './rest.js';
export { signatures } from './webhooks.js';

export interface PagerdutyDoubleOptions {
  /** Key of the REST API. */
  apiToken: string;
  services: DoubleService[];
  users?: DoubleUser[];
  oncalls?: DoubleOncall[];
  /** Of the Events API, per routing key; the vendor's by default. */
  eventsPerMinute?: number;
  /** Before the second try of a webhook, in ms; doubled each time. */
  webhookPauseMs?: number;
}

export interface PagerdutyDouble {
  /** Base URL for `apiUrl` of channels and rotas, e.g. `http://127.0.0.1:41234`. Port 0 takes a free one. */
  listen(port?: number): Promise<string>;
  close(): Promise<void>;
  /** Oldest first; the same through `GET /_sandbox/incidents`. */
  incidents(): DoubleIncident[];
  /** Accepted events, without their routing keys; the same through `GET /_sandbox/events`. */
  events(): Omit<DoubleEvent, 'routing_key'>[];
  /** Makes calls to come fail; see `failures.ts`. The same through `POST /_sandbox/fail`. */
  fail(failure: Partial<Failure> & Pick<Failure, 'with'>): void;
  /** Sends webhooks from now on, and enables a disabled subscription; `undefined` ends them. The same through `POST /_sandbox/subscribe`. */
  subscribe(subscription: Subscription | undefined): void;
  /** A person acts on an incident, named by its id or key; the same through `POST /_sandbox/act`. */
  act(incident: string, action: DoubleAction, user: string, more?: { to?: string; note?: string }): void;
  /** Sends an event of one's own as a webhook, e.g. one that came before, under the same id. */
  deliver(type: string, body: object, id: string): void;
  /** Webhooks so far; the same through `GET /_sandbox/deliveries`. */
  deliveries(): Delivery[];
  /** What receivers of webhooks did wrong; the same through `GET /_sandbox/violations`. */
  violations(): string[];
  /** Whether the subscription was disabled. */
  disabled(): boolean;
  /** Resolves when no webhook is under way. */
  settled(): Promise<void>;
}

const ACCEPT = /^application\/(vnd\.pagerduty\+json;\s*version=2|json)$/;

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size <= MAX_EVENT_BYTES) chunks.push(chunk as Buffer);
  }
  return size > MAX_EVENT_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

const invalid = (errors: string[]) => ({ status: 'invalid event', message: 'Event object is invalid', errors });

/**
 * A strict double of PagerDuty (there is no server of theirs to be had): Events API v2 with its state per `dedup_key`, `/oncalls` and
 * `/users` of the REST API, and v3 webhooks signed and retried as they are. Listens on 127.0.0.1. Control: `/_sandbox/…`, see `controls.ts`.
 */
export function createPagerdutyDouble(options: PagerdutyDoubleOptions): PagerdutyDouble {
  const users = options.users ?? [];
  const oncalls = [...(options.oncalls ?? [])];
  const webhooks = new Webhooks(options.webhookPauseMs ?? 1_000);
  const names = {
    service: (id: string) => account.serviceById(id),
    user: (id: string) => users.find((user) => user.id === id),
  };
  const account: Account = new Account(options.services, (change) =>
    webhooks.send(change.type, webhookBody(change, names)),
  );
  const rates = new Map<string, RateLimit>();
  let failures: Failure[] = [];
  let events: Omit<DoubleEvent, 'routing_key'>[] = [];

  function enqueue(body: string | undefined, contentType: string): [number, unknown, Record<string, string>?] {
    if (body === undefined) return [413, invalid(['Payload is larger than 512 KB'])];
    if (!/^application\/json\s*(;|$)/i.test(contentType))
      return [400, invalid(['Content-Type must be application/json'])];
    let json: unknown;
    try {
      json = JSON.parse(body);
    } catch {
      return [400, invalid(['JSON is invalid'])];
    }
    const event = eventOf(json);
    if (Array.isArray(event)) return [400, invalid(event)];
    const { routing_key: key, ...kept } = event;
    const service = account.service(key);
    if (!service) return [400, invalid(['routing_key is not that of an integration'])];
    const rate = rates.get(key) ?? new RateLimit(options.eventsPerMinute ?? 120);
    rates.set(key, rate);
    const wait = rate.take(Date.now());
    if (wait !== undefined)
      return [
        429,
        { status: 'throttle exceeded', message: 'Requests for this service are arriving too quickly.' },
        { 'retry-after': String(wait) },
      ];
    events.push(kept);
    return [202, { status: 'success', message: 'Event processed', dedup_key: account.apply(event, service) }];
  }

  function rest(request: IncomingMessage, url: URL): [number, unknown] {
    if (request.method !== 'GET') return [405, { error: { message: 'Method not allowed' } }];
    if (request.headers.authorization !== `Token token=${options.apiToken}`)
      return [401, { error: { message: 'Unauthorized', code: 2006 } }];
    if (!ACCEPT.test(request.headers.accept ?? '')) return [406, { error: { message: 'Accept must name version 2' } }];
    const { status, body } = answerRest(url.pathname, url.searchParams, users, oncalls);
    return [status, body];
  }

  async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const body = await bodyOf(request);
    const failure = takeFailure(failures, url.pathname);
    if (failure?.with === 'hang') return;
    if (typeof failure?.with === 'number') {
      const after = failure.retryAfter === undefined ? {} : { 'retry-after': failure.retryAfter };
      return sendJson(response, failure.with, invalid(['asked for']), after);
    }
    const isEvent = request.method === 'POST' && url.pathname === '/v2/enqueue';
    const [status, answer, headers] = isEvent
      ? enqueue(body, request.headers['content-type'] ?? '')
      : rest(request, url);
    if (failure?.with === 'lost') return void response.socket?.destroy();
    if (failure?.with === 'garbage') return void response.writeHead(200).end('<html>a proxy says hello</html>');
    if (failure?.with === 'slow') await sleep(failure.delayMs);
    return sendJson(response, status, answer, headers);
  }

  const double: PagerdutyDouble = {
    async listen(port = 0) {
      await listen(server, port);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
    close: () =>
      new Promise<void>((resolve) => {
        webhooks.clear();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    incidents: () => account.list(),
    events: () => structuredClone(events),
    fail: (failure) => void failures.push(failureSchema.parse(failure)),
    subscribe: (subscription) => webhooks.subscribe(subscription),
    act: (incident, action, user, more) => account.act(incident, action, user, more),
    deliver: (type, body, id) => webhooks.repeat(type, body, id),
    deliveries: () => structuredClone(webhooks.deliveries),
    violations: () => [...webhooks.violations],
    disabled: () => webhooks.disabled,
    settled: () => webhooks.settled(),
  };
  const control = controls(double, {
    reset() {
      account.clear();
      webhooks.clear();
      rates.clear();
      [failures, events] = [[], []];
    },
    setOncalls: (wanted) => void oncalls.splice(0, oncalls.length, ...wanted),
  });
  const server = createServer(
    handle(async (request, response) => {
      const url = new URL(request.url ?? '/', 'http://pagerduty');
      if (!url.pathname.startsWith('/_sandbox/')) return api(request, response, url);
      const { status, body } = control(`${request.method} ${url.pathname}`, (await bodyOf(request)) ?? '');
      return sendJson(response, status, body);
    }),
  );
  return double;
}
