import { describe, expect, test } from '@jest/globals';
import type { OverdueRun, OverdueRuns } from '../../../activities/types.js';
import { alarmPrefix, factsOf, kindOf, verdict, watchedBy, wellAgain } from '../../../workflows/incidentAudit/judge.js';

const run = (workflowId: string): OverdueRun => ({ workflowId, type: 'incident', deadline: 0 });
const found = (first: string[], watched: string[] = [], count = first.length): OverdueRuns => ({
  count,
  first: first.map(run),
  watched,
});

test('the id of an alarm holds the workflow that it is about', () => {
  const id = 'incident/shop/checkout/00112233';
  expect(watchedBy(`${alarmPrefix('shop')}${kindOf(id)}`, 'shop')).toBe(id);
});

describe('who is well again', () => {
  test.each<[string, string[], OverdueRuns, string[]]>([
    ['all when none is overdue', ['a', 'b'], found([]), ['a', 'b']],
    ['not those that still are', ['a', 'b'], found(['a'], ['a']), ['b']],
    ['not those beyond the first twenty', ['z'], found(['a'], ['z'], 500), []],
    ['nobody when nobody was watched', [], found(['a']), []],
  ])('%s', (_, watched, overdue, expected) => {
    expect(wellAgain(watched, overdue)).toEqual(expected);
  });
});

describe('words', () => {
  test('an alarm says how late, what and which, and dates the breach by the deadline', () => {
    const one: OverdueRun = { ...run('incident/shop/x'), deadline: 1_000, state: 'triggered', severity: 'P1' };
    const facts = factsOf(one, 91_000);
    expect(facts.title).toBe('Overdue: P1 incident (triggered) incident/shop/x');
    expect(facts.text).toContain('90 s ago');
    expect(facts.since).toBe('1970-01-01T00:00:01.000Z');
    expect(factsOf(run('postmortem/x'), 0).title).toBe('Overdue: incident postmortem/x');
  });

  test.each([
    [found([]), 'no incident is overdue'],
    [found(['a']), '1 overdue: a'],
    [found(['a', 'b', 'c', 'd', 'e', 'f'], [], 90), '90 overdue: a, b, c, d, e and 85 more'],
  ])('a verdict', (overdue, words) => {
    expect(verdict(overdue)).toBe(words);
  });
});
