import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { actOn, PENDING } from '../../../client/incidents/act.js';
import { openIncident } from '../../../client/incidents/open.js';
import { incidentState } from '../../../client/incidents/query.js';
import type { IdentifiedAction } from '../../../client/incidents/port.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { newName, Place } from './place.js';
import { shop } from './shop.js';

let place: Place;
beforeAll(async () => {
  place = await Place.start();
}, SANDBOX_MS);
afterAll(() => place.stop());

const actor = { id: 'bot', via: 'bot' as const, proved: true };
const acknowledge = (requestId: string = randomUUID()): IdentifiedAction => ({ type: 'acknowledge', actor, requestId });

/** An incident that somebody has opened, and its queue. */
async function opened(queue: string, requestId: string = randomUUID()): Promise<string> {
  const opening = { title: 'Checkout: 503!', severity: 'P1', reason: 'calls', requestedBy: 'bot' };
  const system = shop({}, newName());
  return (await openIncident({ client: place.client, queue, clock: Date.now }, system, opening, requestId)).incident;
}

describe('actions', () => {
  test('accepted, and the same request gets the same answer', async () => {
    await place.playing(async (queue) => {
      const incident = await opened(queue);
      const action = acknowledge();
      expect(await actOn(place.client, incident, action)).toEqual({ accepted: true, answer: 'answer 1' });
      expect(await actOn(place.client, incident, action)).toEqual({ accepted: true, answer: 'answer 1' });
      expect(await actOn(place.client, incident, acknowledge())).toEqual({ accepted: true, answer: 'answer 2' });
    });
  });

  test("refused: the incident's own words and code", async () => {
    await place.playing(async (queue) => {
      const action: IdentifiedAction = { type: 'escalate', expectedLevel: 1, actor, requestId: randomUUID() };
      expect(await actOn(place.client, await opened(queue), action)).toEqual({
        accepted: false,
        code: 'ALREADY_ESCALATED',
        answer: 'It stands at level 2 already.',
      });
    });
  });

  test('no such incident, or one that has ended', async () => {
    await place.playing(async (queue) => {
      const never = `incident/shop/unmatched/${randomUUID()}`;
      expect(await actOn(place.client, never, acknowledge())).toMatchObject({ accepted: false, code: 'NOT_FOUND' });
      const incident = await opened(queue);
      await place.end(incident);
      expect(await actOn(place.client, incident, acknowledge())).toMatchObject({ accepted: false, code: 'NOT_FOUND' });
    });
  });

  test('without a worker: accepted as under way, and the incident has it once a worker comes', async () => {
    const queue = `incidents-${randomUUID()}`;
    const incident = await opened(queue);
    const action = acknowledge();
    expect(await actOn(place.client, incident, action, 300)).toMatchObject({ accepted: true, code: PENDING });
    await place.playing(async () => {
      const { events } = await place.kept(incident);
      expect(events).toEqual([action]);
    }, queue);
  });

  test('without a worker: an incident that is none is not accepted', async () => {
    const never = `incident/shop/unmatched/${randomUUID()}`;
    expect(await actOn(place.client, never, acknowledge(), 300)).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('opening', () => {
  test('the same request opens one incident, also after it has ended', async () => {
    await place.playing(async (queue) => {
      const system = shop({}, newName());
      const requestId = randomUUID();
      const open = (title: string, id = requestId) =>
        openIncident(
          { client: place.client, queue, clock: Date.now },
          system,
          { title, reason: 'calls', requestedBy: 'bot' },
          id,
        );
      const { incident } = await open('Checkout: 503!');
      expect(incident).toMatch(new RegExp(`^incident/${system.name}/checkout-503-[0-9a-f]{8}$`));
      await place.end(incident);
      expect(await open('Checkout: 503!')).toEqual({ incident });
      await expect(place.client.workflow.getHandle(incident).result()).resolves.toBeUndefined();
      expect(await open('Checkout: 503!', randomUUID())).not.toEqual({ incident });
    });
  });
});

describe('state', () => {
  test('of an incident, and of none', async () => {
    await place.playing(async (queue) => {
      const incident = await opened(queue);
      expect(await incidentState(place.client, incident)).toMatchObject({ title: 'Checkout: 503!', severity: 'P1' });
      expect(await incidentState(place.client, `incident/shop/unmatched/${randomUUID()}`)).toBeUndefined();
    });
  });
});
