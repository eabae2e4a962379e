import { randomBytes, randomUUID } from 'node:crypto';
import type { DoubleEvent } from './event.js';

export interface DoubleUser {
  id: string;
  name: string;
  email: string;
}

/** A service with one integration of the Events API v2. */
export interface DoubleService {
  id: string;
  name: string;
  routingKey: string;
  /** Ids of users; the first is notified of what is triggered, escalation goes to the next. */
  escalation: string[];
}

export type DoubleStatus = 'triggered' | 'acknowledged' | 'resolved';

export interface DoubleIncident {
  id: string;
  number: number;
  incident_key: string;
  status: DoubleStatus;
  title: string;
  severity: string;
  created_at: string;
  service: string;
  /** Ids of users. */
  assignees: string[];
  client: { name: string; url?: string } | null;
  details: Record<string, unknown>;
  /** Users whom PagerDuty has notified, one entry each time. */
  notified: string[];
  notes: string[];
  /** What happened, oldest first, e.g. `trigger by integration`. */
  log: string[];
}

/** Who did something: a user, or nobody but the integration. */
export type Agent = { user: string } | { integration: string };

/** A change that PagerDuty tells subscribers of. */
export interface Change {
  type: string;
  incident: DoubleIncident;
  agent: Agent;
  note?: string;
}

export const ACTIONS = [
  'acknowledge',
  'unacknowledge',
  'escalate',
  'reassign',
  'reopen',
  'resolve',
  'annotate',
] as const;
export type DoubleAction = (typeof ACTIONS)[number];

const newId = (): string => `Q${randomBytes(7).toString('hex').toUpperCase().slice(0, 13)}`;

/** Incidents of an account, changed by events and people as PagerDuty does it. `tell` hears of every change. */
export class Account {
  private incidents: DoubleIncident[] = [];

  constructor(
    private readonly services: DoubleService[],
    private readonly tell: (change: Change) => void,
  ) {}

  service(routingKey: string): DoubleService | undefined {
    return this.services.find((one) => one.routingKey === routingKey);
  }

  serviceById(id: string): DoubleService | undefined {
    return this.services.find((one) => one.id === id);
  }

  /** Oldest first. */
  list(): DoubleIncident[] {
    return structuredClone(this.incidents);
  }

  clear(): void {
    this.incidents = [];
  }

  /** Applies an event of a known key; returns its `dedup_key`. */
  apply(event: DoubleEvent, service: DoubleService): string {
    const key = event.dedup_key ?? randomUUID().replaceAll('-', '');
    const open = this.incidents.find(
      (one) => one.service === service.id && one.incident_key === key && one.status !== 'resolved',
    );
    const agent = { integration: service.id };
    if (event.event_action !== 'trigger') {
      // Without an open alert the vendor drops it, and says 202 all the same.
      if (open && !(event.event_action === 'acknowledge' && open.status === 'acknowledged'))
        this.change(open, event.event_action, agent);
      return key;
    }
    if (open) {
      // Only a line in the log: nobody is notified again.
      open.log.push('trigger by integration');
      return key;
    }
    const { summary, severity, custom_details: details = {} } = event.payload;
    const client =
      event.client === undefined ? null : { name: event.client, ...(event.client_url && { url: event.client_url }) };
    const [first] = service.escalation;
    const assignees = first === undefined ? [] : [first];
    const incident: DoubleIncident = {
      ...{ id: newId(), number: this.incidents.length + 1, incident_key: key, status: 'triggered' },
      ...{ title: summary, severity, created_at: new Date().toISOString(), service: service.id },
      ...{ assignees, client, details, notified: [...assignees], notes: [], log: ['trigger by integration'] },
    };
    this.incidents.push(incident);
    this.tell({ type: 'incident.triggered', incident: structuredClone(incident), agent });
    return key;
  }

  /** What a person does in PagerDuty. Throws when there is no such open incident or user. */
  act(idOrKey: string, action: DoubleAction, user: string, more: { to?: string; note?: string } = {}): void {
    const found = this.incidents.findLast((one) => one.id === idOrKey || one.incident_key === idOrKey);
    if (!found) throw new Error(`there is no incident ${idOrKey}`);
    if (found.status === 'resolved' && action !== 'reopen' && action !== 'annotate')
      throw new Error(`incident ${idOrKey} is resolved`);
    this.change(found, action, { user }, more);
  }

  private change(
    incident: DoubleIncident,
    action: DoubleAction,
    agent: Agent,
    more: { to?: string; note?: string } = {},
  ): void {
    incident.log.push(`${action} by ${'user' in agent ? agent.user : 'integration'}`);
    const type = this.carryOut(incident, action, agent, more);
    const note = action === 'annotate' ? { note: more.note ?? '' } : {};
    this.tell({ type, incident: structuredClone(incident), agent, ...note });
  }

  private carryOut(
    incident: DoubleIncident,
    action: DoubleAction,
    agent: Agent,
    more: { to?: string; note?: string },
  ): string {
    const assign = (user: string | undefined): void => {
      if (user === undefined) return;
      incident.assignees = [user];
      incident.notified.push(user);
    };
    switch (action) {
      case 'acknowledge':
        incident.status = 'acknowledged';
        if ('user' in agent) incident.assignees = [agent.user];
        return 'incident.acknowledged';
      case 'unacknowledge':
        incident.status = 'triggered';
        assign(incident.assignees[0]);
        return 'incident.unacknowledged';
      case 'resolve':
        incident.status = 'resolved';
        return 'incident.resolved';
      case 'reopen':
        incident.status = 'triggered';
        assign(incident.assignees[0]);
        return 'incident.reopened';
      case 'escalate': {
        const chain = this.serviceById(incident.service)?.escalation ?? [];
        incident.status = 'triggered';
        assign(chain[chain.indexOf(incident.assignees[0] ?? '') + 1] ?? chain.at(-1));
        return 'incident.escalated';
      }
      case 'reassign':
        incident.status = 'triggered';
        assign(more.to);
        return 'incident.reassigned';
      case 'annotate':
        incident.notes.push(more.note ?? '');
        return 'incident.annotated';
    }
  }
}
