import type { AddressInfo } from 'node:net';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { identify } from '../../client/gateway/identify.js';
import { createMetrics } from '../../client/gateway/metrics.js';
import { createGateway } from '../../client/gateway/server.js';
import type { ServerOptions } from '../../client/gateway/server.js';
import { collectSources } from '../../client/gateway/sources.js';
import type { GatewayDeps } from '../../client/gateway/types.js';
import type { Delivery, IdentifiedAction, IncidentPort, Opening } from '../../client/incidents/port.js';
import type { System } from '../../systems/schema.js';
import { shop } from '../client/incidents/shop.js';

export const tokens = { am: 'token-of-alertmanager', next: 'token-that-comes-next', bot: 'token-of-the-bot' };

const references: Record<string, string | undefined> = {
  'env:AM_TOKEN': tokens.am,
  'env:AM_NEXT': tokens.next,
  'env:BOT_TOKEN': tokens.bot,
  'env:READER_TOKEN': 'token-of-the-reader',
  'env:PD_SECRET': 'secret-of-pagerduty',
  'env:SLACK_SECRET': 'secret-of-slack',
};

export const gatewaySystem: System = shop({
  rules: [{ id: 'intruder', match: { team: 'security' }, kind: 'security' }],
  sources: {
    am: { type: 'alertmanager', tokens: ['env:AM_TOKEN', 'env:AM_NEXT'], maxBytes: 65_536 },
    lost: { type: 'alertmanager', tokens: ['env:LOST'] },
    bot: {
      type: 'bot',
      tokens: ['env:BOT_TOKEN'],
      actor: 'watchdog',
      may: ['open', 'alert', 'acknowledge', 'escalate', 'note', 'resolve', 'query'],
    },
    reader: { type: 'bot', tokens: ['env:READER_TOKEN'], actor: 'reader', may: ['query'] },
    pd: { type: 'pagerduty', secrets: ['env:PD_SECRET'] },
    chat: { type: 'slack', secrets: ['env:SLACK_SECRET'] },
  },
});

/** What incidents were told through the pretended port, and what it answers. */
export class Told implements IncidentPort {
  readonly deliveries: Delivery[] = [];
  readonly actions: { incident: string; action: IdentifiedAction }[] = [];
  readonly openings: { opening: Opening; requestId: string }[] = [];
  /** Thrown by every call when set. */
  failure: unknown;
  /** Every call waits for it. */
  until: Promise<void> = Promise.resolve();
  answer: Awaited<ReturnType<IncidentPort['act']>> = { accepted: true, answer: 'done' };
  view: Awaited<ReturnType<IncidentPort['state']>>;
  listed: Awaited<ReturnType<IncidentPort['list']>> = [];

  private async taken<T>(value: T): Promise<T> {
    await this.until;
    if (this.failure !== undefined) throw this.failure;
    return value;
  }

  deliver(_system: System, delivery: Delivery) {
    this.deliveries.push(delivery);
    return this.taken([
      { incident: 'incident/shop/unmatched/1', outcome: 'opened' as const, alerts: delivery.alerts.length },
    ]);
  }

  open(_system: System, opening: Opening, requestId: string) {
    this.openings.push({ opening, requestId });
    return this.taken({ incident: 'incident/shop/opened-1' });
  }

  act(incident: string, action: IdentifiedAction) {
    this.actions.push({ incident, action });
    return this.taken(this.answer);
  }

  state = (_incident: string): ReturnType<IncidentPort['state']> => this.taken(this.view);

  list() {
    return this.taken(this.listed);
  }
}

export interface Served {
  app: FastifyInstance;
  told: Told;
  deps: GatewayDeps;
  /** Lines of the log, as they were written. */
  log: string[];
  url: string;
  port: number;
  /** POST of JSON with a token. */
  post: (path: string, token: string | undefined, body: unknown, headers?: Record<string, string>) => Promise<Response>;
}

/** Runs `body` with a gateway that listens, over pretended incidents. */
export async function serving(body: (served: Served) => Promise<void>, options: ServerOptions = {}): Promise<void> {
  const told = new Told();
  const log: string[] = [];
  // Temporal is asked by /readyz alone here.
  const client = { withDeadline: () => Promise.reject(new Error('no connection')) } as unknown as Client;
  const deps: GatewayDeps = {
    systems: new Map([[gatewaySystem.name, gatewaySystem]]),
    sources: collectSources([gatewaySystem]),
    client,
    incidents: told,
    secrets: { values: (wanted) => wanted.flatMap((reference) => references[reference] ?? []) },
    log: pino({ level: 'trace' }, { write: (line: string) => void log.push(line) }),
    clock: () => 1_700_000_000_000,
    metrics: createMetrics(),
    identify,
  };
  const app = await createGateway(deps, options);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const post: Served['post'] = (path, token, content, headers = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: typeof content === 'string' ? content : JSON.stringify(content),
    });
  try {
    await body({ app, told, deps, log, url, port, post });
  } finally {
    await app.close();
  }
}

/** A webhook of Alertmanager with one alert. */
export const webhook = (more: object = {}, alert: object = {}): object => ({
  version: '4',
  groupKey: '{}:{alertname="DiskFull"}',
  receiver: 'belay',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'DiskFull' },
      annotations: {},
      startsAt: '2026-11-21T10:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: 'a1',
      ...alert,
    },
  ],
  ...more,
});
