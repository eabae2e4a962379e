import { describe, expect, test } from '@jest/globals';
import { pieces, toMrkdwn } from '../../../activities/slack/text.js';

describe('toMrkdwn', () => {
  test.each([
    ['plain', 'plain'],
    ['**bold** and *this*', '*bold* and *this*'],
    ['# Title\ntext', '*Title*\ntext'],
    ['a < b && c > d', 'a &lt; b &amp;&amp; c &gt; d'],
    ['[run](https://t.example/w?a=1&b=2)', '<https://t.example/w?a=1&amp;b=2|run>'],
    ['[x](javascript:alert)', '[x](javascript:alert)'],
    ['<@U123> <!everyone>', '&lt;@U123&gt; &lt;!everyone&gt;'],
  ])('%j', (markdown, mrkdwn) => {
    expect(toMrkdwn(markdown)).toBe(mrkdwn);
  });
});

describe('pieces', () => {
  test.each([
    ['', 10, []],
    ['short', 10, ['short']],
    ['one two three', 8, ['one two', 'three']],
    ['line one\nline two', 12, ['line one', 'line two']],
    ['xxxxxxxxxxxx', 5, ['xxxxx', 'xxxxx', 'xx']],
    ['aaaa&amp;bbbb', 6, ['aaaa', '&amp;b', 'bbb']],
  ])('%j by %i', (text, max, expected) => {
    expect(pieces(text, max)).toEqual(expected);
  });

  test('terminates and loses nothing but white space for any text', () => {
    for (const text of ['&'.repeat(50), '<'.repeat(50), '&amp;'.repeat(50), ' '.repeat(50), '<a '.repeat(30)]) {
      const found = pieces(text, 7);
      expect(found.every((piece) => piece.length <= 7)).toBe(true);
      expect(found.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }
  });
});
