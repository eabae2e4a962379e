import { describe, expect, test } from '@jest/globals';
import { onCallAt, type LocalRota, type Override } from '../../../activities/oncall/rota.js';
import { daily, rota } from './rotas.js';

/** Who is on call, or why nobody is. */
function who(one: LocalRota, at: string, overrides: Override[] = []): string {
  const { people, nobody } = onCallAt(one, Date.parse(at), overrides);
  return people.map(({ person }) => person).join('+') || `nobody: ${nobody ?? ''}`;
}

describe('hand-offs by the week', () => {
  const twoWeeks = rota({ handoff: { every: 'week', at: '09:00', count: 2 } });
  test.each([
    ['2026-01-05T07:59:59Z', 'nobody: the first hand-off is on 2026-01-05 at 09:00'],
    ['2026-01-05T08:00:00Z', 'alice'],
    ['2026-01-19T07:59:59Z', 'alice'],
    ['2026-01-19T08:00:00Z', 'bob'],
    ['2026-02-02T08:00:00Z', 'carol'],
    ['2026-02-16T08:00:00Z', 'alice'],
    // The clocks were set forward the day before: 09:00 is an hour earlier.
    ['2026-03-30T06:59:59Z', 'carol'],
    ['2026-03-30T07:00:00Z', 'alice'],
  ])('%s: %s', (at, expected) => {
    expect(who(twoWeeks, at)).toBe(expected);
  });
});

describe.each([
  [
    'Berlin, clocks set back: both are on call from the first 02:30 to the second',
    daily('Europe/Berlin', '2026-10-20', '02:30'),
    [
      ['2026-10-25T00:29:59Z', 'alice'],
      ['2026-10-25T00:30:00Z', 'alice+bob'],
      ['2026-10-25T01:29:59Z', 'alice+bob'],
      ['2026-10-25T01:30:00Z', 'bob'],
      ['2026-10-26T01:29:59Z', 'bob'],
      ['2026-10-26T01:30:00Z', 'alice'],
    ],
  ],
  [
    'Berlin, clocks set forward: 02:30 does not exist, so the change of clocks counts',
    daily('Europe/Berlin', '2026-03-24', '02:30'),
    [
      ['2026-03-29T00:59:59Z', 'alice'],
      ['2026-03-29T01:00:00Z', 'bob'],
      ['2026-03-30T00:29:59Z', 'bob'],
      ['2026-03-30T00:30:00Z', 'alice'],
    ],
  ],
  [
    'Berlin, a day of 25 hours does not move later hand-offs',
    daily('Europe/Berlin', '2026-10-20', '09:00'),
    [
      ['2026-10-25T07:59:59Z', 'alice'],
      ['2026-10-25T08:00:00Z', 'bob'],
      ['2026-10-26T08:00:00Z', 'alice'],
    ],
  ],
  [
    'New York, clocks set back',
    daily('America/New_York', '2026-10-27', '01:30'),
    [
      ['2026-11-01T05:29:59Z', 'alice'],
      ['2026-11-01T05:30:00Z', 'alice+bob'],
      ['2026-11-01T06:29:59Z', 'alice+bob'],
      ['2026-11-01T06:30:00Z', 'bob'],
    ],
  ],
  [
    'New York, clocks set forward',
    daily('America/New_York', '2026-03-03', '02:30'),
    [
      ['2026-03-08T06:59:59Z', 'alice'],
      ['2026-03-08T07:00:00Z', 'bob'],
      ['2026-03-09T06:29:59Z', 'bob'],
      ['2026-03-09T06:30:00Z', 'alice'],
    ],
  ],
] as [string, LocalRota, [string, string][]][])('%s', (_, one, table) => {
  test.each(table)('%s: %s', (at, expected) => {
    expect(who(one, at)).toBe(expected);
  });
});

test.each([
  ['Europe/Berlin', '2026-10-24'],
  ['Europe/Berlin', '2026-03-28'],
  ['America/New_York', '2026-10-31'],
  ['America/New_York', '2026-03-07'],
  // Clocks change at midnight.
  ['Africa/Cairo', '2026-04-23'],
  ['Africa/Cairo', '2026-10-29'],
  ['America/Havana', '2026-10-31'],
])('%s around %s: whatever the time of the hand-off, somebody is on call', (timeZone, day) => {
  const from = Date.parse(`${day}T12:00:00Z`);
  const gaps: string[] = [];
  for (const at of ['00:00', '00:30', '01:30', '02:30', '23:30']) {
    const one = daily(timeZone, '2026-01-01', at);
    for (let minute = 0; minute < 2 * 1_440; minute += 30) {
      const instant = from + minute * 60_000;
      if (onCallAt(one, instant).people.length === 0) gaps.push(`${at} ${new Date(instant).toISOString()}`);
    }
  }
  expect(gaps).toEqual([]);
});

