import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { SANDBOX_MS } from '../../setup/sandbox.js';
import { member, TEAM, type StandIn } from '../ground.js';
import { SlackPlace, CHANNEL } from './place.js';

let place: SlackPlace;
let incident: StandIn;
let short: string;

beforeAll(async () => {
  place = await SlackPlace.start();
}, SANDBOX_MS);
afterAll(() => place?.stop());
beforeEach(async () => {
  incident = await place.ground.incident();
  short = incident.id.split('/').at(-1) ?? '';
});

/** What the person sees after typing this; on a slow machine the answer comes after a word that it follows. */
async function typed(user: string, text: string): Promise<string> {
  const before = place.toldTo(user).length;
  const { status } = await place.slack.command({ user, channel: CHANNEL, command: '/belay', text });
  expect(status).toBe(200);
  const first = await place.tells(user, before);
  return first.includes('the answer follows') ? place.tells(user, before + 1) : first;
}

/** Lists are eventually right: a new incident takes a moment to appear in them. */
async function eventually(text: () => Promise<string>, expected: string): Promise<string> {
  const end = Date.now() + 30_000;
  for (;;) {
    const found = await text();
    if (found.includes(expected) || Date.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

describe('/belay', () => {
  test('incidents lists what is open, and security incidents to their roles alone', async () => {
    const secret = await place.ground.incident({ view: { kind: 'security', title: 'Stolen keys' } });
    const secretShort = secret.id.split('/').at(-1) ?? '';
    expect(await eventually(() => typed(member.sue, 'incidents'), secretShort)).toContain('Stolen keys');
    const listed = await eventually(() => typed(member.rob, 'incidents'), short);
    expect(listed).toContain(`*P3* Disk is full: triggered, nobody has it`);
    expect(listed).toContain(short);
    expect(listed).not.toContain('Stolen keys');
    expect(listed).not.toContain(secretShort);
  });

  test('show tells of one, by its whole id', async () => {
    await incident.direct({ view: { owner: 'rob', level: 1, levelName: 'two', title: 'Disk <!channel> & more' } });
    const shown = await typed(member.rob, `show ${incident.id}`);
    expect(shown).toContain('*P3 Disk &lt;!channel&gt; &amp; more* ');
    expect(shown).toContain('Owner: rob');
    expect(shown).toContain('Level: 2 of 4 (two)');
  });

  test('ack takes the beginning of an id, once it is in the list', async () => {
    await eventually(() => typed(member.rob, 'incidents'), short);
    expect(await typed(member.rob, `ack ${short.slice(0, 10)}`)).toBe('*Disk is full*: acknowledge is done.');
    expect(await incident.receives('acknowledge')).toMatchObject({ actor: { person: 'rob', via: 'slack' } });
  });

  const actions: [string, string, object][] = [
    [member.rob, 'ack ID it is mine', { type: 'acknowledge', reason: 'it is mine' }],
    [member.rob, 'escalate ID', { type: 'escalate', expectedLevel: 0 }],
    [member.rob, 'note ID the disk of db-1, see <@U0LEE>', { type: 'note', text: 'the disk of db-1, see <@U0LEE>' }],
    [member.lee, 'resolve ID cleaned up', { type: 'resolve', reason: 'cleaned up' }],
    [member.lee, 'snooze ID 30m', { type: 'snooze', until: expect.any(Number) }],
  ];
  test.each(actions)('%s: %s', async (user, text, expected) => {
    await typed(user, text.replace('ID', incident.id));
    const [received] = await incident.received();
    expect(received).toMatchObject({ ...expected, byUpdate: true, actor: { via: 'slack', proved: true } });
  });

  const refusals: [string, string, string, string][] = [
    ['a responder may not snooze', member.rob, 'snooze ID 30m', 'Only a lead'],
    ['a responder may not resolve what is not theirs', member.rob, 'resolve ID', 'Only the owner or a lead'],
    ['a span is needed', member.lee, 'snooze ID soon', '30m, 2h or 1d'],
    ['an unknown word', member.lee, 'delete ID', 'no command of mine'],
    ['no id', member.lee, 'ack', 'which incident'],
    ['too short an id', member.lee, 'ack abc', 'too short'],
    ['no such id', member.lee, 'ack zzzzzzzz', 'no open incident'],
    ['an incident of another system', member.lee, 'show incident/other/rule/0123456789abcdef', 'no open incident'],
    ['nothing typed', member.lee, '', 'What /belay knows'],
    ['an unknown severity', member.lee, 'open P9 something', 'is no severity'],
    ['no title', member.lee, 'open P1', 'what is wrong'],
    ['a stranger', member.stranger, 'incidents', 'does not know you'],
  ];
  test.each(refusals)('%s', async (_name, user, text, expected) => {
    expect(await typed(user, text.replace('ID', incident.id))).toContain(expected);
    expect(await incident.received()).toEqual([]);
  });

  test.each(['show', 'ack', 'note'])('%s of a restricted incident does not tell that there is one', async (verb) => {
    await incident.direct({ view: { kind: 'security' } });
    const unseen = await typed(member.lee, `${verb} ${incident.id} x`);
    const missing = `${incident.id.slice(0, -4)}0000`;
    expect(unseen.replaceAll(incident.id, 'ID')).toBe(
      (await typed(member.lee, `${verb} ${missing} x`)).replaceAll(missing, 'ID'),
    );
    expect(await incident.received()).toEqual([]);
  });

  test('open opens one incident, however often Slack sends it', async () => {
    const form = {
      command: '/belay',
      text: 'open p1 Checkout answers 503',
      team_id: TEAM,
      user_id: member.rob,
      trigger_id: '1.2.three',
    };
    const [first, second] = [
      await place.send('/slack/commands', form),
      await place.send('/slack/commands', form, { at: Date.now() - 5_000, headers: { 'x-slack-retry-num': '1' } }),
    ];
    expect(first.body).toContain('Opened as P1');
    expect(second.body).toBe(first.body);
    const id = /`(checkout-answers-503-[0-9a-f]{8})`/.exec(first.body)?.[1] ?? '';
    const opened = place.ground.standIn(`incident/${place.ground.system.name}/${id}`);
    expect(await typed(member.rob, `show ${opened.id}`)).toContain('*P1 Checkout answers 503*');
  });

  test('oncall says who it is', async () => {
    expect(await typed(member.rob, 'oncall')).toBe('*Shop*\n• primary: Rob');
  });

  test('of another workspace reaches no system', async () => {
    const form = { command: '/belay', text: 'incidents', team_id: 'T0OTHER', user_id: member.lee, trigger_id: 'x' };
    const { body } = await place.send('/slack/commands', form);
    expect(body).toContain('not connected to any system');
  });

  test('while Temporal is away says that nothing was done', async () => {
    place.tap.away = true;
    const told = await typed(member.rob, `ack ${incident.id}`);
    place.tap.away = false;
    expect(told).toContain('Nothing was done');
    expect(await incident.received()).toEqual([]);
  });

  test('slow, answers in time and then to response_url', async () => {
    const before = place.toldTo(member.rob).length;
    let go = (): void => undefined;
    place.tap.held = new Promise((resolve) => (go = resolve));
    const text = `ack ${incident.id}`;
    await place.slack.command({ user: member.rob, channel: CHANNEL, command: '/belay', text });
    expect(await place.tells(member.rob, before)).toContain('the answer follows');
    go();
    place.tap.held = undefined;
    expect(await place.tells(member.rob, before + 1)).toContain('acknowledge is done');
  });
});
