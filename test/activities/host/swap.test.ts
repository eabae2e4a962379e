import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderEngine } from '../../../activities/host/index.js';
import { swapPaths, swapPathsBack } from '../../../activities/host/swapPaths.js';
import { besidePath, claim } from '../../../activities/host/tag.js';
import { engineContext } from './context.js';
import { createFolder, folderSource, take } from './support.js';

let dir: string;
let context: Awaited<ReturnType<typeof engineContext>>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-swap-'));
  context = await engineContext();
});
afterEach(async () => {
  await context.remove();
  await rm(dir, { recursive: true, force: true });
});

describe('renames', () => {
  const tag = { system: 'shop', source: 'uploads', workflowId: 'restore/1', at: '2026-01-01T00:00:00.000Z' };
  const options = { tag, quiet: async () => undefined, companions: ['-wal'] };
  const at = (name: string): string => join(dir, name);
  const names = () => ({ live: at('live'), restored: at('new'), kept: at('old') });
  const told = async (): Promise<Record<string, string>> => {
    const found: Record<string, string> = {};
    for (const name of await readdir(dir)) {
      found[name] = name.endsWith('.json') ? 'tag' : await readFile(at(name), 'utf8');
    }
    return found;
  };
  const swapped = { live: 'N', old: 'L', 'old-wal': 'W', 'old.belay.json': 'tag' };
  const before = { live: 'L', 'live-wal': 'W', new: 'N', 'new.belay.json': 'tag' };

  beforeEach(async () => {
    await claim(at('new'), { ...tag, belay: 'restored' });
    await writeFile(at('new'), 'N');
    await writeFile(at('live'), 'L');
    await writeFile(at('live-wal'), 'W');
  });

  test('go there and back, and may be repeated', async () => {
    await swapPaths(names(), options);
    expect(await told()).toEqual(swapped);
    await swapPaths(names(), options);
    expect(await told()).toEqual(swapped);
    await swapPathsBack(names(), options);
    expect(await told()).toEqual(before);
    await swapPathsBack(names(), options);
    expect(await told()).toEqual(before);
  });

  /** What a process that died after so many steps of a swap has left. */
  const steps: [string, () => Promise<void>][] = [
    ['the tag', async () => void (await claim(at('old'), { ...tag, belay: 'kept' }))],
    ['live → kept', () => rename(at('live'), at('old'))],
    ['its companion', () => rename(at('live-wal'), at('old-wal'))],
    ['restored → live', () => rename(at('new'), at('live'))],
  ];
  const died = async (count: number): Promise<void> => {
    for (const [, step] of steps.slice(0, count)) await step();
  };

  test.each([1, 2, 3, 4])('go on after %p steps', async (count) => {
    await died(count);
    await swapPaths(names(), options);
    expect(await told()).toEqual(swapped);
  });

  test.each([1, 2, 3, 4])('go back after %p steps', async (count) => {
    await died(count);
    await swapPathsBack(names(), options);
    expect(await told()).toEqual(before);
  });

  test('bring a restored copy in when the live one is lost, with what is left of it set aside', async () => {
    await rm(at('live'));
    await swapPaths(names(), options);
    expect(await told()).toEqual({ live: 'N', 'old-wal': 'W', 'old.belay.json': 'tag' });
    await swapPathsBack(names(), options);
    expect(await told()).toEqual({ 'live-wal': 'W', new: 'N', 'new.belay.json': 'tag' });
  });

  test.each([
    ['what nobody restored', async () => rm(at('new')), 'NotFound'],
    ['what carries no tag', async () => rm(at('new.belay.json')), 'NotOurs'],
    ['onto a name that is taken', async () => writeFile(at('old'), 'mine'), 'NameTaken'],
    [
      "onto another run's name",
      async () => void (await claim(at('old'), { ...tag, workflowId: 'restore/2', belay: 'kept' })),
      'NameTaken',
    ],
  ])('refuse %s, and change nothing', async (_what, arrange, type) => {
    await arrange();
    const found = await told();
    await expect(swapPaths(names(), options)).rejects.toMatchObject({ type });
    expect(await told()).toEqual(found);
  });

  test('do not begin while it is used', async () => {
    const quiet = () => Promise.reject(new Error('in use'));
    await expect(swapPaths(names(), { ...options, quiet })).rejects.toThrow('in use');
    expect(await told()).toEqual(before);
  });

  test.each(['../live', 'live', 'a/b', '', '.hidden', 'x.belay.json', 'x-wal'])('refuse the name %p', (name) => {
    expect(() => besidePath(at('live'), name)).toThrow(/choose another name/);
  });
});

