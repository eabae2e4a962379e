import { describe, expect, test } from '@jest/globals';
import { patternProblem } from '../../systems/patterns.js';

describe('regular expressions for alerts', () => {
  test.each([
    'HighLatency',
    'High.*|Low.*|.*Disk.*Full',
    '(Mongo|Redis).*',
    'P[0-2]',
    String.raw`node-\d{1,3}\.shop`,
    '[|(]x.*',
    'a'.repeat(300),
  ])('%s is right', (pattern) => {
    expect(patternProblem(pattern)).toBeUndefined();
  });

  test.each<[string, RegExp]>([
    ['(', /is not a regular expression \(Unterminated group\)/],
    ['[a', /is not a regular expression \(Unterminated character class\)/],
    ['*', /is not a regular expression \(Nothing to repeat\)/],
    ['(?i)high', /is not a regular expression/],
    ['(a+)+', /repeats a repetition/],
    ['((High|Low)*)*', /repeats a repetition/],
    ['(.*a){9}', /repeats a repetition/],
    ['.*a.*b.*c.*', /more than 3 of .* in one alternative/],
    ['x|.*a.*b.*c.*', /more than 3 of/],
    ['(?=High).*', /looks around or refers back/],
    ['(?<!a)b', /looks around or refers back/],
    [String.raw`(a)\1`, /looks around or refers back/],
    ['a'.repeat(301), /has 301 characters; must be at most 300/],
  ])('%s is refused', (pattern, problem) => {
    expect(patternProblem(pattern)).toMatch(problem);
  });
});
