import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { signButton } from '../../../activities/slack/buttonValue.js';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { member, secretValues } from '../ground.js';
import type { StandIn } from '../ground.js';
import { buttonKey, pressForm, SlackPlace } from './place.js';

let place: SlackPlace;
let incident: StandIn;

beforeAll(async () => {
  place = await SlackPlace.start();
}, SANDBOX_MS);
afterAll(() => place?.stop());
beforeEach(async () => {
  incident = await place.ground.incident();
});

const signed = (a: 'acknowledge' | 'resolve' | 'escalate', id = incident.id, t = Date.now() + 1_000): string =>
  signButton({ i: id, a, l: 0, t }, buttonKey) ?? '';
/** A press of its own each time, since the same press is taken once. */
let presses = 0;
const press = (user: string, action: string, value: string, more: Partial<Parameters<typeof pressForm>[0]> = {}) =>
  pressForm({ user, action, value, actionTs: `1700000000.${String((presses += 1)).padStart(6, '0')}`, ...more });

describe('a button in Slack', () => {
  test('acknowledges for the person who pressed it, and tells them alone', async () => {
    const before = place.toldTo(member.rob).length;
    const button = await place.button({ i: incident.id, a: 'acknowledge', l: 0 });
    const delivered = await place.slack.press({ user: member.rob, ...button });
    expect(delivered).toMatchObject({ status: 200 });
    expect(await incident.receives('acknowledge')).toMatchObject({
      byUpdate: true,
      actor: { id: 'rob', person: 'rob', via: 'slack', proved: true },
      requestId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(await place.tells(member.rob, before)).toBe('*Disk is full*: acknowledge is done.');
  });

  test('escalates from the level that the person saw, not from the one reached meanwhile', async () => {
    const button = await place.button({ i: incident.id, a: 'escalate', l: 0 });
    await incident.direct({ view: { level: 1 } });
    await place.slack.press({ user: member.rob, ...button });
    expect(await incident.receives('escalate')).toMatchObject({ expectedLevel: 0 });
  });

  test('starts the suggested runbook with the input that the description gives', async () => {
    await incident.direct({ view: { suggested: [{ title: 'Restart the web tier', runbook: 'restart' }] } });
    const button = await place.button({ i: incident.id, a: 'start', l: 0, r: 'restart' });
    await place.slack.press({ user: member.rob, ...button });
    expect(await incident.receives('linkRun')).toMatchObject({
      start: true,
      runbook: 'restart',
      workflowId: expect.stringMatching(new RegExp(`^restart/${place.ground.system.name}/incident-`)),
      input: { workloads: ['web'] },
    });
  });

  test('passes on why the incident refuses', async () => {
    await incident.direct({ refuse: { action: 'acknowledge', code: 'ALREADY_RESOLVED', message: 'it is over' } });
    const before = place.toldTo(member.rob).length;
    const button = await place.button({ i: incident.id, a: 'acknowledge', l: 0 });
    await place.slack.press({ user: member.rob, ...button });
    expect(await place.tells(member.rob, before)).toBe('*Disk is full*: Not done: it is over');
  });

  test('does nothing for somebody whom the system does not know, and says how that is changed', async () => {
    const before = place.toldTo(member.stranger).length;
    const button = await place.button({ i: incident.id, a: 'acknowledge', l: 0 });
    const delivered = await place.slack.press({ user: member.stranger, ...button });
    expect(delivered.status).toBe(200);
    expect(await place.tells(member.stranger, before)).toContain(`slack: ${member.stranger}`);
    expect(await incident.received()).toEqual([]);
  });

  test('resolves for the owner and for a lead, and for no other responder', async () => {
    const resolve = () => place.button({ i: incident.id, a: 'resolve', l: 0 });
    const before = place.toldTo(member.rob).length;
    await place.slack.press({ user: member.rob, ...(await resolve()) });
    expect(await place.tells(member.rob, before)).toContain('Only the owner or a lead');
    expect(await incident.received()).toEqual([]);
    await incident.direct({ view: { owner: 'rob' } });
    await place.slack.press({ user: member.rob, ...(await resolve()) });
    expect(await incident.receives('resolve')).toMatchObject({ actor: { person: 'rob' } });
    await place.slack.press({ user: member.lee, ...(await resolve()) });
    expect((await incident.received()).map(({ type }) => type)).toEqual(['resolve', 'resolve']);
  });

  test('of a security incident works for its roles alone, and shows others not even the title', async () => {
    await incident.direct({ view: { kind: 'security', title: 'Stolen keys' } });
    const before = place.toldTo(member.lee).length;
    const button = await place.button({ i: incident.id, a: 'acknowledge', l: 0 });
    await place.slack.press({ user: member.lee, ...button });
    const told = await place.tells(member.lee, before);
    expect(told).toContain('restricted');
    expect(told).not.toContain('Stolen keys');
    expect(await incident.received()).toEqual([]);
    await place.slack.press({ user: member.sue, ...button });
    expect(await incident.receives('acknowledge')).toMatchObject({ actor: { person: 'sue' } });
  });

  test('of an earlier incident with the same id does nothing', async () => {
    const before = place.toldTo(member.rob).length;
    const button = await place.button({ i: incident.id, a: 'acknowledge', l: 0, t: Date.now() - 3_600_000 });
    await place.slack.press({ user: member.rob, ...button });
    expect(await place.tells(member.rob, before)).toContain('earlier incident');
    expect(await incident.received()).toEqual([]);
  });

  test('acts on the incident into which its own was merged', async () => {
    const parent = await place.ground.incident({ view: { title: 'The whole rack' } });
    await incident.direct({ view: { mergedInto: parent.id, phase: 'merged' } });
    await place.slack.press({ user: member.rob, ...(await place.button({ i: incident.id, a: 'acknowledge', l: 0 })) });
    expect(await parent.receives('acknowledge')).toMatchObject({ actor: { person: 'rob' } });
    expect(await incident.received()).toEqual([]);
  });
});

describe('what somebody else than Slack might send', () => {
  const refusals: [string, () => Record<string, string>][] = [
    [
      'another key',
      () =>
        press(
          member.rob,
          'incident_acknowledge',
          signButton({ i: incident.id, a: 'acknowledge', l: 0, t: Date.now() + 1e3 }, 'x'.repeat(40)) ?? '',
        ),
    ],
    ['the bare id', () => press(member.rob, 'incident_acknowledge', incident.id)],
    ['no value', () => press(member.rob, 'incident_acknowledge', '')],
    ['the value of another button', () => press(member.rob, 'incident_acknowledge', signed('resolve'))],
    [
      'another incident put in',
      () => press(member.rob, 'incident_acknowledge', signed('acknowledge').replace(incident.id, `${incident.id}0`)),
    ],
    ['an unknown button', () => press(member.rob, 'incident_delete', signed('acknowledge'))],
    ['another workspace', () => press(member.rob, 'incident_acknowledge', signed('acknowledge'), { team: 'T0OTHER' })],
    [
      'a guest of a shared channel',
      () =>
        press(member.rob, 'incident_acknowledge', signed('acknowledge'), {
          more: { user: { id: member.rob, team_id: 'T0OTHER' } },
        }),
    ],
    [
      'an incident of another system',
      () => press(member.rob, 'incident_acknowledge', signed('acknowledge', 'incident/other/rule/0123456789abcdef')),
    ],
    ['another kind of interaction', () => ({ payload: JSON.stringify({ type: 'view_closed' }) })],
  ];
  test.each(refusals)('with %s it is taken, and nothing done', async (_name, form) => {
    const { status } = await place.send('/slack/interactions', form());
    expect(status).toBe(200);
    expect(await incident.received()).toEqual([]);
  });

  const broken: [string, Record<string, string>][] = [
    ['no payload', { other: 'x' }],
    ['a payload that is no JSON', { payload: '{' }],
    ['a payload of a strange type', { payload: '{"type":"strange"}' }],
    ['no user', { payload: JSON.stringify({ type: 'block_actions', actions: [{ action_id: 'a', action_ts: '1' }] }) }],
    ['no action', pressForm({ user: 'U0ROB', action: 'a', value: '', more: { actions: [] } })],
    [
      'two actions',
      pressForm({
        user: 'U0ROB',
        action: 'a',
        value: '',
        more: { actions: [1, 2].map(() => ({ action_id: 'a', action_ts: '1' })) },
      }),
    ],
  ];
  test.each(broken)('%s is malformed', async (_name, form) => {
    expect((await place.send('/slack/interactions', form)).status).toBe(400);
  });

  const forged: [string, () => Parameters<SlackPlace['send']>[2]][] = [
    ['signed by nobody', () => ({ headers: { 'x-slack-signature': '' } })],
    ['signed with another secret', () => ({ secret: 'another' })],
    ['signed six minutes ago', () => ({ at: Date.now() - 360_000 })],
    ['signed for in six minutes', () => ({ at: Date.now() + 360_000 })],
    [
      'with a time stamp that was not signed',
      () => ({ headers: { 'x-slack-request-timestamp': String(Math.floor(Date.now() / 1000) + 1) } }),
    ],
  ];
  test.each(forged)('%s: one answer for all, nothing done', async (_name, how) => {
    const answer = await place.send(
      '/slack/interactions',
      press(member.lee, 'incident_resolve', signed('resolve')),
      how(),
    );
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toEqual({
      code: 'FORBIDDEN',
      message: 'The request is not signed as Slack signs it.',
    });
    expect(await incident.received()).toEqual([]);
  });

  test('the newer of two signing secrets counts as well', async () => {
    const form = press(member.rob, 'incident_acknowledge', signed('acknowledge'));
    const secret = secretValues['env:SLACK_SIGNING_NEW'] ?? '';
    expect((await place.send('/slack/interactions', form, { secret })).status).toBe(200);
    await incident.receives('acknowledge');
  });

  test('a check of the certificate is answered, and nothing smuggled in with it', async () => {
    const form = { ...press(member.lee, 'incident_resolve', signed('resolve')), ssl_check: '1' };
    const answer = await place.send('/slack/interactions', form, { headers: { 'x-slack-signature': '' } });
    expect(answer).toEqual({ status: 200, body: '' });
    expect(await incident.received()).toEqual([]);
  });

  test('answers go to no other host', async () => {
    let asked = 0;
    const elsewhere = createServer((_request, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => void elsewhere.listen(0, '127.0.0.1', resolve));
    const responseUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/response/x`;
    const form = press(member.rob, 'incident_acknowledge', signed('acknowledge'), { responseUrl });
    expect((await place.send('/slack/interactions', form)).status).toBe(200);
    await incident.receives('acknowledge');
    // The same to the right host arrives, so there was time for the wrong one.
    const before = place.toldTo(member.rob).length;
    await place.slack.press({ user: member.rob, ...(await place.button({ i: incident.id, a: 'acknowledge', l: 0 })) });
    await place.tells(member.rob, before);
    expect(asked).toBe(0);
    await new Promise<void>((resolve) => void elsewhere.close(() => resolve()));
  });
});

describe('the same request again', () => {
  test('is answered to Slack, refused to others, and done once', async () => {
    const form = press(member.rob, 'incident_acknowledge', signed('acknowledge'));
    const at = Date.now();
    const again = (headers: Record<string, string>) => place.send('/slack/interactions', form, { at, headers });
    expect((await again({})).status).toBe(200);
    await incident.receives('acknowledge');
    expect((await again({ 'x-slack-retry-num': '1' })).status).toBe(200);
    expect((await again({})).status).toBe(403);
    expect(await place.ground.counted('refused', { reason: 'replay', kind: 'slack' })).toBeGreaterThanOrEqual(1);
    expect(await incident.received()).toHaveLength(1);
  });

  test('signed anew, as after a lost answer, is the same action to the incident', async () => {
    const form = press(member.rob, 'incident_acknowledge', signed('acknowledge'));
    await place.send('/slack/interactions', form, { at: Date.now() });
    await place.send('/slack/interactions', form, { at: Date.now() - 2_000, headers: { 'x-slack-retry-num': '1' } });
    // The server itself takes an update of one id once.
    expect(await incident.received()).toHaveLength(1);
  });
});

describe('while Temporal is away', () => {
  test('the person is told that nothing was done, and the next press is taken', async () => {
    const before = place.toldTo(member.rob).length;
    const button = await place.button({ i: incident.id, a: 'acknowledge', l: 0 });
    place.tap.away = true;
    const delivered = await place.slack.press({ user: member.rob, ...button });
    place.tap.away = false;
    // 503, and the warning sign of Slack as well, if telling them took too long.
    expect([200, 503]).toContain(delivered.status);
    expect(await place.tells(member.rob, before)).toContain('Nothing was done');
    await place.slack.press({ user: member.rob, ...button });
    await incident.receives('acknowledge');
  });

  test('and nobody can be told, Slack shows an error; what it sends again is taken', async () => {
    const form = press(member.rob, 'incident_acknowledge', signed('acknowledge'), {
      responseUrl: new URL('/nowhere', place.apiUrl).href,
    });
    const at = Date.now();
    place.tap.away = true;
    const refused = await place.send('/slack/interactions', form, { at });
    place.tap.away = false;
    expect(refused.status).toBe(503);
    expect((await place.send('/slack/interactions', form, { at, headers: { 'x-slack-retry-num': '1' } })).status).toBe(
      200,
    );
    await incident.receives('acknowledge');
  });

  test('slow, Slack is answered in time and the person later', async () => {
    const before = place.toldTo(member.rob).length;
    const button = await place.button({ i: incident.id, a: 'acknowledge', l: 0 });
    let go = (): void => undefined;
    place.tap.held = new Promise((resolve) => (go = resolve));
    const delivered = await place.slack.press({ user: member.rob, ...button });
    expect(delivered).toMatchObject({ status: 200 });
    expect(place.toldTo(member.rob)).toHaveLength(before);
    go();
    place.tap.held = undefined;
    expect(await place.tells(member.rob, before)).toContain('acknowledge is done');
  });
});
