import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheRoot, stateRoot } from '../../sandbox/kit/paths.js';
import { readState, removeState, sandboxDir, writeState } from '../../sandbox/kit/state.js';
import type { SandboxState } from '../../sandbox/kit/types.js';

let before: string | undefined;
let folder: string;

beforeEach(async () => {
  before = process.env['BELAY_STATE'];
  folder = await mkdtemp(join(tmpdir(), 'belay-state-'));
  process.env['BELAY_STATE'] = folder;
});
afterEach(async () => {
  process.env['BELAY_STATE'] = before;
  await rm(folder, { recursive: true, force: true });
});

function state(name: string, pids: Record<string, number> = {}): SandboxState {
  return { name, startedAt: '2026-01-01T00:00:00.000Z', dir: sandboxDir(name), pids };
}

test('what is written is read again, and only the user can read it', async () => {
  await writeState(state('one', { temporal: 4711 }));
  expect(await readState('one')).toEqual(state('one', { temporal: 4711 }));
  expect((await stat(join(sandboxDir('one'), 'state.json'))).mode & 0o077).toBe(0);
  await removeState('one');
  expect(await readState('one')).toBeUndefined();
});

test('readers never see a part of a state while writers replace it', async () => {
  const long = (n: number): SandboxState => state('busy', { [`component-${'x'.repeat(50_000)}`]: n });
  await writeState(long(0));
  const reads: Promise<SandboxState | undefined>[] = [];
  await Promise.all(
    Array.from({ length: 40 }, (_, n) => {
      reads.push(readState('busy'));
      return writeState(long(n));
    }),
  );
  for (const read of await Promise.all(reads)) expect(Object.keys(read?.pids ?? {})[0]).toHaveLength(50_010);
  expect(await readdir(sandboxDir('busy'))).toEqual(['state.json']);
});

test('a damaged state file is named', async () => {
  await mkdir(sandboxDir('bad'), { recursive: true });
  await writeFile(join(sandboxDir('bad'), 'state.json'), '{"name":');
  await expect(readState('bad')).rejects.toThrow(/state\.json is damaged.*remove it/);
});

test.each(['', '..', 'a/b', 'A', '-x', 'x'.repeat(41)])('refuses %j as a name', (name) => {
  expect(() => sandboxDir(name)).toThrow('is no name for a sandbox');
});

test('folders follow the XDG base directory specification', () => {
  expect(stateRoot({ XDG_STATE_HOME: '/s' })).toBe('/s/belay');
  expect(cacheRoot({ XDG_CACHE_HOME: '/c' })).toBe('/c/belay');
  expect(cacheRoot({ XDG_CACHE_HOME: 'relative' })).toMatch(/\/\.cache\/belay$/);
  expect(cacheRoot({ BELAY_CACHE: '/mine', XDG_CACHE_HOME: '/c' })).toBe('/mine');
});
