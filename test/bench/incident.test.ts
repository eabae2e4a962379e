import { describe, expect, test } from '@jest/globals';
import { bodyOf } from '../../bench/incident/sender.js';
import {
  firstPageTimes,
  incidentsOf,
  latenessOf,
  pagesOf,
  spread,
  takenOf,
  type Pages,
  type Spread,
} from '../../bench/incident/figures.js';
import { readKey, readMessage, type Received } from '../../bench/incident/receiver.js';
import { ackBars, pagesAfter } from '../../bench/incident/rounds/ack.js';
import { members, openings } from '../../bench/incident/rounds/alerts.js';
import { deadlinesBars } from '../../bench/incident/rounds/deadlines.js';
import { firstPageBars } from '../../bench/incident/rounds/firstPage.js';
import { intakeBars } from '../../bench/incident/rounds/intake.js';
import { outageBars } from '../../bench/incident/rounds/outage.js';
import { stormBars } from '../../bench/incident/rounds/storm.js';
import type { Sent } from '../../bench/incident/sender.js';
import { ROUNDS } from '../../bench/incident/suite.js';
import { describeOps, sourceOf, teamsOf, type Shape } from '../../bench/incident/system.js';
import { used } from '../../bench/incident/table.js';
import { isMet, type Bar } from '../../bench/kit/bars.js';
import { alertmanagerBody, deliveryOf } from '../../client/incidents/alertmanager.js';
import { ruleFor } from '../../client/incidents/route.js';
import { systemSchema } from '../../systems/schema.js';

const shape: Shape = { systems: 2, teams: 3, levels: [0, 60] };
const opened = 1_000_000;

const sent = (n: number, more: Partial<Sent> = {}): Sent => ({
  ...{ system: 's', team: 't', group: `g${n}`, name: `n${n}`, dueAt: n * 100, answeredAt: n * 100 + 50 },
  ...{ status: 202, tries: 1, incident: `i${n}`, ...more },
});
const page = (incident: string, at: number, more: Partial<Received> = {}): Received => ({
  ...{ incident, at, message: `m${at}`, person: 'p', openedAt: opened, generation: 0, level: 1 },
  ...more,
});
const missed = (bars: Bar[]): string[] =>
  bars.filter((bar) => !isMet(bar)).map(({ name }) => name.replace(/^.*?: /, ''));

describe('what was sent', () => {
  test('the pace counts from the first sending to the last answer, refusals left out', () => {
    const taken = takenOf([sent(0), sent(10), sent(20, { status: 503, tries: 3 })]);
    expect(taken).toMatchObject({ sent: 3, refused: 1, retries: 2 });
    expect(taken.perSecond).toBeCloseTo(2 / 1.05);
    expect(taken.answer.p99).toBeCloseTo(0.05);
  });

  test('nothing taken is no pace', () => expect(takenOf([sent(0, { status: 0 })]).perSecond).toBe(0));

  test('an incident counts once', () => {
    expect(incidentsOf([sent(1), sent(2, { incident: 'i1' }), sent(3)])).toEqual(['i1', 'i3']);
  });

  test('an empty sample misses every bar', () => expect(spread([]).p99).toBeNaN());
});

describe('pages', () => {
  test('a repeat with the same id is no second page; another message with the same page is', () => {
    const message = (id: string, total: number) => ({ at: 0, id, person: 'p', total });
    const found = pagesOf(
      [message('a', 1), message('a', 1), message('b', 3)],
      [page('i1', 1, { message: 'a' }), page('i1', 1, { message: 'a' }), page('i1', 2, { message: 'b' })],
    );
    expect(found).toEqual({ pages: 4, messages: 2, repeats: 1, twice: 1, mostToOne: 2 });
  });

  test('another level, person or turn of the ladder is another page', () => {
    const pages = [page('i1', 1), page('i1', 2, { level: 2 }), page('i1', 3, { person: 'q' })];
    expect(pagesOf([], [...pages, page('i1', 4, { generation: 1 })]).twice).toBe(0);
  });

  test('the first page of an incident counts, from the alert on', () => {
    const { seconds, missing } = firstPageTimes([sent(1), sent(2)], [page('i1', 1_100), page('i1', 9_000)]);
    expect(seconds).toMatchObject({ n: 1, max: 1 });
    expect(missing).toBe(1);
  });

  test('lateness counts from the deadline by the opening of the incident itself; before it is early', () => {
    const pages = [
      page('i1', opened, { level: 1 }),
      page('i1', opened + 60_500, { level: 2 }),
      page('i2', opened + 59_999, { level: 2 }),
    ];
    const found = latenessOf(['i1', 'i2', 'i3'], pages, { level: 2, afterSeconds: 60 });
    expect(found).toMatchObject({ early: 1, missing: 1 });
    expect(found.seconds.max).toBeCloseTo(0.5);
  });

  test('after an acknowledgement', () => {
    const accepted = new Map([['i1', 1_000]]);
    expect(pagesAfter([page('i1', 900), page('i1', 1_500), page('i2', 1_500)], accepted)).toEqual([0.5]);
  });
});

describe('the receiver', () => {
  const key = 'incident/s/r/0f@1700000000000/2/1/team-a';

  test('reads the opening and the turn of the ladder from the key', () => {
    expect(readKey(key)).toEqual({ openedAt: 1_700_000_000_000, generation: 2 });
    expect(() => readKey('something else')).toThrow('unknown shape');
  });

  test('counts also the pages that a message does not show', () => {
    const body = { id: 'm', system: 's', person: { id: 'p' }, total: 30, pages: [{ key, incident: 'i', level: 2 }] };
    const { message, pages } = readMessage(body, 5);
    expect(message).toEqual({ at: 5, id: 'm', person: 's/p', total: 30 });
    expect(pages).toMatchObject([{ incident: 'i', level: 2, generation: 2, person: 's/p', message: 'm' }]);
  });
});

