import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { buttonKeys, readButton, signButton, type ButtonValue } from '../../../activities/slack/buttonValue.js';
import { createSecretResolver } from '../../../activities/secrets/resolver.js';
import { secretsOf } from '../paging.js';

const KEY = 'k'.repeat(32);
const OTHER = 'o'.repeat(32);
const value: ButtonValue = {
  i: 'incident/shop/checkout/0123456789abcdef',
  a: 'acknowledge',
  l: 1,
  t: 1_795_255_500_000,
};

/** What somebody who knows the key, but not the rules, might sign. */
function signed(body: string, key = KEY): string {
  return `b1.${createHmac('sha256', key).update(`b1.${body}`).digest('base64url')}.${body}`;
}

describe('values of buttons', () => {
  test('are read as they were signed, under any of the keys', () => {
    const text = signButton(value, KEY) ?? '';
    expect(text.length).toBeLessThan(250);
    expect(readButton(text, [KEY])).toEqual(value);
    expect(readButton(text, [OTHER, KEY])).toEqual(value);
    expect(readButton(text, [OTHER])).toBeUndefined();
    expect(readButton(text, [])).toBeUndefined();
    expect(text).toBe(signed(JSON.stringify(value)));
  });

  test('a change of a single character is seen, wherever it is', () => {
    const text = signButton(value, KEY) ?? '';
    const accepted = text.split('').flatMap((character, at) => {
      const changed = text.slice(0, at) + (character === 'A' ? 'B' : 'A') + text.slice(at + 1);
      return readButton(changed, [KEY]) === undefined ? [] : [changed];
    });
    // The last character of a signature has two bits that mean nothing.
    for (const one of accepted) expect(readButton(one, [KEY])).toEqual(value);
    expect(accepted.length).toBeLessThanOrEqual(1);
    expect(readButton(text.replace('"l":1', '"l":2'), [KEY])).toBeUndefined();
    expect(readButton(text.replace('acknowledge', 'resolve'), [KEY])).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['no signature', JSON.stringify(value)],
    ['another version', (signButton(value, KEY) ?? '').replace('b1.', 'b2.')],
    ['a short signature', `b1.AAAA.${JSON.stringify(value)}`],
    ['no JSON', signed('{nonsense}')],
    ['an array', signed('[1]')],
    ['no incident', signed('{"a":"resolve","l":0,"t":1}')],
    ['an unknown action', signed(JSON.stringify({ ...value, a: 'reassign' }))],
    ['an inherited name as action', signed(JSON.stringify({ ...value, a: 'toString' }))],
    ['a level that is no number', signed(JSON.stringify({ ...value, l: '1' }))],
    ['a runbook that is no text', signed(JSON.stringify({ ...value, r: 7 }))],
    ['two thousand characters and more', signed(JSON.stringify({ ...value, r: 'r'.repeat(2_000) }))],
  ])('%s is nothing', (_, text) => {
    expect(readButton(text, [KEY])).toBeUndefined();
  });

  test('what Slack would not take is not signed', () => {
    const long = { ...value, i: 'i'.repeat(1_800) };
    expect(readButton(signButton(long, KEY) ?? '', [KEY])).toEqual(long);
    expect(signButton({ ...value, i: 'i'.repeat(2_000) }, KEY)).toBeUndefined();
  });
});

describe('keys of buttons', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['none', {}, []],
    ['one', { BELAY_BUTTON_KEY: KEY }, [KEY]],
    ['a new and an old one', { BELAY_BUTTON_KEY: KEY, BELAY_BUTTON_KEY_OLD: OTHER }, [KEY, OTHER]],
    ['one that could be guessed', { BELAY_BUTTON_KEY: 'k'.repeat(31) }, []],
  ])('%s', async (_, env, keys) => {
    expect(await buttonKeys(secretsOf(env))).toEqual(keys);
  });

  test('a source that is away costs the buttons, not the message', async () => {
    const away = createSecretResolver({
      env: {},
      readFile: () => Promise.reject(new Error('none')),
    });
    expect(await buttonKeys({ resolve: (reference) => away.resolve(reference.replace('env:', 'file:/')) })).toEqual([]);
  });
});
