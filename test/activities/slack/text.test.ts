import { describe, expect, test } from '@jest/globals';
import { cutMrkdwn, inert, link, moment, pieces, toMrkdwn } from '../../../activities/slack/text.js';

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

describe('texts of machines', () => {
  test.each([
    ['<!channel> & <@U123>', '&lt;!channel&gt; &amp; &lt;@U123&gt;'],
    ['two\nlines\tand\u0007a bell', 'two lines and a bell'],
    [
      '@channel @here x@everyone @channels @hereafter',
      '@\u200bchannel @\u200bhere x@\u200beveryone @channels @hereafter',
    ],
    ['token xoxb-123456-abcdef', 'token [redacted]'],
  ])('%j', (text, expected) => {
    expect(inert(text)).toBe(expected);
  });

  test('are cut before they are escaped', () => {
    expect(inert('&'.repeat(400), 10)).toBe(`${'&amp;'.repeat(9)}…`);
  });
});

describe('links', () => {
  test.each<[string, string | undefined, string]>([
    ['plain', 'https://runbooks.example/checkout?a=1&b=2', '<https://runbooks.example/checkout?a=1&amp;b=2|Run | it>'],
    ['without address', undefined, 'Run | it'],
    ['script', 'javascript:alert(1)', 'Run | it'],
    ['file', 'file:///etc/passwd', 'Run | it'],
    ['not an address', 'runbooks/checkout', 'Run | it'],
    ['that would end early', 'https://x.example/a|b>c<d', '<https://x.example/a%7Cb%3Ec%3Cd|Run | it>'],
    ['too long', `https://x.example/${'a'.repeat(2_000)}`, 'Run | it'],
  ])('%s', (_, url, expected) => {
    expect(link(url, 'Run | it')).toBe(expected.replaceAll('Run | it', 'Run ¦ it'));
  });
});

test('a moment is shown in the reader’s zone, and in UTC where it cannot be', () => {
  expect(moment(Date.parse('2026-11-21T19:42:13.5Z'))).toBe(
    '<!date^1795290133^{date_short_pretty} {time}|2026-11-21 19:42 UTC>',
  );
});

describe('cutMrkdwn', () => {
  test.each([
    ['short', 10, 'short'],
    ['aaaa bbbb cccc', 10, 'aaaa bbbb…'],
    ['aaaaaa&amp;bbbb', 10, 'aaaaaa…'],
    ['see <https://x.example|here> and', 20, 'see …'],
    ['aaaaaaaa🚨aaaa', 10, 'aaaaaaaa…'],
  ])('%j to %i', (text, max, expected) => {
    expect(cutMrkdwn(text, max)).toBe(expected);
  });
});
