import { describe, expect, test } from '@jest/globals';
import type { Silence } from '../../../activities/alertmanager/types.js';
import { spanOf } from '../../../workflows/alertReview/collect.js';
import { figuresOf, isNight, quantile } from '../../../workflows/alertReview/figures.js';
import { matchesAll } from '../../../workflows/alertReview/histories.js';
import { markOf, ruleChange } from '../../../workflows/alertReview/ruleChanges.js';
import { answered, firing, firings, FROM, histories, history, incident, NIGHT, rule, TO } from './samples.js';

const equal = (name: string, value: string) => ({ name, value, isRegex: false, isEqual: true });
const regex = (name: string, value: string) => ({ name, value, isRegex: true, isEqual: true });
const silence = (at: number, lasts: number): Silence => ({
  id: 's',
  state: 'expired',
  matchers: [equal('alertname', 'Slow')],
  startsAt: new Date((FROM + at) * 1_000).toISOString(),
  endsAt: new Date((FROM + at + lasts) * 1_000).toISOString(),
  createdBy: 'alice',
  comment: 'work on the disks',
});

describe('false positives: under five minutes, ended by the source, nobody did anything, no maintenance', () => {
  test.each([
    ['short, no incident', history([firing(600, 299)]), 1],
    ['five minutes', history([firing(600, 300)]), 0],
    ['short, an incident that nobody touched', history([firing(600, 90)], { incidents: [incident('Slow', 600)] }), 1],
    [
      'short, answered by a person',
      history([firing(600, 90)], { incidents: [incident('Slow', 600, { firstHumanAckAt: 1 })] }),
      0,
    ],
    [
      'short, a person left a note',
      history([firing(600, 90)], { incidents: [incident('Slow', 600, { touched: true })] }),
      0,
    ],
    ['short, of another incident', history([firing(600, 90)], { incidents: [incident('Other', 600, answered)] }), 1],
    ['short, while silenced', history([firing(600, 90)], { silences: [silence(500, 200)] }), 0],
    ['short, before the silence', history([firing(600, 90)], { silences: [silence(601, 200)] }), 1],
    ['short, but it began before the span', history([[FROM, FROM + 90, 0]]), 0],
    ['short, but it still fires', history([[TO - 60, TO, 0]]), 0],
  ])('%s', (_, one, falsePositives) => {
    expect(figuresOf(one, NIGHT, {}).falsePositives).toBe(falsePositives);
  });
});

test('every figure of an alert', () => {
  const incidents = [
    incident('Slow', 1_000, { ...answered, pages: 3 }),
    incident('Slow', 5_000, { pages: 1, noise: 'falsePositive', acted: true, touched: true }),
    incident('Slow', 9_000),
    incident('Fast', 1_000, { pages: 99 }),
  ];
  const found = histories({
    rules: [rule('Slow')],
    incidents,
    firings: firings([
      [{ alertname: 'Slow', pod: 'a' }, [firing(1_000, 3_600), firing(5_000, 60, 23 * 60)]],
      [{ alertname: 'Slow', pod: 'b' }, [firing(9_000, 120, 1_440 + 5 * 60), firing(20_000, 240)]],
    ]),
  });
  expect(found.map((one) => figuresOf(one, NIGHT, { since: 'x' }))).toEqual([
    {
      alert: 'Slow',
      firings: 4,
      fingerprints: 2,
      medianSeconds: 120,
      p95Seconds: 3_600,
      shortShare: 0.75,
      falsePositives: 2,
      incidents: 3,
      ackRate: 1 / 3,
      nightShare: 0.5,
      pages: 5,
      pagesPerFiring: 1.25,
      actionableRatio: 1 / 3,
      noise: { falsePositive: 1 },
      ruleChange: { since: 'x' },
    },
  ]);
});

test('rules that share a name are told apart by their labels; a rule that is gone leaves its alert', () => {
  const rules = [rule('Slow', { labels: { severity: 'warning' } }), rule('Slow', { labels: { severity: 'critical' } })];
  const list = [firing(1_000, 60)];
  const found = histories({
    rules,
    firings: firings([
      [{ alertname: 'Slow', severity: 'critical' }, list],
      [{ alertname: 'Gone' }, list],
    ]),
  });
  expect(found.map(({ alert, rule: one }) => [alert, one?.labels['severity']])).toEqual([
    ['Slow (shop, 2)', 'critical'],
    ['Gone', undefined],
  ]);
});

test.each([
  [[], 0.5, null],
  [[7], 0.95, 7],
  [[1, 2, 3, 4], 0.5, 2],
  [[4, 3, 2, 1, 100], 0.95, 100],
])('quantile of %j at %d is %p', (values, q, expected) => {
  expect(quantile(values, q)).toBe(expected);
});

test.each([
  [22 * 60 - 1, NIGHT, false],
  [22 * 60, NIGHT, true],
  [1_440 * 3 + 5 * 60 + 59, NIGHT, true],
  [6 * 60, NIGHT, false],
  [60, { from: 0, to: 360 }, true],
  [361, { from: 0, to: 360 }, false],
])('minute %d of the week in the night %j: %p', (minuteOfWeek, night, expected) => {
  expect(isNight({ minuteOfWeek }, night)).toBe(expected);
});

test.each([
  [[equal('a', 'x')], true],
  [[equal('a', 'X')], false],
  [[regex('a', 'x|y')], true],
  [[regex('b', 'part')], false],
  [[{ ...equal('c', ''), isEqual: true }], true],
  [[{ ...equal('a', 'z'), isEqual: false }], true],
  [[regex('a', '(?i)x')], false],
  [[equal('a', 'x'), equal('b', 'nope')], false],
])('matchers %j: %p', (matchers, expected) => {
  expect(matchesAll(matchers, { a: 'x', b: 'partial' })).toBe(expected);
});

describe('last change of a rule, as earlier reviews saw it', () => {
  const mark = markOf(rule('Slow'));
  const other = markOf(rule('Slow', { forSeconds: 300 }));
  test.each([
    ['never seen before', [], { since: 'now' }],
    [
      'always the same',
      [
        { at: 't2', rules: [mark] },
        { at: 't1', rules: [mark] },
      ],
      { since: 't1' },
    ],
    [
      'just changed',
      [
        { at: 't2', rules: [other] },
        { at: 't1', rules: [mark] },
      ],
      { after: 't2', by: 'now' },
    ],
    [
      'changed between two reviews',
      [
        { at: 't3', rules: [mark] },
        { at: 't2', rules: [mark] },
        { at: 't1', rules: [other] },
      ],
      { after: 't1', by: 't2' },
    ],
    [
      'new since',
      [
        { at: 't2', rules: [mark] },
        { at: 't1', rules: [] },
      ],
      { after: 't1', by: 't2' },
    ],
  ])('%s', (_, earlier, expected) => {
    expect(ruleChange(mark, 'now', earlier)).toEqual(expected);
  });
});

test.each([
  [7, [30, 15], 15],
  [7, [], 60],
  [90, [5], 39],
  [0.01, [0.2], 1],
])('%d days with rules each %j seconds are looked at each %d seconds', (days, intervals, step) => {
  const rules = intervals.map((intervalSeconds) => rule('x', { intervalSeconds }));
  const span = spanOf(1_700_000_123_456, days, rules);
  expect(span.step).toBe(step);
  expect(span.to % step).toBe(0);
  expect((span.to - span.from) % step).toBe(0);
  expect(span.to - span.from).toBeGreaterThanOrEqual(Math.round(days * 86_400));
  expect(1_700_000_123 - span.to).toBeLessThanOrEqual(2 * step);
});
