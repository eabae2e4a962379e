import { describe, expect, test } from '@jest/globals';
import { clockChanges } from '../../schedules/clockChanges.js';
import { nextTimes } from '../../schedules/nextTimes.js';
import { unsafeTime } from '../../schedules/unsafeTimes.js';
import { type Calendar, parseCron } from '../../systems/cron.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');

function calendar(line: string): Calendar {
  const parsed = parseCron(line);
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

const unsafe = (line: string, zone: string): string | undefined => unsafeTime(calendar(line), zone, NOW);

test('changes of clocks are found to the minute', () => {
  const local = (at: number) => new Date(at).toISOString().slice(0, 16);
  const told = clockChanges('America/New_York', NOW, 1).map(({ kind, from, to }) => [kind, local(from), local(to)]);
  expect(told).toEqual([
    ['repeated', '2026-11-01T01:00', '2026-11-01T02:00'],
    ['skipped', '2027-03-14T02:00', '2027-03-14T03:00'],
  ]);
  expect(clockChanges('UTC', NOW, 10)).toEqual([]);
  expect(clockChanges('Asia/Tokyo', NOW, 10)).toEqual([]);
});

describe('times that a change of clocks skips or repeats', () => {
  test('Berlin, 02:30: both, with dates and what to write instead', () => {
    expect(unsafe('30 2 * * *', 'Europe/Berlin')).toBe(
      'is not safe in Europe/Berlin: 02:30 does not exist on 2027-03-28 and 2028-03-26 and later (clocks go forward), so there would be no run; ' +
        '02:30 comes twice on 2026-10-25 and 2027-10-31 and later (clocks go back), so there would be two runs. ' +
        'Use hour 3 instead of 2, or write timeZone: UTC (the time then moves by the clock of Europe/Berlin)',
    );
  });

  test.each([
    ['30 2 * * *', 'America/New_York', /02:30 does not exist on 2027-03-14.*no run\. Use hour 3 instead of 2/],
    ['30 1 * * *', 'America/New_York', /01:30 comes twice on 2026-11-01.*two runs\. Use hour 3 instead of 1/],
    ['0 1-3 * * *', 'America/New_York', /02:00 does not exist.*01:00 comes twice.*Keep away from the hours 01, 02/],
    ['0 */2 * * *', 'Europe/Berlin', /02:00 does not exist/],
    ['59 2 * * 0', 'Europe/Berlin', /02:59/],
    ['0 0 * * *', 'Africa/Cairo', /00:00 does not exist on 2027-04-30/],
    ['0 * * * *', 'Australia/Lord_Howe', /02:00 does not exist/],
  ])('%s in %s', (line, zone, why) => {
    expect(unsafe(line, zone)).toMatch(why);
  });

  test.each([
    ['30 2 * * *', 'UTC'],
    ['30 2 * * *', 'Asia/Tokyo'],
    ['0 3 * * *', 'Europe/Berlin'],
    ['59 1 * * *', 'Europe/Berlin'],
    ['30 0 * * *', 'America/New_York'],
    // Changes come on Sundays only.
    ['30 2 * * 1-6', 'Europe/Berlin'],
    ['30 2 1 * *', 'Europe/Berlin'],
    // Goes on evenly through the change.
    ['0 * * * *', 'Europe/Berlin'],
    ['*/5 * * * *', 'America/New_York'],
    ['*/30 * * * *', 'Australia/Lord_Howe'],
  ])('%s in %s is safe', (line, zone) => {
    expect(unsafe(line, zone)).toBeUndefined();
  });
});

describe('the next times', () => {
  const next = (line: string, timeZone: string, now: string, count = 3) =>
    nextTimes({ kind: 'clock', calendar: calendar(line), timeZone }, Date.parse(now), count).map((at) =>
      new Date(at).toISOString().slice(0, 16),
    );

  test('keep the clock of the zone over a change', () => {
    expect(next('0 4 * * *', 'Europe/Berlin', '2027-03-27T00:00:00Z')).toEqual([
      '2027-03-27T03:00',
      '2027-03-28T02:00',
      '2027-03-29T02:00',
    ]);
  });

  test('an even schedule misses and doubles nothing', () => {
    expect(next('0 * * * *', 'Europe/Berlin', '2027-03-28T00:30:00Z')).toEqual([
      '2027-03-28T01:00',
      '2027-03-28T02:00',
      '2027-03-28T03:00',
    ]);
    expect(next('0 * * * *', 'Europe/Berlin', '2026-10-24T23:30:00Z')).toEqual([
      '2026-10-25T00:00',
      '2026-10-25T01:00',
      '2026-10-25T02:00',
    ]);
  });

  test('a rare date is found, the present moment does not count', () => {
    expect(next('0 12 29 2 *', 'UTC', '2026-06-01T00:00:00Z', 1)).toEqual(['2028-02-29T12:00']);
    expect(next('0 12 * * *', 'UTC', '2026-06-01T12:00:00Z', 1)).toEqual(['2026-06-02T12:00']);
  });

  test('every counts from 1970', () => {
    const times = { kind: 'every', seconds: 3_600, offsetSeconds: 90 } as const;
    expect(nextTimes(times, Date.parse('2026-06-01T00:01:30Z'), 2)).toEqual([
      Date.parse('2026-06-01T01:01:30Z'),
      Date.parse('2026-06-01T02:01:30Z'),
    ]);
  });
});
