import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checkSystemFile } from '../../systems/check.js';
import { folderWith, SAMPLE } from './describeFile.js';

function messages(text: string): string[] {
  const file = join(folderWith({ 'shop.yaml': text }), 'shop.yaml');
  return checkSystemFile(file).map(({ line, message }) => `${line} ${message}`);
}

/** Nine levels of nine aliases each: 250 bytes that expand to 9^9 values. */
const BOMB = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  .concat(Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]`))
  .join('\n');

describe('files that are not descriptions are refused with one clear problem', () => {
  test.each<[string, string, RegExp]>([
    ['empty', '', /^1 is empty; must be an object/],
    ['only a comment', '# nothing\n', /^1 is empty; must be an object/],
    ['a list', '- a\n- b\n', /^1 is a list; must be an object/],
    ['a text', 'hello\n', /^1 is a text; must be an object/],
    ['aliases that explode', BOMB, /^1 cannot be expanded: Excessive alias count/],
    ['an alias to nothing', 'a: *nowhere\n', /^1 cannot be expanded: Unresolved alias/],
    ['an alias to itself', 'a: &a [*a]\n', /^1 holds an alias to something that it is part of/],
    ['a duplicate key', `${SAMPLE}title: Other\n`, /^42 YAML: Map keys must be unique/],
    ['two documents', `${SAMPLE}---\nname: other\n`, /YAML: .*multiple documents/i],
    ['an unknown tag', 'name: !!js/function "x"\n', /^1 YAML: Unresolved tag/],
    ['a key that is no text', '? [a, b]\n: c\n', /^1 YAML: With stringKeys/],
    ['bad indentation', 'a:\n  b: 1\n c: 2\n', /^3 YAML: /],
    ['a tab', 'a:\n\tb: 1\n', /^\d+ YAML: /],
    ['an alias to itself, twice', 'a: &a [*a, *a]\n', /^1 holds an alias to something that it is part of/],
    ['50 levels', `a: ${'['.repeat(50)}${']'.repeat(50)}\n`, /^1 is nested more than 32 levels deep/],
    ['100,000 brackets', '['.repeat(100_000), /^1 (is nested too deeply|YAML)/],
    ['2 MB', `name: shop\n# ${'x'.repeat(2_000_000)}\n`, /^1 holds 2000014 bytes; a description may have 1000000/],
    ['binary', '\u0000\u0001\u0002', /^1 /],
  ])('%s', (_, text, expected) => {
    const found = messages(text);
    expect(found[0]).toMatch(expected);
    expect(found.length).toBeLessThanOrEqual(50);
  });

  test('a missing file and a folder', () => {
    const folder = folderWith({});
    mkdirSync(join(folder, 'shop.yaml'));
    expect(checkSystemFile(join(folder, 'none.yaml'))).toMatchObject([{ message: expect.stringContaining('ENOENT') }]);
    expect(checkSystemFile(join(folder, 'shop.yaml'))).toMatchObject([
      { message: expect.stringContaining('not a file') },
    ]);
  });

  test('keys that mean something to JavaScript stay data', () => {
    const text = `${SAMPLE}__proto__:\n  polluted: true\nconstructor: 1\n`;
    expect(messages(text)).toEqual([
      expect.stringMatching(/^42 unknown field/),
      expect.stringMatching(/^44 unknown field/),
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('wrong types everywhere are all listed', () => {
    const keys = SAMPLE.split('\n').flatMap((line) => /^([a-z]+):/.exec(line)?.[1] ?? []);
    const text = keys.map((key) => `${key}: 7`).join('\n');
    const file = join(folderWith({ 'shop.yaml': text }), 'shop.yaml');
    expect(new Set(checkSystemFile(file).map(({ path }) => path))).toEqual(new Set(keys));
  });
});

test('a file outside UTF-8 does not throw', () => {
  const folder = folderWith({});
  writeFileSync(join(folder, 'shop.yaml'), Buffer.from([0xff, 0xfe, 0x00, 0x41]));
  expect(checkSystemFile(join(folder, 'shop.yaml')).length).toBeGreaterThan(0);
});
