import { createHash } from 'node:crypto';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import stableStringify from 'fast-json-stable-stringify';
import { parse } from 'yaml';
import { systemDirectories } from '../../systems/directories.js';
import { InvalidSystemError, listSystems, loadSystem, UnknownSystemError } from '../../systems/load.js';
import { folderWith, SAMPLE } from './describeFile.js';

const dir = folderWith({ 'shop.yaml': SAMPLE, 'README.md': '', 'Bad Name.yaml': '' });

function failure(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error');
}

afterEach(() => {
  delete process.env['BELAY_SYSTEMS'];
  delete process.env['BELAY_SYSTEMS_OVERLAY'];
});

describe('loadSystem', () => {
  test('fills defaults, and hashes what people wrote', () => {
    const { system, hash, file } = loadSystem('shop', { dirs: [dir] });
    expect(system.workloads[1]?.health[0]?.expect.status).toEqual([200]);
    expect(system.policies.rollingUpdate.onFailure).toBe('rollback');
    expect(hash).toBe(
      createHash('sha256')
        .update(stableStringify(parse(SAMPLE)))
        .digest('hex'),
    );
    expect(file).toBe(join(dir, 'shop.yaml'));
  });

  test('comments, order and anchors do not change the hash; a value does', () => {
    const { hash } = loadSystem('shop', { dirs: [dir] });
    const reordered = SAMPLE.replace('name: shop\ntitle: Shop\n', '# comment\ntitle: Shop\nname: shop\n');
    expect(loadSystem('shop', { dirs: [folderWith({ 'shop.yaml': reordered })] }).hash).toBe(hash);
    const changed = SAMPLE.replace('max: 0.05', 'max: 0.06');
    expect(loadSystem('shop', { dirs: [folderWith({ 'shop.yaml': changed })] }).hash).not.toBe(hash);
  });

  test('the overlay is merged before validation and counts for the hash', () => {
    const overlayDir = folderWith({
      'shop.yaml':
        'prometheus: {url: http://127.0.0.1:9}\nblackouts: null\nkubernetes: {context: sandbox}\ntiers: [edge, data]\n',
    });
    const plain = loadSystem('shop', { dirs: [dir] });
    const { system, hash } = loadSystem('shop', { dirs: [dir], overlayDir });
    expect(system.prometheus?.url).toBe('http://127.0.0.1:9');
    expect(system.blackouts).toEqual([]);
    expect(system.kubernetes).toEqual({ namespace: 'shop', context: 'sandbox' });
    expect(system.tiers).toEqual(['edge', 'data']);
    expect(hash).not.toBe(plain.hash);
  });

  test('a mistake in the overlay is reported in the overlay, one it causes elsewhere in the file itself', () => {
    const overlayDir = folderWith({ 'shop.yaml': '\nprometheus:\n  url: nonsense\ntiers: [data]\n' });
    const error = failure(() => loadSystem('shop', { dirs: [dir], overlayDir }));
    expect(error).toBeInstanceOf(InvalidSystemError);
    const places = (error as InvalidSystemError).problems.map(({ file, line, path }) => [file, line, path]);
    expect(places).toHaveLength(2);
    expect(places).toContainEqual([join(overlayDir, 'shop.yaml'), 3, 'prometheus.url']);
    expect(places).toContainEqual([join(dir, 'shop.yaml'), 11, 'workloads[1].tier']);
  });

  test('an overlay without a file for the system changes nothing', () => {
    const overlayDir = folderWith({ 'other.yaml': 'title: X' });
    expect(loadSystem('shop', { dirs: [dir], overlayDir })).toEqual(loadSystem('shop', { dirs: [dir] }));
  });

  test.each(['../shop', '/etc/passwd', '', 'Shop', 'shop.yaml', 'a/b', 'x'.repeat(1000), '.', '__proto__'])(
    'there is no system %j',
    (name) => {
      expect(failure(() => loadSystem(name, { dirs: [dir] }))).toBeInstanceOf(UnknownSystemError);
    },
  );

  test('an unknown name is answered with the near one or with all', () => {
    expect(String(failure(() => loadSystem('shpo', { dirs: [dir] })))).toContain('did you mean "shop"?');
    expect(String(failure(() => loadSystem('billing', { dirs: [dir] })))).toContain('known systems: shop');
  });

  test('an invalid description names file and line', () => {
    const dirs = [folderWith({ 'shop.yaml': SAMPLE.replace('max: 0.05', 'max: x') })];
    expect(String(failure(() => loadSystem('shop', { dirs })))).toMatch(
      /shop\.yaml:21:9 workloads\[1\]\.gates\[0\]\.max: is a text/,
    );
  });

  test('environment: several folders, the first one wins; an overlay folder', () => {
    const other = folderWith({ 'shop.yaml': SAMPLE.replace('title: Shop', 'title: Second'), 'blog.yaml': '' });
    process.env['BELAY_SYSTEMS'] = [dir, other, '/nowhere'].join(delimiter);
    process.env['BELAY_SYSTEMS_OVERLAY'] = folderWith({ 'shop.yaml': 'environment: sandbox' });
    expect(systemDirectories()).toEqual([dir, other, '/nowhere']);
    expect(listSystems()).toEqual(['blog', 'shop']);
    expect(loadSystem('shop').system).toMatchObject({ title: 'Shop', environment: 'sandbox' });
  });
});
