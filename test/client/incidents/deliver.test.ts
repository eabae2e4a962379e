import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { Deliverer } from '../../../client/incidents/deliver.js';
import { openIncidents } from '../../../client/incidents/query.js';
import { routeAlert, stormId } from '../../../client/incidents/route.js';
import { TemporalAway } from '../../../client/incidents/port.js';
import type { Delivery, IncidentSystem, SourceAlert } from '../../../client/incidents/port.js';
import type { AlertsEvent, IncidentEvent } from '../../../workflows/incident/types.js';
import { freePort } from '../../../sandbox/kit/ports.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newName, Place } from './place.js';
import { alert, shop } from './shop.js';

let place: Place;
beforeAll(async () => {
  place = await Place.start();
}, SANDBOX_MS);
afterAll(() => place.stop());

const delivery = (...alerts: SourceAlert[]): Delivery => ({ source: 'am', group: 'g', receivedAt: 5_000, alerts });
const resolved = (from: SourceAlert): SourceAlert => ({ ...from, status: 'resolved', endsAt: 9_000 });
const idOf = (system: IncidentSystem, one: SourceAlert) => routeAlert(system, one).workflowId;
const alertsOf = (events: IncidentEvent[]) =>
  events.filter((event): event is AlertsEvent => event.type === 'alerts').flatMap(({ alerts }) => alerts);

/** A system of its own, a deliverer like that of a gateway, and how to make another. */
async function delivering(
  incidents: Parameters<typeof shop>[0],
  body: (parts: { system: IncidentSystem; deliverer: Deliverer; another: () => Deliverer }) => Promise<void>,
): Promise<void> {
  await place.playing(async (queue) => {
    const another = () => new Deliverer({ client: place.client, queue, clock: Date.now });
    await body({ system: shop(incidents, newName()), deliverer: another(), another });
  });
}

