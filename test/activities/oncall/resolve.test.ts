import { afterEach, describe, expect, test } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { createOncallActivities } from '../../../activities/oncall/index.js';
import type { OncallSnapshot, ResolvedTargets } from '../../../activities/oncall/types.js';
import type { Target } from '../../../systems/incidentSchema.js';
import { systemSchema } from '../../../systems/schema.js';
import { inActivity } from '../http/inActivity.js';
import { serve, type Served } from '../http/serve.js';

const AT = Date.parse('2026-01-12T12:00:00Z');
const NOWHERE = 'http://127.0.0.1:1';

let vendor: Served | undefined;
afterEach(async () => {
  await vendor?.close();
  vendor = undefined;
});

function snapshot(apiUrl = NOWHERE): OncallSnapshot {
  const { name, people, rotas, channels } = systemSchema.parse({
    name: 'harbor',
    title: 'Harbor',
    channels: {
      dm: { type: 'slack', channel: '#ops', token: 'env:SLACK' },
      post: { type: 'mail', host: 'mail.example', from: 'belay@harbor.example' },
      page: { type: 'statuspage', pageId: 'abc', token: 'env:SP' },
    },
    people: {
      alice: {
        name: 'Alice',
        slack: 'U0ALICE',
        email: 'alice@harbor.example',
        pagerduty: 'PALICE',
        contacts: [{ channel: 'post', afterSeconds: 60 }, { channel: 'gone' }, { channel: 'dm' }],
      },
      bob: { name: 'Bob', email: 'Bob@harbor.example', contacts: [{ channel: 'post' }] },
      carol: { name: 'Carol', contacts: [{ channel: 'dm' }, { channel: 'page' }] },
      dave: { name: 'Dave' },
    },
    rotas: {
      primary: {
        timeZone: 'Europe/Berlin',
        start: '2026-01-12',
        handoff: { every: 'week', at: '09:00' },
        people: ['alice'],
      },
      later: {
        timeZone: 'UTC',
        start: '2027-01-01',
        handoff: { every: 'day', at: '09:00' },
        people: ['bob'],
      },
      duty: { source: 'pagerduty', schedule: 'PDUTY1', token: 'env:PD', apiUrl },
      group: { source: 'slack', userGroup: 'S0GROUP', token: 'env:SLACK', apiUrl: `${apiUrl}/api/` },
    },
  });
  return { system: name, people, rotas, channels };
}

async function resolved(targets: Target[], one = snapshot(), at = AT): Promise<ResolvedTargets> {
  const secrets = {
    resolve: async (reference: string) => {
      if (reference === 'env:PD') return 'pd-key-1234';
      if (reference === 'env:SLACK') return 'xoxb-token-1234';
      throw new Error(`nothing at ${reference}`);
    },
  };
  const activities = createOncallActivities({
    secrets,
    env: {},
    temporal: () => {
      throw new Error('away');
    },
  });
  return inActivity(activities.resolveTargets, { snapshot: one, targets, at });
}

const ids = ({ people }: ResolvedTargets) => people.map(({ id }) => id);

test('a person, a rota and a channel; the same person once, their contacts in order', async () => {
  const found = await resolved([{ rota: 'primary' }, { person: 'alice' }, { person: 'bob' }, { channel: 'page' }]);
  expect(ids(found)).toEqual(['alice', 'bob']);
  expect(found.channels).toEqual(['page']);
  expect(found.empty).toEqual([]);
  expect(found.people[0]?.contacts.map(({ channel }) => channel)).toEqual(['dm', 'post']);
  // Whose turn it is was found out although Temporal did not answer, and that is said.
  expect(found.people[0]?.because).toBe('primary (overrides made at run time could not be read)');
  expect(found.people[1]?.because).toBe('person');
});

