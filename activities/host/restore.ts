import { chmod, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SourceOf } from '../../systems/backupSchema.js';
import { backupError } from '../backup/errors.js';
import type { Contents, Copy, EngineContext, Files, Rehearsal } from '../backup/engine.js';
import { smokeProblem } from '../backup/smoke.js';
import { createThrowaway } from '../throwaway/index.js';
import { memberNames, relativeName, unpack } from './archive.js';
import { tagFor } from './beside.js';
import { ARCHIVE, UNSTABLE } from './capture.js';
import { contentsOf, entriesBelow } from './contents.js';
import { entryAt, onFile, syncToDisk } from './files.js';
import { refuseHolders } from './holders.js';
import { swapPaths, swapPathsBack } from './swapPaths.js';
import { besidePath, claim } from './tag.js';

type Folder = SourceOf<'folder'>;

/** The archive among a backup's files. Throws `Damaged` when it is not there. */
export function archiveOf(files: Files): string {
  const path = files.paths[ARCHIVE];
  if (path === undefined) throw backupError('Damaged', `The backup holds no ${ARCHIVE}; take another backup.`);
  return path;
}

/** Unpacks both archives. Gives the names that are not to be compared. */
async function unpackAll(files: Files, into: string, context: EngineContext): Promise<Set<string>> {
  await unpack(archiveOf(files), into, context);
  const second = files.paths[UNSTABLE];
  if (second === undefined) return new Set();
  await unpack(second, into, context);
  return new Set((await memberNames(second, context)).map(relativeName));
}

async function contentsIn(
  dir: string,
  uncompared: Set<string>,
  hashes: boolean,
  context: EngineContext,
): Promise<Contents> {
  const entries = await entriesBelow(dir, hashes, context);
  return contentsOf(
    entries.filter(({ name }) => !uncompared.has(name)),
    hashes,
  );
}

/** Unpacks into a folder of its own. Throws `RestoreError`. */
export async function rehearse(source: Folder, files: Files, context: EngineContext): Promise<Rehearsal> {
  const begun = performance.now();
  const throwaway = await createThrowaway('folder', context.run);
  const dir = join(throwaway.dir, 'files');
  const close = async (): Promise<void> => {
    await makeRemovable(dir, context).catch(() => undefined);
    await throwaway.close();
  };
  try {
    await mkdir(dir, { mode: 0o700 });
    const uncompared = await unpackAll(files, dir, context);
    return {
      contents: (hashes) => contentsIn(dir, uncompared, hashes, context),
      examine: async () => [],
      smoke: () => smoke(source, dir),
      timings: { restore: Math.round(performance.now() - begun) },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Folders that even their owner may not write keep what is in them from being removed by anybody but root. */
async function makeRemovable(dir: string, context: EngineContext): Promise<void> {
  if (process.getuid?.() === 0) return;
  await chmod(dir, 0o700);
  const quiet = { ...context, signal: new AbortController().signal };
  for (const { name, kind } of await entriesBelow(dir, false, quiet)) {
    if (kind === 'folder') await chmod(join(dir, name), 0o700);
  }
}

/** A smoke query of a folder is the relative path of a file, its answer the file's size in bytes. */
async function smoke(source: Folder, dir: string): Promise<string[]> {
  const problems: string[] = [];
  for (const one of source.smoke) {
    if (one.query.startsWith('/') || one.query.split('/').includes('..')) {
      problems.push(`${one.name}: "${one.query}" is no path relative to the folder.`);
      continue;
    }
    const entry = await entryAt(join(dir, one.query));
    const problem = smokeProblem(one, entry?.isFile() ? Number(entry.size) : undefined);
    if (problem !== undefined) problems.push(problem);
  }
  return problems;
}

/** Unpacks into a new folder beside the live one; its name is tagged first. */
export async function restore(source: Folder, files: Files, into: string, context: EngineContext): Promise<Copy> {
  const begun = performance.now();
  const target = besidePath(source.path, into);
  const claimed = await claim(target, { ...tagFor(source, context), belay: 'restored' });
  // An earlier attempt of this same run may have left half of it.
  if (claimed === 'again') await rm(target, { recursive: true, force: true });
  await onFile(`Restoring to ${target}`, () => mkdir(target, { mode: 0o700 }));
  const uncompared = await unpackAll(files, target, context);
  await syncToDisk(dirname(target));
  return {
    contents: (hashes) => contentsIn(target, uncompared, hashes, context),
    notes: [...uncompared]
      .slice(0, 20)
      .map((name) => `${name} kept changing while it was backed up; its copy may be torn.`),
    timings: { restore: Math.round(performance.now() - begun) },
    close: async () => undefined,
  };
}

function optionsOf(source: Folder, context: EngineContext) {
  return { tag: tagFor(source, context), quiet: refuseHolders };
}

function namesOf(source: Folder, restored: string, kept: string) {
  return { live: source.path, restored: besidePath(source.path, restored), kept: besidePath(source.path, kept) };
}

/** Renames live → kept and restored → live. Its consumers must be stopped. Safe to repeat. */
export async function swap(
  source: Folder,
  restored: string,
  kept: string,
  context: EngineContext,
): Promise<{ live: string }> {
  await swapPaths(namesOf(source, restored, kept), optionsOf(source, context));
  return { live: basename(source.path) };
}

export async function swapBack(source: Folder, restored: string, kept: string, context: EngineContext): Promise<void> {
  await swapPathsBack(namesOf(source, restored, kept), optionsOf(source, context));
}
