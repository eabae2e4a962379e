import { describe, expect, test } from '@jest/globals';
import { deadlinesOf, nextDeadline, tick, type Told } from '../../../workflows/postmortem/deadlines.js';

const H = 3_600_000;
const rules = { dueSeconds: 48 * 3_600, remindSeconds: [44 * 3_600, 24 * 3_600, 24 * 3_600] };

describe('deadlines', () => {
  test('count from the end of the incident, in order, each once', () => {
    expect(deadlinesOf(0, undefined, rules)).toEqual({ endedAt: 0, dueAt: 48 * H, reminders: [24 * H, 44 * H] });
  });

  test('an earlier due time takes the reminders after it away', () => {
    expect(deadlinesOf(0, 30 * H, rules)).toEqual({ endedAt: 0, dueAt: 30 * H, reminders: [24 * H] });
  });
});

/** Goes from look to look, and gives what was told at each. */
function looked(...hours: number[]): string[] {
  const deadlines = deadlinesOf(0, undefined, rules);
  const told: Told = { reminders: 0 };
  return hours.map(
    (hour) => `${hour}: ${tick(deadlines, told, hour * H)}, next ${(nextDeadline(deadlines, told) ?? -H) / H}`,
  );
}

describe('what is told', () => {
  const cases: [string, number[], string[]][] = [
    [
      'in time',
      [0, 24, 44, 48],
      ['0: nothing, next 24', '24: remind, next 44', '44: remind, next 48', '48: breach, next -1'],
    ],
    [
      'each once',
      [24, 25, 48, 49, 100],
      [
        '24: remind, next 44',
        '25: nothing, next 44',
        '48: breach, next -1',
        '49: nothing, next -1',
        '100: nothing, next -1',
      ],
    ],
    ['two that a worker slept through are one', [45], ['45: remind, next 48']],
    ['a breach makes reminders needless', [60], ['60: breach, next -1']],
  ];

  test.each(cases)('%s', (_, hours, expected) => {
    expect(looked(...hours)).toEqual(expected);
  });

  test('a breach is dated when it was due, not when it was noticed', () => {
    const told: Told = { reminders: 0 };
    tick(deadlinesOf(0, undefined, rules), told, 60 * H);
    expect(told.breachedAt).toBe(48 * H);
  });
});
