import { expect, test } from '@jest/globals';
import { retryAfterSeconds } from '../../../activities/http/retryAfter.js';

test.each([
  ['30', 30],
  ['0', 1],
  ['999999', 600],
  ['Sat, 21 Nov 2026 10:00:05 GMT', 5],
  ['Sat, 21 Nov 2026 09:00:00 GMT', 1],
  ['soon', 60],
  ['', 60],
  [null, 60],
])('Retry-After %j means %i s', (header, seconds) => {
  expect(retryAfterSeconds(header, Date.parse('2026-11-21T10:00:00Z'), 60)).toBe(seconds);
});