describe('deliveries', () => {
  test('what fires opens its incident, what resolves is told to it; each incident gets its own alerts', async () => {
    await delivering({}, async ({ system, deliverer }) => {
      const [one, two] = [alert({ alertname: 'A' }), alert({ alertname: 'B' })];
      const opened = await deliverer.deliver(system, delivery(one, two));
      expect(opened.map(({ outcome }) => outcome)).toEqual(['opened', 'opened']);
      const [told] = await deliverer.deliver(system, delivery(resolved(one)));
      expect(told).toEqual({ incident: idOf(system, one), outcome: 'attached', alerts: 1 });
      const { input, events } = await place.kept(idOf(system, one));
      expect(input).toMatchObject({
        ...{ system: system.name, title: 'A', severity: 'P3', kind: 'operational', rule: 'unmatched' },
        ...{ groupKey: '{alertname="A"}', requestedBy: 'am' },
      });
      expect(alertsOf(events).map(({ status, severity }) => [status, severity])).toEqual([
        ['firing', 'P3'],
        ['resolved', 'P3'],
      ]);
      expect(alertsOf((await place.kept(idOf(system, two))).events)).toHaveLength(1);
    });
  });

  test('a resolve without an open incident opens none, neither before nor after', async () => {
    await delivering({}, async ({ system, deliverer }) => {
      const one = alert({ alertname: 'A' });
      const dropped = { incident: idOf(system, one), outcome: 'dropped', alerts: 1 };
      expect(await deliverer.deliver(system, delivery(resolved(one)))).toEqual([dropped]);
      expect(await place.exists(idOf(system, one))).toBe(false);
      await deliverer.deliver(system, delivery({ ...one, startsAt: 2_000 }));
      await place.end(idOf(system, one));
      expect(await deliverer.deliver(system, delivery(resolved({ ...one, startsAt: 2_000 })))).toEqual([dropped]);
    });
  });

  test('a firing that comes after its resolve opens nothing', async () => {
    await delivering({}, async ({ system, deliverer }) => {
      const one = alert({ alertname: 'A' });
      await deliverer.deliver(system, delivery(resolved(one)));
      const late = await deliverer.deliver(system, delivery(one));
      expect(late.map(({ outcome }) => outcome)).toEqual(['dropped', 'held']);
      expect(await place.exists(idOf(system, one))).toBe(false);
      const [next] = await deliverer.deliver(system, delivery({ ...one, startsAt: 2_000 }));
      expect(next?.outcome).toBe('opened');
    });
  });

  test('a resolve right behind its firing does not overtake it', async () => {
    await delivering({}, async ({ system, deliverer }) => {
      const alerts = Array.from({ length: 20 }, (_, i) => alert({ alertname: `A${i}` }));
      await Promise.all(
        alerts.flatMap((one) => [
          deliverer.deliver(system, delivery(one)),
          deliverer.deliver(system, delivery(resolved(one))),
        ]),
      );
      for (const one of alerts) {
        const told = alertsOf((await place.kept(idOf(system, one))).events).map(({ status }) => status);
        expect(told).toEqual(['firing', 'resolved']);
      }
    });
  });

  test('a hundred at once of one group are one incident, and none is lost', async () => {
    await delivering({}, async ({ system, deliverer, another }) => {
      const second = another();
      const alerts = Array.from({ length: 100 }, (_, i) => alert({ alertname: 'A', host: `h${i}` }));
      await Promise.all(alerts.map((one, i) => (i % 2 === 0 ? deliverer : second).deliver(system, delivery(one))));
      const { events } = await place.kept(idOf(system, alert({ alertname: 'A' })));
      expect(new Set(alertsOf(events).map(({ fingerprint }) => fingerprint)).size).toBe(100);
    });
  });

  test('the same delivery twice carries the same id', async () => {
    await delivering({}, async ({ system, deliverer, another }) => {
      const one = alert({ alertname: 'A' });
      await deliverer.deliver(system, delivery(one));
      await another().deliver(system, { ...delivery(one), receivedAt: 6_000 });
      const { events } = await place.kept(idOf(system, one));
      const ids = events.map((event) => (event.type === 'alerts' ? event.deliveryId : ''));
      expect(ids).toHaveLength(2);
      expect(new Set(ids).size).toBe(1);
    });
  });

  test('a delivery larger than an event may be arrives whole, in parts', async () => {
    await delivering({}, async ({ system, deliverer }) => {
      const padding = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`label${i}`, 'x'.repeat(1_000)]));
      const alerts = Array.from({ length: 30 }, (_, i) => alert({ alertname: 'A', host: `h${i}`, ...padding }));
      await deliverer.deliver(system, delivery(...alerts));
      const { events } = await place.kept(idOf(system, alert({ alertname: 'A' })));
      expect(events.length).toBeGreaterThan(3);
      expect(alertsOf(events)).toHaveLength(30);
      expect(new Set(events.map((event) => (event.type === 'alerts' ? event.deliveryId : ''))).size).toBe(
        events.length,
      );
    });
  });

  test('the worst alert that fires gives the severity; a new run opens after the end of the old one', async () => {
    const severityLabel = { label: 'severity', values: { critical: 'P1', warning: 'P2' } };
    await delivering({ rules: [{ id: 'r', severityLabel, groupBy: ['job'] }] }, async ({ system, deliverer }) => {
      const [mild, bad] = ['warning', 'critical'].map((severity) => alert({ alertname: severity, severity, job: 'j' }));
      if (!mild || !bad) throw new Error('two alerts');
      await deliverer.deliver(system, delivery(mild, bad));
      const incident = idOf(system, mild);
      expect((await place.kept(incident)).input.severity).toBe('P1');
      await place.end(incident);
      const [again] = await deliverer.deliver(system, delivery({ ...mild, startsAt: 7_000 }));
      expect(again).toMatchObject({ incident, outcome: 'opened' });
      expect((await place.kept(incident)).input.severity).toBe('P2');
    });
  });

  test('open incidents are listed, with their kind', async () => {
    const rules = [{ id: 'intruder', match: { alertname: 'B' }, kind: 'security' as const }];
    await delivering({ rules }, async ({ system, deliverer }) => {
      const alerts = ['A', 'B'].map((alertname) => alert({ alertname }));
      await deliverer.deliver(system, delivery(...alerts));
      let listed: Awaited<ReturnType<typeof openIncidents>> = [];
      for (let tries = 0; tries < 200 && listed.length < 2; tries++) {
        listed = await openIncidents(place.client, system.name);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const kinds = new Map(listed.map(({ incident, kind }) => [incident, kind]));
      expect(alerts.map((one) => kinds.get(idOf(system, one)))).toEqual(['operational', 'security']);
    });
  });

  test('Temporal away: told as such, so that the sender comes again', async () => {
    const connection = Connection.lazy({ address: `127.0.0.1:${await freePort()}` });
    try {
      const deliverer = new Deliverer({ client: new Client({ connection }), queue: 'q', clock: Date.now });
      await expect(deliverer.deliver(shop(), delivery(alert({ alertname: 'A' })))).rejects.toThrow(TemporalAway);
    } finally {
      await connection.close();
    }
  });
});

describe('storms', () => {
  const storm = { incidents: 3, withinSeconds: 3_600 };
  const hosts = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => alert({ alertname: 'Down', host: `h${from + i}` }));
  const rules = [{ id: 'down', groupBy: ['host'], severity: 'P2' }];

  test('more new incidents than allowed are gathered under one', async () => {
    await delivering({ rules, storm }, async ({ system, deliverer }) => {
      for (const one of hosts(0, 5)) await deliverer.deliver(system, delivery(one));
      const gathered = await Promise.all(
        hosts(0, 5).map(async (one) => (await place.kept(idOf(system, one))).input.storm),
      );
      const id = stormId(system.name, 'down');
      expect(gathered).toEqual([undefined, undefined, undefined, id, id]);
      const { input, events } = await place.kept(id);
      expect(input).toMatchObject({ isStorm: true, rule: 'down', severity: 'P2' });
      expect(events).toEqual(
        hosts(3, 5).map((one) => expect.objectContaining({ type: 'child', incident: idOf(system, one) })),
      );
    });
  });

  test('open incidents are no new ones to a gateway that has just started', async () => {
    await delivering({ rules, storm }, async ({ system, another }) => {
      for (const one of hosts(0, 3)) await another().deliver(system, delivery(one));
      for (const one of hosts(3, 6)) await another().deliver(system, delivery(one));
      const restarted = another();
      for (const one of hosts(0, 6)) await restarted.deliver(system, delivery(one));
      expect(await place.exists(stormId(system.name, 'down'))).toBe(false);
    });
  });
});
