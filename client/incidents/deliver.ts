import type { AlertFact, AlertsEvent, ChildEvent } from '../../workflows/incident/types.js';
import { call, callIfOpen } from './calls.js';
import { deliveryId } from './deliveryId.js';
import { Episodes } from './episodes.js';
import { atMost, InOrder } from './inOrder.js';
import { TemporalAway } from './port.js';
import type { Delivered, Delivery, IncidentSystem } from './port.js';
import { routeAlert, severityRank, stormId, worstSeverity } from './route.js';
import type { Route } from './route.js';
import { startOptions } from './start.js';
import type { IncidentPlace, NewIncident } from './start.js';
import { Storms } from './storms.js';

/** Incidents of one request that are told at the same time. */
const AT_ONCE = 20;
/** For a whole request; Alertmanager gives up after its group interval and comes again. */
const REQUEST_MS = 25_000;
/** Of one event as JSON: far below what Temporal takes, so that an incident's history stays small. */
const EVENT_CHARS = 200_000;

/** One incident's share of a delivery. */
interface Share {
  route: Route;
  /** Of the alert whose route it is: the smallest is the worst. */
  weight: number;
  alerts: AlertFact[];
}

/** Splits a delivery by incident; the worst alert that fires gives the route its severity and title. */
function sharesOf(system: IncidentSystem, delivery: Delivery): Share[] {
  const shares = new Map<string, Share>();
  for (const alert of delivery.alerts) {
    const route = routeAlert(system, alert);
    const fact: AlertFact = { ...alert, severity: route.severity };
    const known = shares.get(route.workflowId);
    const weight =
      alert.status === 'firing' ? severityRank(system.incidents, route.severity) : Number.POSITIVE_INFINITY;
    if (!known) shares.set(route.workflowId, { route, weight, alerts: [fact] });
    else {
      known.alerts.push(fact);
      if (weight < known.weight) Object.assign(known, { route, weight });
    }
  }
  return [...shares.values()];
}

/** Alerts of one incident in as few events as their size allows. */
function eventsOf(delivery: Delivery, alerts: AlertFact[]): AlertsEvent[] {
  const parts: AlertFact[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const alert of alerts) {
    const { length } = JSON.stringify(alert);
    if (size + length > EVENT_CHARS) {
      parts.push([]);
      size = 0;
    }
    size += length;
    parts.at(-1)?.push(alert);
  }
  const { source, group, receivedAt } = delivery;
  return parts.map((part) => ({
    type: 'alerts',
    deliveryId: deliveryId(source, group, part),
    source,
    receivedAt,
    alerts: part,
  }));
}

const commonInput = (system: IncidentSystem, { route }: Share, delivery: Delivery): NewIncident => ({
  system: system.name,
  title: route.title,
  reason: `Alert from ${delivery.source}`,
  requestedBy: delivery.source,
  severity: route.severity,
  ...(route.policy !== undefined && { policy: route.policy }),
  ...(route.service !== undefined && { service: route.service }),
  kind: route.kind,
  rule: route.rule,
});

/** Hands the alerts of machines to their incidents. What it remembers (late resolves, storms) lives in this process alone; losing it loses no alert. */
export class Deliverer {
  private readonly order = new InOrder();
  private readonly episodes: Episodes;
  private readonly storms: Storms;

  constructor(private readonly place: IncidentPlace) {
    this.episodes = new Episodes(place.clock);
    this.storms = new Storms(place.clock);
  }

  /**
   * Returns after Temporal has every event: those that fire open their incident or join it, those that only resolve are told to an open one and dropped
   * where there is none. Safe to repeat as a whole. Throws `TemporalAway`.
   */
  async deliver(system: IncidentSystem, delivery: Delivery): Promise<Delivered[]> {
    const until = this.place.clock() + REQUEST_MS;
    const held: Delivered[] = [];
    const alerts = delivery.alerts.map((sent) => {
      const { alert, held: late } = this.episodes.take(sent);
      if (late) held.push({ incident: routeAlert(system, alert).workflowId, outcome: 'held', alerts: 1 });
      return alert;
    });
    const told = await atMost(AT_ONCE, sharesOf(system, { ...delivery, alerts }), (share) =>
      this.order.run(share.route.workflowId, () => {
        if (this.place.clock() > until)
          throw new TemporalAway(`Not everything was taken within ${REQUEST_MS / 1_000} s; send it again.`);
        return this.tell(system, delivery, share);
      }),
    );
    return [...told, ...held];
  }

