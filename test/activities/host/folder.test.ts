import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFile,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readlink,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Contents, Files } from '../../../activities/backup/engine.js';
import { unescapeName } from '../../../activities/host/archive.js';
import { folderEngine } from '../../../activities/host/index.js';
import { unstable } from '../../../activities/host/stable.js';
import { engineContext } from './context.js';
import { createFolder, folderSource, take } from './support.js';

const run = promisify(execFile);

let dir: string;
let live: string;
let context: Awaited<ReturnType<typeof engineContext>>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'belay-folder-'));
  live = join(dir, 'uploads');
  context = await engineContext();
});
afterEach(async () => {
  await context.remove();
  await rm(dir, { recursive: true, force: true });
});

async function rehearsed(files: Files, more: object = {}): Promise<{ contents: Contents; smoke: string[] }> {
  const rehearsal = await folderEngine.rehearse(folderSource(live, more), files, context);
  try {
    return { contents: await rehearsal.contents(true), smoke: await rehearsal.smoke() };
  } finally {
    await rehearsal.close();
  }
}

describe('a round trip', () => {
  test('brings back names, bytes, modes and links, without what is excluded', async () => {
    await createFolder(live);
    const { files, contents, excluded } = await take(
      folderSource(live, { exclude: ['*.tmp'] }),
      context,
      join(dir, 'b'),
    );
    expect(excluded).toEqual([{ name: '*.tmp', why: expect.stringContaining('description') }]);
    expect(Object.keys(files.paths)).toEqual(['files.tar']);
    const sum = createHash('sha256').update('#!/bin/sh\n').digest('hex');
    expect(contents.items).toContainEqual({ name: 'run.sh', rows: 1, bytes: 10, hash: `${sum} 0751` });
    expect(contents.items.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['users/empty/', 'users/ä "quoted" \\ and\nnewline', 'link', 'cache/', '-rf']),
    );
    expect(contents.items.map(({ name }) => name)).not.toContain('cache/x.tmp');
    expect(contents.facts).toEqual({ files: '7', folders: '4', links: '2' });
    expect(await folderEngine.readThrough(folderSource(live), files, context)).toEqual([]);
    expect(await rehearsed(files)).toEqual({ contents, smoke: [] });
  });

  test('does not follow links out of the folder', async () => {
    await createFolder(live);
    const { files } = await take(folderSource(live), context, join(dir, 'b'));
    const copy = await folderEngine.restore?.(folderSource(live), files, 'uploads-new', context);
    await copy?.close();
    expect(await readlink(join(dir, 'uploads-new', 'outside'))).toBe('/etc/passwd');
    expect((await lstat(join(dir, 'uploads-new', 'outside'))).isSymbolicLink()).toBe(true);
  });

  test('of the same files gives the same bytes', async () => {
    await createFolder(live);
    const [one, two] = [
      await take(folderSource(live), context, join(dir, '1')),
      await take(folderSource(live), context, join(dir, '2')),
    ];
    expect(
      (await readFile(one.files.paths['files.tar'] ?? '')).equals(await readFile(two.files.paths['files.tar'] ?? '')),
    ).toBe(true);
  });

  test('of a folder with a log that is written all the time keeps the log aside and compares the rest', async () => {
    await createFolder(live);
    const log = join(live, 'app.log');
    const writing = new AbortController();
    const writer = (async () => {
      while (!writing.signal.aborted) {
        await appendFile(log, `line ${Date.now()}\n`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    try {
      const { files, contents, excluded } = await take(folderSource(live), context, join(dir, 'b'));
      expect(excluded).toEqual([{ name: 'app.log', why: expect.stringContaining('unstable.tar') }]);
      expect(contents.items.map(({ name }) => name)).not.toContain('app.log');
      expect(await folderEngine.readThrough(folderSource(live), files, context)).toEqual([]);
      expect((await rehearsed(files)).contents).toEqual(contents);
      const copy = await folderEngine.restore?.(folderSource(live), files, 'uploads-new', context);
      expect(await copy?.contents(true)).toEqual(contents);
      expect(copy?.notes).toEqual([expect.stringContaining('app.log')]);
      expect(await readFile(join(dir, 'uploads-new', 'app.log'), 'utf8')).toMatch(/^line \d+\n/);
    } finally {
      writing.abort();
      await writer;
    }
  });

  test('waits for a folder to stand still', async () => {
    await createFolder(live);
    const log = join(live, 'app.log');
    const changed = new AbortController();
    const writer = (async () => {
      while (!changed.signal.aborted) {
        await appendFile(log, 'line\n');
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    const progress = (what: string) => {
      if (what.includes('changed while it was read')) changed.abort();
    };
    const { contents, excluded } = await take(folderSource(live), { ...context, progress }, join(dir, 'b'));
    await writer;
    expect(excluded).toEqual([]);
    expect(contents.items).toContainEqual(expect.objectContaining({ name: 'app.log', bytes: (await stat(log)).size }));
  });

  test('leaves a pipe out and says so', async () => {
    await mkdir(live);
    await run('mkfifo', [join(live, 'pipe')]);
    await writeFile(join(live, 'a'), 'a');
    const { files, contents, excluded } = await take(folderSource(live), context, join(dir, 'b'));
    expect(excluded).toEqual([{ name: 'pipe', why: 'it is a device, a pipe or a socket' }]);
    expect((await rehearsed(files)).contents).toEqual(contents);
  });

  test('asks its smoke queries', async () => {
    await createFolder(live);
    const { files } = await take(folderSource(live), context, join(dir, 'b'));
    const smoke = [
      { name: 'script', query: 'run.sh', equals: 10 },
      { name: 'large', query: 'large', min: 4_000_000 },
      { name: 'gone', query: 'nothing', min: 0 },
      { name: 'out', query: '../../etc/passwd', min: 0 },
    ];
    expect((await rehearsed(files, { smoke })).smoke).toEqual([
      expect.stringContaining('large: at least 4000000'),
      expect.stringContaining('gone: a value is expected'),
      expect.stringContaining('out: "../../etc/passwd" is no path'),
    ]);
  });
});

describe('damage', () => {
  let files: Files;
  let contents: Contents;
  let archive: string;

  beforeEach(async () => {
    await createFolder(live);
    ({ files, contents } = await take(folderSource(live), context, join(dir, 'b')));
    archive = files.paths['files.tar'] ?? '';
  });

  async function overwrite(at: number, bytes: Buffer): Promise<void> {
    const handle = await open(archive, 'r+');
    await handle.write(bytes, 0, bytes.length, at);
    await handle.close();
  }

  test.each([
    ['in the middle of a file', (size: number) => Math.floor(size / 2 / 512) * 512 + 77],
    ['between two blocks', (size: number) => Math.floor(size / 2 / 512) * 512],
    ['to nothing', () => 0],
  ])('by a cut %s is found by reading through', async (_where, length) => {
    await truncate(archive, length((await stat(archive)).size));
    expect(await folderEngine.readThrough(folderSource(live), files, context)).toEqual([
      expect.stringContaining('no end'),
    ]);
  });

  test('by zeros in the middle, which tar takes for the end, is found by reading through', async () => {
    const bytes = await readFile(archive);
    const header = Math.floor(bytes.indexOf('./large') / 512) * 512;
    await overwrite(header, Buffer.alloc(512 * 20));
    expect(await folderEngine.readThrough(folderSource(live), files, context)).toEqual([expect.any(String)]);
  });

  test('of a header is found by reading through', async () => {
    const bytes = await readFile(archive);
    await overwrite(bytes.indexOf('./run.sh') + 3, Buffer.from('R'));
    expect(await folderEngine.readThrough(folderSource(live), files, context)).toEqual([
      expect.stringContaining('tar'),
    ]);
    await expect(folderEngine.rehearse(folderSource(live), files, context)).rejects.toMatchObject({
      type: 'RestoreError',
    });
  });

  test('of one byte of a file is found by the hash alone', async () => {
    await overwrite((await readFile(archive)).indexOf('abcdefg') + 3, Buffer.from('D'));
    expect(await folderEngine.readThrough(folderSource(live), files, context)).toEqual([]);
    const restored = await rehearsed(files);
    const changed = restored.contents.items.filter((item, i) => item.hash !== contents.items[i]?.hash);
    expect(changed.map(({ name }) => name)).toEqual(['large']);
  });
});

describe('an archive of another hand is not unpacked', () => {
  test.each([
    ['a name above the folder', ['--transform=s,^a$,../../evil,'], ['a']],
    ['an absolute name', ['--absolute-names', '--transform=s,^a$,/tmp/evil,'], ['a']],
    ['a pipe', [], ['pipe']],
  ])('when it holds %s', async (_what, options, names) => {
    await mkdir(live);
    await writeFile(join(live, 'a'), 'a');
    await run('mkfifo', [join(live, 'pipe')]);
    const archive = join(dir, 'files.tar');
    await run('tar', ['--create', `--file=${archive}`, ...options, '--directory', live, ...names]);
    const files = { dir, paths: { 'files.tar': archive } };
    await expect(folderEngine.rehearse(folderSource(live), files, context)).rejects.toMatchObject({
      type: 'RestoreError',
      message: expect.stringMatching(/leads out of the folder|special file/),
    });
  });

  test('through a link in it', async () => {
    await mkdir(join(dir, 'evil', 'in'), { recursive: true });
    await writeFile(join(dir, 'evil', 'in', 'x'), 'x');
    const archive = join(dir, 'files.tar');
    await run('ln', ['-s', dir, join(dir, 'evil', 'out')]);
    await run('tar', ['--create', `--file=${archive}`, '--directory', join(dir, 'evil'), 'out']);
    await run('tar', [
      '--append',
      `--file=${archive}`,
      '--directory',
      join(dir, 'evil'),
      '--transform=s,in/x,out/written,',
      'in/x',
    ]);
    const files = { dir, paths: { 'files.tar': archive } };
    const rehearsal = await folderEngine.rehearse(folderSource(live), files, context).catch((error: unknown) => error);
    if (rehearsal instanceof Object && 'close' in rehearsal) await (rehearsal.close as () => Promise<void>)();
    expect(await stat(join(dir, 'written')).catch(() => 'nothing')).toBe('nothing');
  });
});

describe('a source that cannot be backed up says why', () => {
  test('when it is missing, or no folder', async () => {
    await expect(folderEngine.inspect(folderSource(live), context)).rejects.toMatchObject({ type: 'NotFound' });
    await writeFile(live, 'a file');
    await expect(folderEngine.inspect(folderSource(live), context)).rejects.toMatchObject({ type: 'NotFound' });
  });

  test('inspect tells the size and the tar', async () => {
    await createFolder(live);
    const facts = await folderEngine.inspect(folderSource(live), context);
    expect(facts).toMatchObject({
      identity: `here:${live}`,
      tools: { tar: expect.stringMatching(/^1\./) },
      warnings: [],
    });
    expect(facts.estimatedBytes).toBeGreaterThan(3_000_000);
  });
});

test.each([
  ['plain', 'plain'],
  ['a\\nb\\\\c', 'a\nb\\c'],
  ['\\303\\244', 'ä'],
])('the printed name %p is %p', (printed, name) => {
  expect(unescapeName(printed)).toBe(name);
});
test('a name that is no UTF-8 is refused', () => {
  expect(() => unescapeName('\\377')).toThrow(/no UTF-8/);
});

test.each([
  ['file', 900_000_000n, undefined],
  ['file', 1_000_000_001n, 'it changed while the folder was read'],
  ['file', 999_999_999n, 'it changed while the folder was read'],
  ['folder', 2_000_000_000n, undefined],
] as const)('a %s changed at %p, read from second 1 on', (kind, ctimeNs, why) => {
  const entry = { name: 'x', kind, mode: '0644', bytes: 0, ctimeNs };
  expect(unstable(entry, 1_000_000_000n)).toBe(why);
});