describe('the systems', () => {
  test('are valid, and each team has its rule', () => {
    const system = systemSchema.parse(describeOps(0, shape, 'http://127.0.0.1:1/pages'));
    expect(Object.keys(system.incidents?.sources ?? {})).toEqual([sourceOf(system.name)]);
    const { team, incidents } = { ...teamsOf(shape)[2], incidents: system.incidents };
    if (!incidents || team === undefined) throw new Error('no incidents');
    expect(ruleFor({ team, group: 'g' }, incidents).id).toBe(team);
  });

  test('alerts go to all teams in turn, and those of one group to one', () => {
    const all = openings(shape, 12).map(({ system, team }) => `${system}/${team}`);
    expect(new Set(all.slice(0, 6)).size).toBe(6);
    expect(all.slice(6)).toEqual(all.slice(0, 6));
    const of = members(shape, 100, 5).filter(({ group }) => group === 'group-3');
    expect(new Set(of.map(({ system, team }) => `${system}/${team}`)).size).toBe(1);
    expect(new Set(of.map(({ name }) => name)).size).toBe(20);
  });

  test('bodies are what the gateway takes; another alert has another fingerprint', () => {
    const [one, two] = members(shape, 2, 1).map((alert) => alertmanagerBody.parse(bodyOf(alert, new Date(0))));
    if (!one || !two) throw new Error('no bodies');
    expect(one.groupKey).toBe(two.groupKey);
    const of = (body: typeof one) => deliveryOf('s', body, 0).alerts.map(({ fingerprint }) => fingerprint);
    expect(of(one)).not.toEqual(of(two));
  });
});

describe('bars', () => {
  const flat = (value: number): Spread => ({ n: 1, min: value, p50: value, p99: value, max: value });
  const pages: Pages = { pages: 50, messages: 10, repeats: 0, twice: 0, mostToOne: 2 };
  const cpu = { machine: 1, seconds: 1 };
  const taken = { sent: 1, refused: 0, retries: 0, perSecond: 160, answer: flat(0.5) };
  const intake = { ...taken, cpu, rate: 160, seconds: 30, groups: 50, lost: 0, caughtUp: 1 };
  const first = { cpu, opening: 20, seconds: 30, people: 60, taken, page: flat(1), missing: 0, pages };
  const storm = {
    cpu,
    alerts: 1,
    seconds: 1,
    groups: 50,
    people: 5,
    taken,
    incidents: 50,
    lost: 0,
    unpaged: 0,
    caughtUp: 1,
    pages,
  };
  const deadlines = { cpu, open: 1, window: 1, people: 1, taken, late: flat(2), early: 0, missing: 0, pages };
  const ack = { cpu, acks: 60, answer: flat(1), climbed: 20, after: 0, last: 1, refused: 0 };
  const outage = { cpu, overdue: 1, outage: 1, recovered: flat(30), ready: 1, missing: 0, passedOver: 0, pages };

  test.each([
    ['intake at its limits', intakeBars(intake), []],
    ['a slow intake', intakeBars({ ...intake, perSecond: 149, answer: flat(0.6) }), ['time for', 'alert to 202']],
    ['a lossy intake', intakeBars({ ...intake, refused: 1, lost: 1 }), ['alerts refused', 'alerts lost']],
    ['first pages at their limits', firstPageBars(first), []],
    ['late first pages', firstPageBars({ ...first, page: flat(3.1) }), ['p50', 'p99']],
    ['no first page', firstPageBars({ ...first, page: spread([]), missing: 1 }), ['p50', 'p99', 'without a page']],
    ['a storm that went well', stormBars(storm), []],
    [
      'an incident too few',
      stormBars({ ...storm, incidents: 49, unpaged: 1 }),
      ['too many or too few', 'without a page'],
    ],
    ['a page each', stormBars({ ...storm, pages: { ...pages, pages: 51, messages: 51 } }), ['beyond', 'messages /']],
    ['deadlines at their limits', deadlinesBars(deadlines), []],
    ['an early page', deadlinesBars({ ...deadlines, early: 1, late: flat(2.1) }), ['before their time', 'p99']],
    ['acknowledged in time', ackBars(ack), []],
    ['a page after that', ackBars({ ...ack, last: 1.1, refused: 1 }), ['last page', 'not taken']],
    ['nothing tried', ackBars({ ...ack, climbed: 0 }), ['all on one side']],
    ['an outage at its limits', outageBars(outage), []],
    ['burst', outageBars({ ...outage, passedOver: 1, recovered: flat(31) }), ['last overdue page', 'passed over']],
  ])('%s', (_, bars, names) => {
    const found = missed(bars);
    expect(found).toHaveLength(names.length);
    for (const [n, name] of names.entries()) expect(found[n]).toContain(name);
  });

  test('every round is shown, also one of which nothing was measured, after it was kept', () => {
    const kept = JSON.parse(JSON.stringify({ ...first, page: spread([]) })) as unknown;
    expect(ROUNDS.firstPage.table(kept)).toContain('| alert → page at the receiver | 0 | – | – | – | – |');
    for (const [name, data] of Object.entries({ intake, storm, deadlines, ack, outage }))
      expect(ROUNDS[name as keyof typeof ROUNDS].table(data)).not.toMatch(/NaN|undefined/);
  });

  test('work of strangers is shown', () => {
    expect(used({ worker: 3, gateway: 1, machine: 9, seconds: 10 })).toContain('machine 0.50 cores');
  });
});