  private async tell(system: IncidentSystem, delivery: Delivery, share: Share): Promise<Delivered> {
    const { workflowId: incident } = share.route;
    const told = { incident, alerts: share.alerts.length };
    const [first, ...further] = eventsOf(delivery, share.alerts);
    if (!first) return { ...told, outcome: 'dropped' };
    const fires = share.alerts.some(({ status }) => status === 'firing');
    const outcome = fires ? await this.fire(system, delivery, share, first) : await this.signal(incident, first);
    for (const event of further) await this.signal(incident, event);
    return { ...told, outcome };
  }

  /** Only to an incident that is open. */
  private async signal(incident: string, event: AlertsEvent): Promise<'attached' | 'dropped'> {
    const { client } = this.place;
    const handle = client.workflow.getHandle(incident);
    const sent = await callIfOpen(client, async () => {
      await handle.signal<[AlertsEvent]>('event', event);
      return true;
    });
    return sent ? 'attached' : 'dropped';
  }

  private async fire(
    system: IncidentSystem,
    delivery: Delivery,
    share: Share,
    event: AlertsEvent,
  ): Promise<'opened' | 'attached'> {
    const { route } = share;
    const counted = this.storms.knows(route.workflowId)
      ? undefined
      : this.storms.count(`${system.name}/${route.rule}`, system.incidents.storm);
    try {
      const open = counted?.stormy === true && (await this.isOpen(route.workflowId));
      // After a restart every open incident is new to this process.
      if (open) counted.takeBack();
      const storm = counted?.stormy && !open ? stormId(system.name, route.rule) : undefined;
      // The storm first: an incident that pages nobody itself must never stand alone.
      if (storm !== undefined) await this.gather(system, delivery, share, storm);
      const input: NewIncident = {
        ...commonInput(system, share, delivery),
        groupKey: route.groupKey,
        ...(storm !== undefined && { storm }),
      };
      const runId = await this.signalWithStart(route.workflowId, input, event);
      return this.storms.remember(route.workflowId, runId) ? 'opened' : 'attached';
    } catch (error) {
      counted?.takeBack();
      throw error;
    }
  }

  /** Opens the storm's incident, or tells it of one more. */
  private async gather(system: IncidentSystem, delivery: Delivery, share: Share, storm: string): Promise<void> {
    const { route } = share;
    const { incidents, withinSeconds } = system.incidents.storm;
    const child: ChildEvent = {
      type: 'child',
      deliveryId: deliveryId(delivery.source, storm, [{ fingerprint: route.workflowId, status: 'child', startsAt: 0 }]),
      incident: route.workflowId,
      title: route.title,
      receivedAt: delivery.receivedAt,
    };
    const input: NewIncident = {
      ...commonInput(system, share, delivery),
      title: `Storm: more than ${incidents} incidents of ${route.rule} within ${withinSeconds} s`,
      severity: worstSeverity(route.rule, system.incidents),
      groupKey: 'storm',
      isStorm: true,
    };
    await this.signalWithStart(storm, input, child);
  }

  private async signalWithStart(
    workflowId: string,
    input: NewIncident,
    event: AlertsEvent | ChildEvent,
  ): Promise<string> {
    const { client, queue } = this.place;
    const handle = await call(client, () =>
      client.workflow.signalWithStart('incident', {
        ...startOptions(queue, workflowId, input),
        signal: 'event',
        signalArgs: [event],
      }),
    );
    return handle.signaledRunId;
  }

  private async isOpen(workflowId: string): Promise<boolean> {
    const { client } = this.place;
    const found = await callIfOpen(client, () => client.workflow.getHandle(workflowId).describe());
    return found?.status.name === 'RUNNING';
  }
}
