import { describe, expect, test } from '@jest/globals';
import type { BackupEntry } from '../../../activities/backup/types.js';
import { decide, refusal } from '../../../workflows/retention/decide.js';
import { DAY, entry, NOW, policy } from './samples.js';

const days = (count: number): BackupEntry[] => Array.from({ length: count }, (_, index) => entry(index));
const kept = (backups: BackupEntry[], rule: Parameters<typeof policy>[0]) =>
  decide({ backups, policy: policy(rule), now: NOW })
    .keep.map((one) => one.id)
    .toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)));

describe('what is kept', () => {
  test.each<[string, BackupEntry[], Parameters<typeof policy>[0], string[]]>([
    ['the last three', days(6), { keepLast: 3 }, ['b0', 'b1', 'b2']],
    [
      'never fewer than minVerified, whatever the age rule says',
      days(5),
      { keepLast: 0, keepWithinDays: 1, minVerified: 3 },
      ['b0', 'b1', 'b2'],
    ],
    [
      'all within the window, and one that is older',
      [entry(1), entry(3), entry(9), entry(10)],
      { keepLast: 0, keepWithinDays: 7, minVerified: 1 },
      ['b1', 'b3', 'b9'],
    ],
    [
      'the newest of each day, however many a day has',
      [entry(0), entry(0.2), entry(1), entry(1.1), entry(2), entry(3)],
      { keepLast: 0, keepDaily: 3, minVerified: 1 },
      ['b0', 'b1', 'b2'],
    ],
    [
      'weekly: Mondays begin a week',
      [entry(0), entry(5), entry(6), entry(12), entry(13)],
      { keepLast: 0, keepWeekly: 2, minVerified: 1 },
      ['b0', 'b6'],
    ],
    [
      'monthly',
      [entry(0), entry(10), entry(25), entry(60)],
      { keepLast: 0, keepMonthly: 3, minVerified: 1 },
      ['b0', 'b25', 'b60'],
    ],
    [
      'failed and bad ones take no place among the last two',
      [entry(0, { bad: true }), entry(1, { level: 'L2' }), entry(2), entry(3), entry(4)],
      { keepLast: 2, minVerified: 1 },
      ['b0', 'b1', 'b2', 'b3'],
    ],
    [
      'an unverified one goes when enough good ones are newer',
      [entry(0), entry(1), entry(2, { level: 'L2' }), entry(3, { bad: true })],
      { keepLast: 1, minVerified: 2 },
      ['b0', 'b1'],
    ],
    ['a held one', [entry(0), entry(1), entry(9, { held: true })], { keepLast: 1, minVerified: 1 }, ['b0', 'b9']],
    [
      'the old server of a move has a count of its own',
      [entry(0), entry(1), entry(2, { identity: 'server-0' }), entry(3, { identity: 'server-0' })],
      { keepLast: 1, minVerified: 1 },
      ['b0', 'b2'],
    ],
    [
      'a chain goes as a whole or not at all',
      [entry(0), entry(1, { chain: 'f' }), entry(2, { chain: 'f' }), entry(3, { chain: 'g' })],
      { keepLast: 2, minVerified: 1 },
      ['b0', 'b1', 'b2'],
    ],
  ])('%s', (_, backups, rule, expected) => {
    expect(kept(backups, rule)).toEqual(expected);
  });

  test('order is by time, not by name: a new name that sorts first is still the newest', () => {
    const renamed = [entry(0, { id: 'a-new' }), entry(1, { id: 'z-old' }), entry(2, { id: 'z-older' })];
    expect(decide({ backups: renamed, policy: policy({ keepLast: 1, minVerified: 1 }), now: NOW }).keep).toEqual([
      { id: 'a-new', why: ['one of the 1 that must stay', 'one of the last 1'] },
    ]);
  });
});

describe('two phases', () => {
  const rule = policy({ keepLast: 1, minVerified: 1, graceHours: 24 });

  test('the first run condemns and deletes nothing', () => {
    expect(decide({ backups: days(3), policy: rule, now: NOW })).toMatchObject({ condemn: ['b1', 'b2'], delete: [] });
  });

  test('after the grace time it goes, newest first', () => {
    const condemnedAt = new Date(NOW - 1.1 * DAY).toISOString();
    const backups = [entry(0), entry(2, { condemnedAt }), entry(3, { condemnedAt })];
    expect(
      decide({ backups, policy: policy({ keepLast: 1, minVerified: 1, maxDeletePercent: 100 }), now: NOW }),
    ).toMatchObject({
      condemn: [],
      delete: ['b2', 'b3'],
    });
  });

  test('one that the policy keeps again is reprieved', () => {
    const backups = [entry(0, { bad: true }), entry(1, { condemnedAt: new Date(NOW - 2 * DAY).toISOString() })];
    expect(decide({ backups, policy: rule, now: NOW })).toMatchObject({ reprieve: ['b1'], delete: [], condemn: [] });
  });

  test('what an object lock keeps is reported with its end', () => {
    const until = new Date(NOW + DAY).toISOString();
    const backups = [entry(0), entry(5, { lockedUntil: until, condemnedAt: entry(4).at })];
    expect(decide({ backups, policy: rule, now: NOW })).toMatchObject({ delete: [], locked: [{ id: 'b5', until }] });
  });
});

test('caps: more than a part, or more than a number, asks for a person', () => {
  const condemnedAt = new Date(NOW - 9 * DAY).toISOString();
  const backups = [entry(0), entry(1), ...[2, 3, 4, 5].map((age) => entry(age, { condemnedAt }))];
  const some = (rule: Parameters<typeof policy>[0]) =>
    decide({ backups, policy: policy({ keepLast: 2, ...rule }), now: NOW }).beyondCaps;
  expect(some({ maxDeletePercent: 100, maxDelete: 20 })).toBeUndefined();
  expect(some({ maxDeletePercent: 50 })).toContain('4 of 6');
  expect(some({ maxDeletePercent: 100, maxDelete: 3 })).toContain('3 at a time');
});

test.each<[string, BackupEntry[], number, string]>([
  ['an empty listing', [], 0, 'no backup at all'],
  ['a backup from the future', [entry(-1)], 0, 'in the future'],
  ['a store whose clock is not ours', [entry(1)], 400_000, 'differ by 400 s'],
])('refuses on %s', (_, backups, skew, why) => {
  expect(refusal({ backups, policy: policy({}), now: NOW }, skew)).toContain(why);
});

test('refuses nothing when listing and clocks are right', () => {
  expect(refusal({ backups: [entry(1)], policy: policy({}), now: NOW }, 1_000)).toBeUndefined();
});