test.each([
  [{ rota: 'nope' }, /Rota nope: harbor has no such rota/],
  [{ rota: 'later' }, /Rota later: nobody is on call, the first hand-off is on 2027-01-01/],
  [{ person: 'zed' }, /zed is none of the `people` of harbor/],
  [
    { person: 'carol' },
    /Carol \(carol\) has no usable contact: dm: their `slack` member id is missing; page: a status page/,
  ],
  [{ person: 'dave' }, /Dave \(dave\) has no usable contact: `contacts` is empty/],
  [{ channel: 'nope' }, /Channel nope: harbor has no such channel/],
  [{ rota: 'duty' }, /Rota duty: PagerDuty schedule PDUTY1 could not be asked: request to 127.0.0.1:1 failed/],
  [{ rota: 'group' }, /Rota group: Slack user group S0GROUP could not be asked: .*Slack could not be reached/],
] as [Target, RegExp][])('%j leads to nobody, and it is said why', async (target, sentence) => {
  const found = await resolved([target]);
  expect(found).toMatchObject({ people: [], channels: [] });
  expect(found.empty).toEqual([expect.stringMatching(sentence)]);
});

describe('another service keeps the rota', () => {
  async function answering(answer: (request: IncomingMessage) => [number, unknown]): Promise<OncallSnapshot> {
    vendor = await serve((request, response) => {
      const [status, body] = answer(request);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    return snapshot(vendor.url);
  }

  test('PagerDuty: by user id, by e-mail in any case, each once; strangers are named', async () => {
    const seen: IncomingMessage[] = [];
    const one = await answering((request) => {
      seen.push(request);
      const user = (id: string, name: string, email: string) => ({ user: { id, name, email } });
      return [
        200,
        {
          oncalls: [
            user('PALICE', 'Alice A.', 'other@harbor.example'),
            user('PBOB', 'Bob B.', 'bob@HARBOR.example'),
            user('PALICE', 'Alice A.', 'other@harbor.example'),
            user('PWHO', 'Who', 'who@harbor.example'),
          ],
          more: false,
        },
      ];
    });
    const found = await resolved([{ rota: 'duty' }], one);
    expect(ids(found)).toEqual(['alice', 'bob']);
    expect(found.empty).toEqual([
      'Rota duty: PagerDuty schedule PDUTY1 names Who (PWHO), who is none of `people`; add `pagerduty: PWHO` to whoever it is.',
    ]);
    const url = new URL(seen[0]?.url ?? '', 'http://x');
    expect(url.pathname).toBe('/oncalls');
    expect(url.searchParams.getAll('schedule_ids[]')).toEqual(['PDUTY1']);
    expect(url.searchParams.get('since')).toBe('2026-01-12T12:00:00.000Z');
    expect(seen[0]?.headers.authorization).toBe('Token token=pd-key-1234');
  });

  test('PagerDuty is asked for the present without an instant of our clock', async () => {
    const urls: string[] = [];
    const one = await answering((request) => {
      urls.push(request.url ?? '');
      return [200, { oncalls: [] }];
    });
    const found = await resolved([{ rota: 'duty' }], one, Date.now());
    expect(found.empty).toEqual(['Rota duty: PagerDuty schedule PDUTY1 has nobody on call.']);
    expect(urls).toEqual([expect.not.stringContaining('since')]);
  });

  test.each([
    [401, {}, /the key is wrong or revoked/],
    [429, {}, /asked too often/],
    [503, 'gateway', /HTTP 503/],
    [200, '<html>', /not one of PagerDuty/],
  ])('PagerDuty answers %i', async (status, body, sentence) => {
    const one = await answering(() => [status, body]);
    const found = await resolved([{ rota: 'duty' }, { person: 'bob' }], one);
    expect(ids(found)).toEqual(['bob']);
    expect(found.empty).toEqual([expect.stringMatching(sentence)]);
    expect(found.empty.join()).not.toContain('pd-key-1234');
  });

  test('Slack: members of a user group by member id', async () => {
    const one = await answering(() => [200, { ok: true, users: ['U0ALICE', 'U0WHO'] }]);
    const found = await resolved([{ rota: 'group' }], one);
    expect(ids(found)).toEqual(['alice']);
    expect(found.empty).toEqual([expect.stringMatching(/names U0WHO, who is none of `people`; add `slack: U0WHO`/)]);
  });

  test('Slack refuses', async () => {
    const one = await answering(() => [200, { ok: false, error: 'no_such_subteam' }]);
    const found = await resolved([{ rota: 'group' }], one);
    expect(found.people).toEqual([]);
    expect(found.empty).toEqual([expect.stringMatching(/no_such_subteam/)]);
  });
});
