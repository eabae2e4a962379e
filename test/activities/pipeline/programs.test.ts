import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram, programVariable } from '../../../activities/pipeline/programs.js';

let dir: string;
const at = (folder: string): string => join(dir, folder, 'redis-cli');

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-programs-'));
  for (const folder of ['own', 'one', 'two', 'path', 'plain']) {
    await mkdir(join(dir, folder));
    await writeFile(at(folder), '#!/bin/sh\n', { mode: folder === 'plain' ? 0o644 : 0o755 });
  }
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('findProgram', () => {
  test.each<[string, Record<string, string[]>, string]>([
    [
      'its own variable wins',
      { BELAY_REDIS_CLI_BIN: ['own/redis-cli'], BELAY_PROGRAMS: ['one'], PATH: ['path'] },
      'own',
    ],
    ['then the folders, in order', { BELAY_PROGRAMS: ['two', 'one'], PATH: ['path'] }, 'two'],
    ['what cannot be run is passed over', { BELAY_PROGRAMS: ['plain', 'one'], PATH: ['path'] }, 'one'],
    ['then PATH', { BELAY_PROGRAMS: ['none'], PATH: ['path'] }, 'path'],
  ])('%s', async (_title, env, folder) => {
    const absolute = Object.entries(env).map(([name, paths]) => [name, paths.map((path) => join(dir, path)).join(':')]);
    expect(await findProgram('redis-cli', Object.fromEntries(absolute))).toBe(at(folder));
  });

  test('a relative folder is never looked into', async () => {
    await expect(findProgram('redis-cli', { PATH: '.:relative:' })).rejects.toMatchObject({ type: 'MissingProgram' });
  });

  test('a missing program says what to install and what to set', async () => {
    await expect(findProgram('redis-cli', { PATH: '' })).rejects.toMatchObject({
      type: 'MissingProgram',
      nonRetryable: true,
      message: expect.stringMatching(/redis-tools.*BELAY_REDIS_CLI_BIN.*BELAY_PROGRAMS/),
    });
  });

  test('a variable that points at nothing is an error, not passed over', async () => {
    const env = { BELAY_REDIS_CLI_BIN: join(dir, 'none'), PATH: join(dir, 'path') };
    await expect(findProgram('redis-cli', env)).rejects.toMatchObject({
      message: expect.stringContaining('BELAY_REDIS_CLI_BIN'),
    });
  });

  test('a path must be absolute', async () => {
    expect(await findProgram(at('own'), {})).toBe(at('own'));
    await expect(findProgram('./redis-cli', {})).rejects.toMatchObject({ type: 'MissingProgram' });
  });

  test('names of variables', () => {
    expect(['pg_dump', 'redis-check-rdb', 'age'].map(programVariable)).toEqual([
      'BELAY_PG_DUMP_BIN',
      'BELAY_REDIS_CHECK_RDB_BIN',
      'BELAY_AGE_BIN',
    ]);
  });
});
