import { describe, expect, test } from '@jest/globals';
import { effectProblems } from '../../bench/concurrent/verify.js';
import { barLine, isMet, rounded } from '../../bench/kit/bars.js';
import { replaceSection, table } from '../../bench/kit/markdown.js';

describe('bars', () => {
  const bar = { name: 'crash, p95', limit: 60, unit: 's' };

  test('a value at the limit is good, one above is not', () => {
    expect(isMet({ ...bar, actual: 60 })).toBe(true);
    expect(isMet({ ...bar, actual: 60.001 })).toBe(false);
    expect(isMet({ ...bar, actual: Number.NaN })).toBe(false);
  });

  test('a line tells figure and limit', () => {
    expect(barLine({ ...bar, actual: 31.234 })).toBe('ok      crash, p95: 31.2 s (at most 60 s)');
    expect(barLine({ ...bar, actual: 61 })).toBe('MISSED  crash, p95: 61 s (at most 60 s)');
  });

  test.each([
    [0.012_34, '0.0123'],
    [99.96, '100'],
    [1_234.6, '1235'],
    [0, '0'],
  ])('%p is shown as %p', (value, shown) => expect(rounded(value)).toBe(shown));
});

test('a table is Markdown with numbers to the right', () => {
  expect(table(['a', 'b'], [['x', '1']])).toBe('| a | b |\n| --- | ---: |\n| x | 1 |');
});

describe('a section of the page', () => {
  const page = 'before\n<!-- worker:begin -->\nold\n<!-- worker:end -->\nafter\n';

  test('is replaced, again and again, and nothing else', () => {
    const once = replaceSection(page, 'worker', 'new');
    expect(once).toBe('before\n<!-- worker:begin -->\n\nnew\n\n<!-- worker:end -->\nafter\n');
    expect(replaceSection(once, 'worker', 'new')).toBe(once);
  });

  test('that is missing is an error', () => {
    expect(() => replaceSection(page, 'rollout', 'new')).toThrow('rollout:begin');
  });
});

describe('effects of one update', () => {
  const before = { generation: 1, image: 'app:1', saved: [] };
  const after = { generation: 2, image: 'app:2', saved: ['1', '2*'] };

  test('one write and two saved states, the second verified, are as they should be', () => {
    expect(effectProblems('n/a', before, after, 'app:2')).toEqual([]);
  });

  test.each([
    ['a second write', { ...after, generation: 3 }, 'written 2 times'],
    ['no write', { ...after, generation: 1 }, 'written 0 times'],
    ['the old image', { ...after, image: 'app:1' }, 'has app:1 instead of app:2'],
    ['a state saved twice', { ...after, saved: ['1', '2', '3*'] }, 'saved states are 1,2,3*'],
    ['a state that nobody verified', { ...after, saved: ['1', '2'] }, 'saved states are 1,2 instead'],
  ])('%s is told', (_, seen, problem) => {
    expect(effectProblems('n/a', before, seen, 'app:2')).toEqual([expect.stringContaining(problem)]);
  });

  test('a Deployment that is gone is told', () => {
    expect(effectProblems('n/a', before, undefined, 'app:2')).toEqual(['n/a: is not there']);
  });
});
