import { describe, expect, test } from '@jest/globals';
import type { PresentAlert } from '../../../activities/alertmanager/types.js';
import type { Firing } from '../../../activities/prometheus/types.js';
import { patchesOf } from '../../../workflows/alertReview/patch.js';
import { proposeInhibits } from '../../../workflows/alertReview/proposeInhibit.js';
import { proposeFor, proposeKeepFiring, proposeThreshold } from '../../../workflows/alertReview/proposeRule.js';
import { proposeSilence } from '../../../workflows/alertReview/proposeSilence.js';
import type { AlertHistory, Proposal } from '../../../workflows/alertReview/types.js';
import { answered, firing, firings, FROM, histories, history, incident, NIGHT, rule, TO } from './samples.js';

const judge = { night: NIGHT, spanFrom: FROM, fewest: 3 };
const HOUR = 3_600;

/** So many firings that last so long, an hour apart. */
const many = (count: number, lasts: number, from = HOUR): Firing[] =>
  Array.from({ length: count }, (_, at) => firing(from + at * HOUR, lasts));

const effect = (one: { before: object; after: object } | undefined) => one && [one.before, one.after];

describe('a longer `for`', () => {
  test('spares the short ones that nobody handled; the others stay', () => {
    const one = history([...many(4, 90), firing(50 * HOUR, 1_800)], {
      incidents: [incident('Slow', HOUR), incident('Slow', 50 * HOUR, { ...answered, pages: 2 })],
    });
    const proposal = proposeFor(one, judge);
    expect(proposal).toMatchObject({ id: 'for/Slow', change: 'for: 1m → 3m', rule: { for: '3m' } });
    expect(effect(proposal)).toEqual([
      { firings: 5, falsePositives: 4, night: 0, pages: 3 },
      { firings: 1, falsePositives: 0, night: 0, pages: 2 },
    ]);
  });

  test.each<[string, AlertHistory]>([
    ['too few of them', history(many(2, 90))],
    ['one that would go was answered', history(many(5, 90), { incidents: [incident('Slow', HOUR, answered)] })],
    ['they last too long for any delay', history(many(5, 290), { rules: [rule('Slow', { forSeconds: 899 })] })],
    [
      'urgent, and two minutes more are not enough',
      history(many(5, 200), { incidents: [incident('Slow', HOUR, { severity: 'P1' })] }),
    ],
    ['the rule is gone', history(many(5, 90), { rules: [] })],
  ])('none: %s', (_, one) => {
    expect(proposeFor(one, judge)).toBeUndefined();
  });

  test('of an urgent alert: two minutes more at most', () => {
    const one = history(many(5, 90), { incidents: [incident('Slow', HOUR, { severity: 'P1' })] });
    expect(proposeFor(one, judge)?.change).toBe('for: 1m → 3m');
  });
});

describe('keep_firing_for', () => {
  test('joins what comes back soon, within one label set only', () => {
    const flapping = [0, 1, 2, 3, 4].map((at) => firing(HOUR + at * 150, 60));
    const one = history([...flapping, firing(30 * HOUR, 600)]);
    const proposal = proposeKeepFiring(one, judge);
    expect(proposal).toMatchObject({ change: 'keep_firing_for: 0s → 2m', rule: { keep_firing_for: '2m' } });
    expect(effect(proposal)).toEqual([
      { firings: 6, falsePositives: 5, night: 0, pages: 0 },
      { firings: 2, falsePositives: 0, night: 0, pages: 0 },
    ]);
    const [spread] = histories({
      rules: [rule('Slow')],
      firings: firings(flapping.map((each, at) => [{ alertname: 'Slow', pod: String(at) }, [each]])),
    });
    expect(spread && proposeKeepFiring(spread, judge)).toBeUndefined();
  });

  test('none where firings are hours apart', () => {
    expect(proposeKeepFiring(history(many(6, 60)), judge)).toBeUndefined();
  });
});

describe('a threshold', () => {
  const real = firing(60 * HOUR, 1_800);
  const incidents = [incident('Slow', 60 * HOUR, answered)];
  const propose = (levels: (number | null)[], one = history([...many(4, 90), real], { incidents })) =>
    proposeThreshold(one, new Map(one.episodes.map((episode, at) => [episode, levels[at] ?? null])), judge);

  test('beyond what false positives reached, short of what was handled', () => {
    const proposal = propose([5.2, 6.004, 7.123, 5.5, 20]);
    expect(proposal).toMatchObject({ change: '> 5 → > 7.13', rule: { expr: 'errors > 7.13' } });
    expect(effect(proposal)).toEqual([
      { firings: 5, falsePositives: 4, night: 0, pages: 1 },
      { firings: 1, falsePositives: 0, night: 0, pages: 1 },
    ]);
  });

  test('below them, for a rule that asks for less', () => {
    const rules = [rule('Slow', { comparison: { left: 'balance', op: '<', value: 100 } })];
    const one = history([...many(4, 90), real], { incidents, rules });
    expect(propose([90, 85.55, 95, 99, 12], one)?.rule?.expr).toBe('balance < 85.5');
  });

  test.each([
    ['a handled one was lower', [5.2, 9, 7, 5.5, 8]],
    ['values are not known', [null, null, 7, 5.5, 20]],
    ['the handled one is not known', [5.2, 6, 7, 5.5, null]],
  ])('none: %s', (_, levels) => {
    expect(propose(levels)).toBeUndefined();
  });

  test('none where nothing was ever handled', () => {
    expect(propose([5.2, 6, 7, 5.5], history(many(4, 90)))).toBeUndefined();
  });
});

