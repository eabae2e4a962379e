import type { FastifyInstance } from 'fastify';
import { createPagerdutyDouble, signatures, type PagerdutyDouble } from '../../../sandbox/pagerduty/index.js';
import { Ground, secretValues } from '../ground.js';
import { Tap } from '../tap.js';

const secret = secretValues['env:PAGERDUTY_SIGNING'] ?? '';
const ROUTING_KEY = 'r'.repeat(32);

export interface Answer {
  status: number;
  body: { outcome?: string; code?: string };
}

/** A gateway, and a PagerDuty whose webhooks go to it. */
export class PagerdutyPlace {
  private constructor(
    readonly ground: Ground,
    readonly pagerduty: PagerdutyDouble,
    readonly tap: Tap,
    private readonly apiUrl: string,
  ) {}

  static async start(): Promise<PagerdutyPlace> {
    const pagerduty = createPagerdutyDouble({
      apiToken: 'unused',
      services: [{ id: 'PSERVICE', name: 'Web', routingKey: ROUTING_KEY, escalation: ['P0ROB', 'P0LEE'] }],
      users: [
        { id: 'P0ROB', name: 'Rob', email: 'rob@example.com' },
        { id: 'P0LEE', name: 'Lee', email: 'lee@example.com' },
        { id: 'P0WHO', name: 'Who', email: 'who@example.com' },
      ],
      webhookPauseMs: 100,
    });
    const apiUrl = await pagerduty.listen();
    const tap = new Tap();
    const ground = await Ground.start('http://127.0.0.1:1/api/', tap.wrap);
    const place = new PagerdutyPlace(ground, pagerduty, tap, apiUrl);
    place.subscribe();
    return place;
  }

  async stop(): Promise<void> {
    await this.ground.stop();
    await this.pagerduty.close();
  }

  get source(): string {
    return `pagerduty-${this.ground.system.name}`;
  }

  subscribe(): void {
    this.pagerduty.subscribe({ url: `${this.ground.url}/pagerduty/${this.source}`, secrets: [secret] });
  }

  /** An event of the Events API, as Belay or another tool sends it. */
  async event(event: object): Promise<void> {
    const { status } = await fetch(`${this.apiUrl}/v2/enqueue`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ routing_key: ROUTING_KEY, ...event }),
    });
    if (status !== 202) throw new Error(`PagerDuty answered ${status}`);
    await this.pagerduty.settled();
  }

  /** Something else than PagerDuty's own queue sends a body. */
  async send(
    body: string | object,
    how: { source?: string; secret?: string; headers?: Record<string, string>; app?: FastifyInstance } = {},
  ): Promise<Answer> {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await (how.app ?? this.ground.app).inject({
      method: 'POST',
      url: `/pagerduty/${how.source ?? this.source}`,
      payload,
      headers: {
        'content-type': 'application/json',
        'x-pagerduty-signature': signatures(payload, [how.secret ?? secret]),
        ...how.headers,
      },
    });
    return { status: answer.statusCode, body: answer.json() };
  }
}

let events = 0;

/** An event as PagerDuty's documentation shows it. */
export function webhook(
  type: string,
  data: object,
  more: { id?: string; agent?: object | null; client?: object | null; at?: number } = {},
): { event: Record<string, unknown> } {
  return {
    event: {
      id: more.id ?? `01EVENT${(events += 1)}${Date.now()}`,
      event_type: type,
      resource_type: 'incident',
      occurred_at: new Date(more.at ?? Date.now()).toISOString(),
      agent: more.agent === undefined ? user('P0ROB', 'Rob') : more.agent,
      client: more.client ?? null,
      data,
    },
  };
}

export const user = (id: string, summary: string) => ({ id, summary, type: 'user_reference', html_url: null });

/** Our own integration, as it stands behind what we have sent. */
export const integration = { id: 'PSERVICE', type: 'events_api_v2_inbound_integration_reference', summary: 'API' };

export const incidentData = (id: string, incidentKey: string, more: object = {}) => ({
  id,
  type: 'incident',
  number: 7,
  html_url: `https://example.pagerduty.com/incidents/${id}`,
  incident_key: incidentKey,
  title: 'Disk is full',
  service: { id: 'PSERVICE', type: 'service_reference', summary: 'Web' },
  assignees: [],
  priority: null,
  urgency: 'high',
  ...more,
});

export const noteData = (id: string, content: string) => ({
  type: 'incident_note',
  id: 'PNOTE',
  content,
  trimmed: false,
  incident: { id, type: 'incident_reference', summary: 'Disk is full' },
});
