import { describe, expect, test } from '@jest/globals';
import { TemporalAway } from '../../client/incidents/port.js';
import type { IncidentView } from '../../workflows/incident/types.js';
import { serving, tokens } from './place.js';
import type { Served } from './place.js';

const incident = 'incident/shop/unmatched/0123456789abcdef';
const view = (more: Partial<IncidentView> = {}): IncidentView => ({
  ...{ incident, title: 'T', system: 'shop', kind: 'operational', severity: 'P1', phase: 'triggered' },
  ...{ exhausted: false, flapping: false, openedAt: 1, triggeredAt: 1, level: 0, firing: 1 },
  ...{ alerts: [], suggested: [], clocks: [], runs: [], checklist: [], reopened: 0, ...more },
});
const ask = async ({ post }: Served, body: object, token = tokens.bot, path = '/bots/bot') => {
  const response = await post(path, token, body);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

describe('bots', () => {
  test('open: as whom, and once for a request', async () => {
    await serving(async (served) => {
      const open = { type: 'open', requestId: 'r-1', title: 'Cart is slow', severity: 'P2', reason: 'p95 above 2 s' };
      expect(await ask(served, open)).toEqual({ status: 202, body: { incident: 'incident/shop/opened-1' } });
      expect(served.told.openings).toEqual([
        {
          opening: { title: 'Cart is slow', severity: 'P2', reason: 'p95 above 2 s', requestedBy: 'watchdog' },
          requestId: 'bot/r-1',
        },
      ]);
    });
  });

  test('open with a severity that the system does not have', async () => {
    await serving(async (served) => {
      const asked = { type: 'open', requestId: 'r', title: 'x', severity: 'P9', reason: 'x' };
      const { status, body } = await ask(served, asked);
      expect([status, body['message']]).toEqual([400, 'severity: must be one of P1, P2, P3']);
    });
  });

  test('alert: key and start are the episode', async () => {
    await serving(async (served) => {
      const one = {
        ...{ key: 'disk db-1', status: 'firing', name: 'DiskFull', startsAt: '2026-11-21T10:00:00Z' },
        ...{ labels: { host: 'db-1' }, links: [{ title: 'x', url: 'javascript:1' }] },
      };
      expect((await ask(served, { type: 'alert', alerts: [one] })).status).toBe(202);
      expect(served.told.deliveries[0]?.alerts).toEqual([
        {
          ...{ fingerprint: 'bot/disk db-1', status: 'firing', name: 'DiskFull' },
          ...{ startsAt: Date.parse('2026-11-21T10:00:00Z'), labels: { alertname: 'DiskFull', host: 'db-1' } },
        },
      ]);
    });
  });

  test.each([
    ['acknowledge', {}],
    ['escalate', { expectedLevel: 1 }],
    ['note', { text: 'looked at it' }],
    ['resolve', { reason: 'gone' }],
  ])('%s is done in the bot’s name', async (type, more) => {
    await serving(async (served) => {
      const { status, body } = await ask(served, { type, incident, requestId: 'r', ...more });
      expect([status, body]).toEqual([200, { accepted: true, answer: 'done' }]);
      expect(served.told.actions).toEqual([
        {
          incident,
          action: { type, ...more, requestId: 'bot/r', actor: { id: 'watchdog', via: 'bot', proved: true } },
        },
      ]);
    });
  });

  test.each([
    [{ accepted: false, code: 'ALREADY_RESOLVED', answer: 'It is over.' }, 409],
    [{ accepted: true, code: 'ACCEPTED_PENDING', answer: 'Under way.' }, 202],
    [{ accepted: false, code: 'NOT_FOUND', answer: 'No.' }, 404, 'NO_SUCH_INCIDENT'],
  ])('an answer of %j is %i', async (answer, status, code = answer.code) => {
    await serving(async (served) => {
      served.told.answer = answer;
      const asked = await ask(served, { type: 'acknowledge', incident, requestId: 'r' });
      expect(asked.status).toBe(status);
      expect(asked.body['code']).toBe(code);
    });
  });

  test('an incident of another system is none to it', async () => {
    await serving(async (served) => {
      const foreign = 'incident/shop-2/unmatched/0123456789abcdef';
      served.told.view = view();
      for (const type of ['acknowledge', 'query'])
        expect(
          (await ask(served, { type, incident: foreign, ...(type === 'query' ? {} : { requestId: 'r' }) })).status,
        ).toBe(404);
      expect(served.told.actions).toEqual([]);
    });
  });

  test.each([['open'], ['alert'], ['acknowledge'], ['escalate'], ['note'], ['resolve']])(
    'a reader may not %s',
    async (type) => {
      await serving(async (served) => {
        const bodies: Record<string, object> = {
          open: { requestId: 'r', title: 'x', reason: 'x' },
          alert: { alerts: [{ key: 'k', status: 'firing', name: 'n', startsAt: '2026-11-21T10:00:00Z' }] },
          escalate: { incident, requestId: 'r', expectedLevel: 0 },
          note: { incident, requestId: 'r', text: 'x' },
        };
        const body = { type, ...(bodies[type] ?? { incident, requestId: 'r' }) };
        expect((await ask(served, body, 'token-of-the-reader', '/bots/reader')).status).toBe(403);
        const { deliveries, actions, openings } = served.told;
        expect([...deliveries, ...actions, ...openings]).toEqual([]);
      });
    },
  );

  test('query: one, unless it is a security incident', async () => {
    await serving(async (served) => {
      served.told.view = view();
      expect(await ask(served, { type: 'query', incident })).toEqual({ status: 200, body: { incident: view() } });
      served.told.view = view({ kind: 'security' });
      expect((await ask(served, { type: 'query', incident })).status).toBe(404);
      served.told.view = undefined;
      expect((await ask(served, { type: 'query', incident })).status).toBe(404);
    });
  });

  test('query: all open ones, without those of security and those that cannot be asked', async () => {
    await serving(async (served) => {
      const of = (id: string) => ({ incident: `incident/shop/${id}`, system: 'shop', openedAt: 1 });
      const shown = { ...of('unmatched/1'), kind: 'operational' as const };
      served.told.listed = [shown, { ...of('intruder/2'), kind: 'security' }, of('opened-elsewhere-3')];
      const listed = async () => (await ask(served, { type: 'query' })).body['incidents'];
      served.told.view = view({ kind: 'security' });
      expect(await listed()).toEqual([shown]);
      served.told.view = view();
      expect(await listed()).toEqual([shown, of('opened-elsewhere-3')]);
      served.told.state = () => Promise.reject(new TemporalAway('nobody answers'));
      expect(await listed()).toEqual([shown]);
    });
  });

  test.each([
    ['a field too many', { type: 'query', more: 1 }],
    ['no request id', { type: 'acknowledge', incident }],
    ['an action that there is not', { type: 'merge', incident, requestId: 'r', into: incident }],
    ['no incident', { type: 'acknowledge', incident: 'rollingUpdate/shop/1', requestId: 'r' }],
    [
      'a time without its zone',
      { type: 'alert', alerts: [{ key: 'k', status: 'firing', name: 'n', startsAt: '2026-11-21T10:00:00' }] },
    ],
    ['a list', []],
  ])('refused: %s', async (_name, body) => {
    await serving(async (served) => {
      expect((await ask(served, body)).status).toBe(400);
    });
  });
});