describe('a silence', () => {
  const silencing = { ...judge, to: TO, hours: 24 };
  const present = (state: PresentAlert['state']): PresentAlert => ({
    fingerprint: 'f',
    labels: { alertname: 'Slow', pod: 'a', severity: 'warning' },
    state,
    silencedBy: [],
    inhibitedBy: [],
    receivers: ['belay'],
    startsAt: '',
    endsAt: '',
  });
  const long: Firing = [TO - 20 * HOUR, TO, 0];

  test('for one that fires for half a day while nobody does anything', () => {
    const proposal = proposeSilence(
      history([firing(HOUR, 60), long], {}, { pod: 'a' }),
      [present('active')],
      silencing,
    );
    expect(proposal?.silence).toEqual({
      matchers: [
        { name: 'alertname', value: 'Slow', isRegex: false, isEqual: true },
        { name: 'pod', value: 'a', isRegex: false, isEqual: true },
      ],
      hours: 24,
    });
    expect(effect(proposal)).toEqual([
      { firings: 1, falsePositives: 0, night: 1, pages: 0 },
      { firings: 0, falsePositives: 0, night: 0, pages: 0 },
    ]);
  });

  test('for one that flaps for nothing', () => {
    const flapping: Firing[] = [20, 15, 10, 5].map((hours) => [TO - hours * HOUR, TO - hours * HOUR + 60, 720]);
    expect(proposeSilence(history(flapping), [], silencing)?.why).toBe(
      'it fired 4 times within a day, 4 times for nothing',
    );
  });

  test.each<[string, AlertHistory, PresentAlert[]]>([
    ['silenced already', history([long], {}, { pod: 'a' }), [present('suppressed')]],
    ['another pod', history([long], {}, { pod: 'b' }), [present('active')]],
    ['not for long enough', history([[TO - 11 * HOUR, TO, 0]], {}, { pod: 'a' }), [present('active')]],
    [
      'somebody works on it',
      history(
        [long],
        { incidents: [incident('Slow', long[0] - FROM, { ...answered, resolvedAt: TO * 1_000 })] },
        { pod: 'a' },
      ),
      [present('active')],
    ],
    [
      'urgent',
      history([long], { incidents: [incident('Slow', long[0] - FROM, { severity: 'P1' })] }, { pod: 'a' }),
      [present('active')],
    ],
  ])('none: %s', (_, one, alerts) => {
    expect(proposeSilence(one, alerts, silencing)).toBeUndefined();
  });
});

describe('an inhibition', () => {
  const causes = many(5, 1_800);
  const effects = (lag: number): Firing[] => causes.map(([start]) => [start + lag, start + lag + 300, 720]);
  const both = (cause: Firing[], result: Firing[], labels: [string, string] = ['eu', 'eu']) =>
    histories({
      rules: [rule('Down'), rule('Slow')],
      firings: firings([
        [{ alertname: 'Down', zone: labels[0] }, cause],
        [{ alertname: 'Slow', zone: labels[1] }, result],
      ]),
    });

  test('of what hardly ever comes without the other', () => {
    const [proposal, ...others] = proposeInhibits(both(causes, effects(60)), judge, TO - FROM);
    expect(others).toEqual([]);
    expect(proposal).toMatchObject({
      id: 'inhibit/Slow',
      inhibit: {
        source_matchers: ['alertname="Down"'],
        target_matchers: ['alertname="Slow"'],
        equal: ['zone'],
      },
    });
    expect(effect(proposal)).toEqual([
      { firings: 5, falsePositives: 0, night: 0, pages: 0 },
      { firings: 0, falsePositives: 0, night: 0, pages: 0 },
    ]);
  });

  test.each([
    ['they come apart', both(causes, effects(HOUR / 2 + 60))],
    ['the other fires nearly always', both([[FROM, TO, 0], ...causes], effects(60))],
    ['too few', both(causes.slice(0, 2), effects(60).slice(0, 2))],
  ])('none: %s', (_, some) => {
    expect(proposeInhibits(some, judge, TO - FROM)).toEqual([]);
  });

  test('a label that differs is not asked to be equal', () => {
    expect(proposeInhibits(both(causes, effects(60), ['eu', 'us']), judge, TO - FROM)[0]?.inhibit?.equal).toEqual([]);
  });
});

test('the patch holds the better one of two changes to a rule, and every inhibition', () => {
  const flapping = [0, 1, 2, 3, 4].map((at) => firing(HOUR + at * 150, 60));
  const one = history(
    flapping,
    { rules: [rule('Slow', { labels: { severity: 'warning' } })] },
    { severity: 'warning' },
  );
  const proposals = [proposeFor(one, judge), proposeKeepFiring(one, judge)].filter((each) => each !== undefined);
  expect(proposals.map(({ kind, after }) => [kind, after.firings])).toEqual([
    ['for', 0],
    ['keepFiringFor', 1],
  ]);
  const inhibit = { source_matchers: ['a'], target_matchers: ['b'], equal: [] };
  const inhibiting: Proposal = {
    ...{ id: 'inhibit/Slow', kind: 'inhibit', alert: 'Slow', change: '', why: '', inhibit },
    before: { firings: 5, falsePositives: 0, night: 0, pages: 0 },
    after: { firings: 0, falsePositives: 0, night: 0, pages: 0 },
  };
  const some = [...proposals, inhibiting];
  expect(patchesOf(some, [one])).toEqual({
    rules: {
      groups: [
        {
          name: 'shop',
          rules: [{ alert: 'Slow', expr: 'errors > 5', for: '2m', labels: { severity: 'warning' } }],
        },
      ],
    },
    inhibit: { inhibit_rules: [inhibit] },
  });
  expect(patchesOf([], [one])).toEqual({});
});
