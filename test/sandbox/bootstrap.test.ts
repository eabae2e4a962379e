import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../sandbox/kit/paths.js';

/** A small project around the real bootstrap, with a compiler that notes its runs and copies its one source. */
let folder: string;

const COMPILER = `#!/bin/sh
echo run >> "$(dirname "$0")/runs"
mkdir -p "$2" && cp workflows/a.ts "$2/a.js"
grep -q 'type error' workflows/a.ts && exit 2
exit 0
`;

async function write(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(join(folder, path, '..'), { recursive: true });
  await writeFile(join(folder, path), content, { mode });
}

function bootstrap(...args: string[]): { status: number | null; stderr: string } {
  const file = join(folder, 'sandbox', 'bootstrap.mjs');
  return spawnSync(process.execPath, [file, ...args], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
}

async function compilerRuns(): Promise<number> {
  return (await readFile(join(folder, 'node_modules', '.bin', 'runs'), 'utf8')).trim().split('\n').length;
}

const output = (): Promise<string> => readFile(join(folder, 'dist', 'a.js'), 'utf8');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'belay-bootstrap-'));
  await cp(join(projectRoot(), 'sandbox', 'bootstrap.mjs'), join(folder, 'sandbox', 'bootstrap.mjs'));
  await write('tsconfig.json', JSON.stringify({ include: ['workflows', 'systems'] }));
  const packages = { '': {}, 'node_modules/a': { version: '1.0.0' }, 'node_modules/other-os': { optional: true } };
  await write('package-lock.json', JSON.stringify({ packages }));
  await write(
    'node_modules/.package-lock.json',
    JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }),
  );
  await write('node_modules/.bin/tsc', COMPILER, 0o755);
  await write('workflows/a.ts', 'first');
  await write('systems/shop.yaml', 'name: shop');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('builds once, and again only when a source has changed', async () => {
  expect(bootstrap('build').status).toBe(0);
  expect(bootstrap('build').status).toBe(0);
  expect(await compilerRuns()).toBe(1);
  expect(await output()).toBe('first');
  expect(await readFile(join(folder, 'dist', 'systems', 'shop.yaml'), 'utf8')).toBe('name: shop');

  await write('systems/shop.yaml', 'name: shop2');
  expect(bootstrap('build').status).toBe(0);
  expect(await compilerRuns()).toBe(2);
});

test('output of a deleted source does not stay', async () => {
  bootstrap('build');
  await write('dist/stale.js', '');
  await write('workflows/a.ts', 'second');
  bootstrap('build');
  expect(await output()).toBe('second');
  expect(await readdir(join(folder, 'dist'))).not.toContain('stale.js');
});

test('a type error fails the build and leaves the last one usable; lenient builds use what was emitted', async () => {
  bootstrap('build');
  await write('workflows/a.ts', 'type error');
  const failed = bootstrap('build');
  expect(failed.status).toBe(1);
  expect(failed.stderr).toContain('The sources have type errors');
  expect(await output()).toBe('first');
  expect(bootstrap('build', '--lenient').status).toBe(0);
  expect(await output()).toBe('type error');
  // The same sources are not built leniently twice, but the strict build still looks, and refuses.
  expect(bootstrap('build', '--lenient').status).toBe(0);
  expect(await compilerRuns()).toBe(3);
  expect(bootstrap('build').status).toBe(1);
  expect((await readdir(folder)).filter((name) => name.startsWith('.dist-'))).toEqual([]);
});

test('takes over the lock of a build that was killed', async () => {
  await write('node_modules/.belay-build.lock', String(spawnSync('true').pid));
  expect(bootstrap('build').status).toBe(0);
  expect(await readdir(join(folder, 'node_modules'))).not.toContain('.belay-build.lock');
});

test('packages are installed anew when they are not those of the lock file', async () => {
  await write(
    'node_modules/.package-lock.json',
    JSON.stringify({ packages: { 'node_modules/a': { version: '0.9.0' } } }),
  );
  const failed = bootstrap('build');
  // There is no package.json, so that npm itself refuses.
  expect(failed.stderr).toContain('Installing npm packages');
  expect(failed.stderr).toContain('npm ci failed');
  expect(failed.status).toBe(1);
});

test('names its commands', () => {
  const { status, stderr } = bootstrap('deploy');
  expect(status).toBe(1);
  expect(stderr).toContain('build|test|demo');
});