describe('a folder', () => {
  const live = (): string => join(dir, 'uploads');
  const source = () => folderSource(live());

  async function restored(name: string) {
    await createFolder(live());
    const { files, contents } = await take(source(), context, join(dir, 'b'));
    const copy = await folderEngine.restore?.(source(), files, name, context);
    expect(await copy?.contents(true)).toEqual(contents);
    await copy?.close();
    return files;
  }

  test('is restored beside, swapped in, swapped back and dropped', async () => {
    const files = await restored('uploads-new');
    await writeFile(join(live(), 'later'), 'written after the backup');
    expect(await folderEngine.inspectRestore?.(source(), 'uploads-2', 1, context)).toEqual({
      ...{ problems: [], liveName: 'uploads', warnings: [] },
    });
    await expect(
      folderEngine.restore?.(source(), files, 'uploads-new', {
        ...context,
        run: { ...context.run, workflowId: 'other' },
      }),
    ).rejects.toMatchObject({ type: 'NameTaken' });
    expect(await folderEngine.swap?.(source(), 'uploads-new', 'uploads-old', context)).toEqual({ live: 'uploads' });
    expect(await readdir(live())).not.toContain('later');
    await folderEngine.swapBack?.(source(), 'uploads-new', 'uploads-old', context);
    expect(await readdir(live())).toContain('later');
    expect(await folderEngine.drop?.(source(), 'uploads-new', context)).toBe(true);
    expect(await folderEngine.drop?.(source(), 'uploads-new', context)).toBe(false);
    expect((await readdir(dir)).toSorted()).toEqual(['b', 'uploads']);
  });

  test('may be restored again by the same run', async () => {
    const files = await restored('uploads-new');
    await writeFile(join(dir, 'uploads-new', 'half'), 'left by an attempt that died');
    const copy = await folderEngine.restore?.(source(), files, 'uploads-new', context);
    await copy?.close();
    expect(await readdir(join(dir, 'uploads-new'))).not.toContain('half');
  });

  test('without our tag is never dropped', async () => {
    await createFolder(live());
    await mkdir(join(dir, 'other'));
    await expect(folderEngine.drop?.(source(), 'other', context)).rejects.toMatchObject({ type: 'NotOurs' });
    await expect(folderEngine.drop?.(source(), 'uploads', context)).rejects.toThrow(/the live one/);
    await claim(join(dir, 'foreign'), {
      system: 'other',
      source: 'uploads',
      workflowId: 'w',
      at: '',
      belay: 'restored',
    });
    await expect(folderEngine.drop?.(source(), 'foreign', context)).rejects.toMatchObject({ type: 'NotOurs' });
    expect(await readdir(dir)).toEqual(expect.arrayContaining(['other', 'uploads']));
  });

  test('that a process works in is not swapped', async () => {
    await restored('uploads-new');
    const child = spawn('sleep', ['60'], { cwd: join(live(), 'users') });
    await once(child, 'spawn');
    try {
      await expect(folderEngine.swap?.(source(), 'uploads-new', 'uploads-old', context)).rejects.toMatchObject({
        type: 'InUse',
        message: expect.stringContaining(String(child.pid)),
      });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(await folderEngine.swap?.(source(), 'uploads-new', 'uploads-old', context)).toEqual({ live: 'uploads' });
  });
});
