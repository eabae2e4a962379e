import { beforeAll, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot } from '../../sandbox/kit/paths.js';

interface Locked {
  resolved?: string;
  optionalDependencies?: Record<string, string>;
}

let packages: Record<string, Locked>;

beforeAll(async () => {
  const text = await readFile(join(projectRoot(), 'package-lock.json'), 'utf8');
  packages = (JSON.parse(text) as { packages: Record<string, Locked> }).packages;
});

/** Where Node looks for the dependencies of a package: its own node_modules, then those above it. */
function folders(path: string): string[] {
  const parts = path === '' ? [] : path.split(/(?:^|\/)node_modules\//).slice(1);
  return Array.from({ length: parts.length + 1 }, (_, depth) =>
    [...parts.slice(0, depth), ''].map((part) => (part === '' ? 'node_modules/' : `node_modules/${part}/`)).join(''),
  );
}

// `npm ci` refuses a lock file without them, also on platforms that never install them. npm writes such a file when the
// registry does not (yet) have a native package for every platform: pin the parent to an earlier version then.
test('the lock file has the native packages of every platform', () => {
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !folders(path).some((folder) => `${folder}${name}` in packages)),
  );
  expect(missing).toEqual([]);
});

test('the lock file names no registry', () => {
  expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