describe('hours', () => {
  const office = { days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], from: '09:00', to: '17:00' };
  const outside = `nobody: it is outside of the hours ${office.days.join(', ')} 09:00 to 17:00 (Europe/Berlin)`;
  test.each([
    ['2026-01-06T07:59:59Z', outside],
    ['2026-01-06T08:00:00Z', 'alice'],
    ['2026-01-06T15:59:59Z', 'alice'],
    ['2026-01-06T16:00:00Z', outside],
    ['2026-01-10T10:00:00Z', outside],
  ])('%s: %s', (at, expected) => {
    expect(who(rota({ hours: office }), at)).toBe(expected);
  });

  test('that end on the next day belong to the day on which they begin', () => {
    const night = rota({ hours: { days: ['friday'], from: '22:00', to: '06:00' } });
    expect(['2026-01-09T21:00:00Z', '2026-01-10T04:59:59Z'].map((at) => who(night, at))).toEqual(['alice', 'alice']);
    expect(who(night, '2026-01-10T05:00:00Z')).toMatch(/^nobody/);
    expect(who(night, '2026-01-08T22:00:00Z')).toMatch(/^nobody/);
  });
});

describe('holidays', () => {
  const feasts = rota({
    holidays: [
      { name: 'Christmas', rrule: 'FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=25', person: 'bob' },
      { name: 'Party', date: '2026-02-10' },
      { name: 'Moving', date: '2026-12-25' },
      { name: 'Never', rrule: 'FREQ=SOMETIMES' },
    ],
  });
  test.each([
    ['2026-02-09T22:59:59Z', 'carol'],
    ['2026-02-09T23:00:00Z', 'nobody: holiday: Party'],
    ['2026-02-10T22:59:59Z', 'nobody: holiday: Party'],
    ['2026-02-10T23:00:00Z', 'carol'],
    ['2026-12-24T22:59:59Z', 'carol'],
    ['2026-12-24T23:00:00Z', 'bob'],
    ['2026-12-25T22:59:59Z', 'bob'],
    ['2026-12-25T23:00:00Z', 'carol'],
    ['2031-12-25T12:00:00Z', 'bob'],
  ])('%s: %s', (at, expected) => {
    expect(who(feasts, at)).toBe(expected);
  });

  test('a rule like the fourth Thursday of November is counted in the zone of the rota', () => {
    const one = rota({
      timeZone: 'America/New_York',
      holidays: [{ name: 'Thanksgiving', rrule: 'FREQ=YEARLY;BYMONTH=11;BYDAY=4TH' }],
    });
    expect(who(one, '2026-11-26T04:59:59Z')).not.toMatch(/^nobody/);
    expect(who(one, '2026-11-26T05:00:00Z')).toBe('nobody: holiday: Thanksgiving');
    expect(who(one, '2027-11-25T12:00:00Z')).toBe('nobody: holiday: Thanksgiving');
  });
});

describe('overrides', () => {
  const planned = { person: 'bob', from: '2026-02-10T12:00:00+01:00', to: '2026-02-10T20:00:00+01:00', reason: 'plan' };
  const swap = { person: 'alice', from: '2026-02-10T13:00:00Z', to: '2026-02-10T14:00:00Z', reason: 'swap' };
  const one = rota({
    holidays: [{ name: 'Party', date: '2026-02-10' }],
    hours: { days: ['monday'], from: '09:00', to: '10:00' },
    overrides: [planned],
  });
  test.each([
    ['2026-02-10T10:59:59Z', /^nobody/],
    ['2026-02-10T11:00:00Z', /^bob$/],
    ['2026-02-10T13:00:00Z', /^alice$/],
    ['2026-02-10T14:00:00Z', /^bob$/],
    ['2026-02-10T19:00:00Z', /^nobody/],
  ])('%s: the last made that covers it decides, holiday or not: %s', (at, expected) => {
    expect(who(one, at, [swap])).toMatch(expected);
  });

  test('says why it is that person', () => {
    const { people } = onCallAt(one, Date.parse('2026-02-10T13:30:00Z'), [swap]);
    expect(people).toEqual([{ person: 'alice', why: 'override: swap' }]);
  });
});

test('a zone that does not exist is told, not thrown', () => {
  expect(who(rota({ timeZone: 'Europe/Atlantis' }), '2026-02-10T13:30:00Z')).toBe(
    'nobody: "Europe/Atlantis" is not a time zone',
  );
});
