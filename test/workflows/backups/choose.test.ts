import { describe, expect, test } from '@jest/globals';
import type { Listing } from '../../../activities/backup/types.js';
import { choose, goodSet } from '../../../workflows/backupKit/choose.js';
import { judgeAge } from '../../../workflows/backupWatch/judge.js';
import { judge, measure, worstLoss } from '../../../workflows/drTest/measure.js';
import { DAY, entry, NOW } from './samples.js';

const listing: Listing = {
  backups: [
    entry(3),
    entry(0, { level: 'L2' }),
    entry(1),
    entry(2, { bad: true }),
    entry(4, { condemnedAt: entry(1).at }),
  ],
  unreadable: [{ id: 'torn', why: 'its checksum does not match' }],
  unpublished: [],
};

test('the good set: at the level, not bad, not condemned, newest first', () => {
  expect(goodSet(listing, 'L4').map((one) => one.id)).toEqual(['b1', 'b3']);
  expect(goodSet(listing, 'L6')).toEqual([]);
});

describe('choose', () => {
  const id = (choice: Parameters<typeof choose>[1], level: Parameters<typeof choose>[2] = 'L4', random = 0) => {
    const found = choose(listing, choice, level, random);
    return 'entry' in found ? found.entry.id : found.problem;
  };
  test.each<[string, string, string]>([
    ['latest', id('latest'), 'b0'],
    ['latest verified', id('latestVerified'), 'b1'],
    ['random, first', id('random', 'L4', 0), 'b1'],
    ['random, last', id('random', 'L4', 0.999), 'b3'],
    ['not later than', id({ before: entry(2).at }), 'b3'],
    ['by id, even a bad one', id({ id: 'b2' }), 'b2'],
  ])('%s', (_, found, expected) => {
    expect(found).toBe(expected);
  });
  test.each<[string, string, string]>([
    ['none at the level', id('latestVerified', 'L6'), 'none of its 5 backups is verified to L6 or above'],
    ['none so old', id({ before: entry(9).at }), `at or before ${entry(9).at}`],
    ['unreadable', id({ id: 'torn' }), 'its checksum does not match'],
    ['unknown', id({ id: 'nope' }), 'no published backup nope'],
  ])('says why not: %s', (_, problem, expected) => {
    expect(problem).toContain(expected);
  });
});

describe('the age of the newest that counts', () => {
  test('counts from the recovery point of a good one, not of the newest', () => {
    const found = judgeAge(listing, 'L4', 86_400, NOW, NOW);
    expect(found).toMatchObject({ fresh: true, newest: { id: 'b1', ageSeconds: 86_400 } });
  });
  test('a breach began when the allowed age was over', () => {
    const found = judgeAge(listing, 'L4', 3_600, NOW, NOW);
    expect(found).toMatchObject({ fresh: false, since: new Date(NOW - DAY + 3_600_000).toISOString() });
  });
  test('none at all is a breach', () => {
    expect(judgeAge({ backups: [], unreadable: [], unpublished: [] }, 'L4', 60, NOW, NOW - 5)).toMatchObject({
      fresh: false,
      since: new Date(NOW - 5).toISOString(),
    });
  });
});

describe('a drill', () => {
  const backups = [entry(1), entry(2), entry(5)];
  const passed = {
    asked: 'L6',
    reached: 'L6',
    passed: true,
    differences: [],
    timings: { restore: 2_000 },
    levels: [],
  } as const;
  const one = measure(
    { backups },
    entry(1),
    { ...passed, differences: [], levels: [] },
    { declaredAt: NOW, answeredAt: NOW + 90_000 },
  );

  test('RPO is from the declared disaster back to the recovery point; the worst case is the longest gap', () => {
    expect(one).toMatchObject({ rto: 90, rpo: 86_400, breakdown: { restore: 2 } });
    expect(worstLoss({ backups }, entry(1), NOW)).toBe(3 * DAY);
  });
  test('a goal is met only if every source answered', () => {
    expect(judge([one], { rto: 90, rpo: 86_400 })).toMatchObject({ met: true });
    expect(judge([one], { rto: 89, rpo: 86_400 })).toMatchObject({
      met: false,
      rto: { met: false },
      rpo: { met: true },
    });
    expect(judge([{ ...one, passed: false, text: 'failed at L4' }], { rto: 900, rpo: 90_000 })).toMatchObject({
      met: false,
    });
    expect(judge([], { rto: 1, rpo: 1 }).met).toBe(false);
  });
});
