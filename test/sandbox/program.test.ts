import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../sandbox/kit/command.js';
import { findOrInstall } from '../../sandbox/kit/program.js';
import type { ProgramSpec } from '../../sandbox/kit/types.js';

let folder: string;
let before: NodeJS.ProcessEnv;
let installs: number;

async function fakeProgram(file: string, version: string): Promise<string> {
  await writeFile(file, `#!/bin/sh\necho fake ${version}\n`, { mode: 0o755 });
  return file;
}

function spec(changes: Partial<ProgramSpec> = {}): ProgramSpec {
  return {
    name: 'fake',
    version: '2.0',
    env: 'BELAY_TEST_FAKE_BIN',
    path: ['belay-fake'],
    async check(file) {
      const { stdout } = await runCommand(file, [], { timeoutMs: 10_000 });
      return stdout.startsWith('fake 2.') ? undefined : `wrong version: ${stdout.trim()}`;
    },
    install: async (dir) => {
      installs++;
      await mkdir(join(dir, 'bin'));
      return fakeProgram(join(dir, 'bin', 'fake'), '2.0 installed');
    },
    hint: 'Install fake 2 by hand.',
    ...changes,
  };
}

const quiet = (): void => undefined;

beforeEach(async () => {
  before = { ...process.env };
  installs = 0;
  folder = await mkdtemp(join(tmpdir(), 'belay-program-'));
  process.env['BELAY_CACHE'] = join(folder, 'cache');
  process.env['PATH'] = `${join(folder, 'path')}:${before['PATH']}`;
  await mkdir(join(folder, 'path'));
});

afterEach(async () => {
  process.env = before;
  await rm(folder, { recursive: true, force: true });
});

describe('findOrInstall', () => {
  test('installs when nothing is there, then uses the cache', async () => {
    const file = await findOrInstall(spec(), quiet);
    expect(file).toBe(join(folder, 'cache', 'fake-2.0', 'bin', 'fake'));
    expect(await findOrInstall(spec(), quiet)).toBe(file);
    expect(installs).toBe(1);
    expect(await readdir(join(folder, 'cache'))).toEqual(['fake-2.0']);
  });

  test('prefers the PATH to the cache, and skips a wrong version there', async () => {
    const cached = await findOrInstall(spec(), quiet);
    const onPath = await fakeProgram(join(folder, 'path', 'belay-fake'), '2.5');
    expect(await findOrInstall(spec(), quiet)).toBe(onPath);
    await fakeProgram(onPath, '1.0');
    expect(await findOrInstall(spec(), quiet)).toBe(cached);
  });

  test('prefers the environment variable to everything', async () => {
    await fakeProgram(join(folder, 'path', 'belay-fake'), '2.5');
    const explicit = await fakeProgram(join(folder, 'mine'), '2.9');
    process.env['BELAY_TEST_FAKE_BIN'] = explicit;
    expect(await findOrInstall(spec(), quiet)).toBe(explicit);
  });

  test.each([
    ['a wrong version', async (file: string) => void (await fakeProgram(file, '1.0')), /wrong version: fake 1.0/],
    ['a missing file', async () => undefined, /ENOENT/],
    ['a file that is no program', (file: string) => writeFile(file, 'text'), /EACCES/],
  ])('refuses %s in the environment variable instead of looking elsewhere', async (_what, make, reason) => {
    const file = join(folder, 'mine');
    await make(file);
    process.env['BELAY_TEST_FAKE_BIN'] = file;
    await expect(findOrInstall(spec(), quiet)).rejects.toThrow(reason);
    await expect(findOrInstall(spec(), quiet)).rejects.toThrow('BELAY_TEST_FAKE_BIN');
    expect(installs).toBe(0);
  });

  test('installs anew when the cached program has become unusable', async () => {
    const file = await findOrInstall(spec(), quiet);
    await fakeProgram(file, '1.0');
    expect(await findOrInstall(spec(), quiet)).toBe(file);
    expect(installs).toBe(2);
    expect(await readFile(file, 'utf8')).toContain('2.0 installed');
  });

  test('says what to install when installing fails, and leaves no rest', async () => {
    const failing = spec({ install: () => Promise.reject(new Error('no route to host')) });
    await expect(findOrInstall(failing, quiet)).rejects.toThrow(/Install fake 2 by hand\.[^]*no route to host/);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  test('refuses what was installed when it does not pass the check', async () => {
    const wrong = spec({ install: (dir) => fakeProgram(join(dir, 'fake'), '1.0') });
    await expect(findOrInstall(wrong, quiet)).rejects.toThrow(/what was installed cannot be used: wrong version/);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  test('installs once for callers at the same time', async () => {
    const files = await Promise.all([1, 2, 3].map(() => findOrInstall(spec(), quiet)));
    expect(new Set(files).size).toBe(1);
    expect(installs).toBe(1);
  });

  test('clears away what a killed installation has left', async () => {
    await mkdir(join(folder, 'cache', '.fake-2.0.tmp-killed'), { recursive: true });
    await findOrInstall(spec(), quiet);
    expect(await readdir(join(folder, 'cache'))).toEqual(['fake-2.0']);
  });
});
