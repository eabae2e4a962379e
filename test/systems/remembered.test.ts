import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadSystem } from '../../systems/load.js';
import { rememberingLoader } from '../../systems/remembered.js';
import { folderWith, SAMPLE } from './describeFile.js';

let dir: string;
let reads: string[];
let load: (name: string) => ReturnType<typeof loadSystem>;

beforeEach(() => {
  dir = folderWith({ 'shop.yaml': SAMPLE });
  process.env['BELAY_SYSTEMS'] = dir;
  reads = [];
  load = rememberingLoader((name) => {
    reads.push(name);
    return loadSystem(name);
  });
});

afterEach(() => {
  delete process.env['BELAY_SYSTEMS'];
  delete process.env['BELAY_SYSTEMS_OVERLAY'];
});

describe('a remembering loader', () => {
  test('gives what a plain one gives, and reads once', () => {
    expect(load('shop')).toEqual(loadSystem('shop'));
    expect(load('shop')).toBe(load('shop'));
    expect(reads).toEqual(['shop']);
  });

  test('reads again after an edit, also one of the same length', () => {
    const before = load('shop').hash;
    writeFileSync(join(dir, 'shop.yaml'), SAMPLE.replace('title: ', 'title: X'));
    expect(load('shop').hash).not.toBe(before);
    writeFileSync(join(dir, 'shop.yaml'), SAMPLE);
    expect(load('shop').hash).toBe(before);
  });

  test('reads again when the overlay changes', () => {
    load('shop');
    const overlay = folderWith({ 'shop.yaml': 'title: Overlaid\n' });
    process.env['BELAY_SYSTEMS_OVERLAY'] = overlay;
    expect(load('shop').system.title).toBe('Overlaid');
    writeFileSync(join(overlay, 'shop.yaml'), 'title: Anew\n');
    expect(load('shop').system.title).toBe('Anew');
  });

  test('a failure is not remembered', () => {
    writeFileSync(join(dir, 'shop.yaml'), 'name: other\n');
    expect(() => load('shop')).toThrow('shop');
    writeFileSync(join(dir, 'shop.yaml'), SAMPLE);
    expect(load('shop').system.name).toBe('shop');
  });

  test('a file that is edited while it is read is not remembered', () => {
    const edited = rememberingLoader((name) => {
      reads.push(name);
      const loaded = loadSystem(name);
      if (reads.length === 1) writeFileSync(join(dir, 'shop.yaml'), `${SAMPLE}\n# edited\n`);
      return loaded;
    });
    for (let n = 0; n < 3; n++) edited('shop');
    writeFileSync(join(dir, 'shop.yaml'), SAMPLE);
    edited('shop');
    expect(reads).toHaveLength(3);
  });
});
