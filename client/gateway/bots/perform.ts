import { boundedLabels, boundedLinks } from '../../incidents/facts.js';
import { PENDING, TemporalAway } from '../../incidents/index.js';
import { atMost } from '../../incidents/inOrder.js';
import type { Delivery, IncidentSummary, IncidentSystem, SourceAlert } from '../../incidents/port.js';
import { GatewayError } from '../errors.js';
import type { GatewayDeps, Source } from '../types.js';
import type { BotAction, BotAlert, BotRequest } from './schema.js';

/** What a bot is answered. */
export interface BotAnswer {
  status: 200 | 202 | 409;
  body: object;
}

/** Questions to workflows at the same time, for one list. */
const ASKED_AT_ONCE = 10;
const LISTED = 50;

const noIncident = (): GatewayError =>
  new GatewayError(404, 'NO_SUCH_INCIDENT', 'This system has no such incident that is open.', 'unknownIncident');

function alertOf(source: string, alert: BotAlert): SourceAlert {
  const links = boundedLinks(alert.links);
  return {
    fingerprint: `${source}/${alert.key}`,
    status: alert.status,
    startsAt: Date.parse(alert.startsAt),
    ...(alert.endsAt !== undefined && { endsAt: Date.parse(alert.endsAt) }),
    name: alert.name,
    labels: boundedLabels({ alertname: alert.name, ...alert.labels }),
    ...(alert.summary !== undefined && { summary: alert.summary }),
    ...(links.length > 0 && { links }),
  };
}

/** An incident of another system is none to this bot. */
function requireOwn(incident: string, system: IncidentSystem): void {
  if (!incident.startsWith(`incident/${system.name}/`)) throw noIncident();
}

/** Does what one bot asks. Throws `GatewayError` and `TemporalAway`. */
export class Performer {
  constructor(
    private readonly deps: GatewayDeps,
    private readonly source: Source<'bot'>,
    private readonly system: IncidentSystem,
  ) {}

  perform(request: BotRequest): Promise<BotAnswer> {
    const { may } = this.source.config;
    if (!may.includes(request.type))
      throw new GatewayError(403, 'NOT_ALLOWED', `This bot may ${may.join(', ')}; not ${request.type}.`, 'notAllowed');
    switch (request.type) {
      case 'open':
        return this.open(request);
      case 'alert':
        return this.alert(request.alerts);
      case 'query':
        return request.incident === undefined ? this.list() : this.show(request.incident);
      default:
        return this.act(request);
    }
  }

  private async open({ type: _type, requestId, ...asked }: Extract<BotRequest, { type: 'open' }>): Promise<BotAnswer> {
    const severities = this.system.incidents.severities.map(({ id }) => id);
    if (asked.severity !== undefined && !severities.includes(asked.severity))
      throw new GatewayError(400, 'INVALID', `severity: must be one of ${severities.join(', ')}`, 'invalid');
    const opening = {
      title: asked.title,
      reason: asked.reason,
      requestedBy: this.source.config.actor,
      ...(asked.severity !== undefined && { severity: asked.severity }),
      ...(asked.service !== undefined && { service: asked.service }),
    };
    const opened = await this.deps.incidents.open(this.system, opening, `${this.source.name}/${requestId}`);
    this.count('opened');
    return { status: 202, body: opened };
  }

  private async alert(alerts: BotAlert[]): Promise<BotAnswer> {
    const delivery: Delivery = {
      source: this.source.name,
      group: '',
      receivedAt: this.deps.clock(),
      alerts: alerts.map((alert) => alertOf(this.source.name, alert)),
    };
    const incidents = await this.deps.incidents.deliver(this.system, delivery);
    for (const { outcome } of incidents) this.count(outcome);
    return { status: 202, body: { incidents } };
  }

  private async act({ incident, requestId, ...asked }: BotAction): Promise<BotAnswer> {
    requireOwn(incident, this.system);
    const { actor: id } = this.source.config;
    const actor = { id, via: 'bot' as const, proved: true };
    // Another bot's request of the same id is another request.
    const answer = await this.deps.incidents.act(incident, {
      ...withoutUndefined(asked),
      actor,
      requestId: `${this.source.name}/${requestId}`,
    });
    if (answer.code === 'NOT_FOUND') throw noIncident();
    this.count(answer.accepted ? asked.type : 'refused');
    return { status: answer.code === PENDING ? 202 : answer.accepted ? 200 : 409, body: answer };
  }

  private async show(incident: string): Promise<BotAnswer> {
    requireOwn(incident, this.system);
    const state = await this.deps.incidents.state(incident);
    // Security incidents are for a few people, and for no bot.
    if (!state || state.kind === 'security') throw noIncident();
    return { status: 200, body: { incident: state } };
  }

  private async list(): Promise<BotAnswer> {
    const open = await this.deps.incidents.list(this.system.name, LISTED);
    const shown = await atMost(ASKED_AT_ONCE, open, async (summary) => ((await this.maySee(summary)) ? summary : []));
    return { status: 200, body: { incidents: shown.flat() } };
  }

  /** One whose kind the list does not tell is asked; while nobody answers it is left out, since it may be one of security. */
  private async maySee({ incident, kind }: IncidentSummary): Promise<boolean> {
    if (kind !== undefined) return kind === 'operational';
    try {
      return (await this.deps.incidents.state(incident))?.kind === 'operational';
    } catch (error) {
      if (error instanceof TemporalAway) return false;
      throw error;
    }
  }

  private count(outcome: string): void {
    this.deps.metrics.events.inc({ kind: 'bot', source: this.source.name, outcome });
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
