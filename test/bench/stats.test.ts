import { describe, expect, test } from '@jest/globals';
import { percentile, summarize } from '../../bench/kit/stats.js';

const oneTo = (n: number): number[] => Array.from({ length: n }, (_, index) => index + 1);

describe('percentile', () => {
  test.each([
    [50, 20, 10],
    [95, 20, 19],
    [100, 20, 20],
    [95, 21, 20],
    [50, 1, 1],
    [0.1, 3, 1],
  ])('p%p of 1 to %p is the measured value %p', (p, n, expected) => {
    expect(percentile(oneTo(n), p)).toBe(expected);
  });

  test('does not depend on the order and leaves the sample as it was', () => {
    const values = [30, 1, 20, 3];
    expect(percentile(values, 75)).toBe(20);
    expect(values).toEqual([30, 1, 20, 3]);
  });

  test('sorts by number, not by text', () => {
    expect(percentile([10, 9, 100], 50)).toBe(10);
  });

  test('refuses an empty sample and a rank that does not exist', () => {
    expect(() => percentile([], 50)).toThrow('empty sample');
    expect(() => percentile([1], 0)).toThrow(RangeError);
    expect(() => percentile([1], 101)).toThrow(RangeError);
  });
});

test('a summary holds count, median, 95th percentile and maximum', () => {
  expect(summarize(oneTo(40))).toEqual({ n: 40, p50: 20, p95: 38, max: 40 });
});
