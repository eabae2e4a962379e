import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, readlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ContentItem, Contents, EngineContext } from '../backup/engine.js';
import { codeOf, entryAt, fileFailure } from './files.js';

/** Files that are read at a time: enough for a disk and its cache. */
const AT_A_TIME = 16;
/** Progress is told after so many entries. */
const TELL_ENTRIES = 512;
/** Bytes that are read at once. */
const CHUNK = 1024 * 1024;

export type Kind = 'file' | 'folder' | 'link' | 'special';

export const kindOf = (entry: BigIntStats): Kind =>
  entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'special';

/** An entry of a folder as it was found. `name` is relative to the folder, which itself is the empty name. */
export interface Entry {
  name: string;
  kind: Kind;
  /** Permission bits, octal: `0644`. */
  mode: string;
  /** Of a file, else 0. */
  bytes: number;
  /** Nanoseconds; what changed it last changed this too, and no program can set it back. */
  ctimeNs: bigint;
  /** sha256 of a file's bytes or of a link's target; of folders none. */
  sha256?: string;
}

type Surroundings = Pick<EngineContext, 'signal' | 'progress'>;

/** Looks at an entry, links not followed; hashes it if asked. Undefined when it is gone. */
async function entryOf(
  root: string,
  name: string,
  hash: boolean,
  surroundings: Surroundings,
): Promise<Entry | undefined> {
  const path = join(root, name);
  const before = await entryAt(path);
  if (before === undefined) return undefined;
  const kind = kindOf(before);
  try {
    const sha256 = hash ? await hashOf(path, kind, before.size, surroundings) : undefined;
    // Looked at again, so that its time tells of changes while it was hashed.
    const found = hash ? await entryAt(path) : before;
    if (found === undefined) return undefined;
    return {
      name,
      kind,
      mode: (found.mode & 0o7777n).toString(8).padStart(4, '0'),
      bytes: kind === 'file' ? Number(found.size) : 0,
      ctimeNs: found.ctimeNs,
      ...(sha256 === undefined ? {} : { sha256 }),
    };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileFailure(error, `Reading ${path}`);
  }
}

async function hashOf(
  path: string,
  kind: Kind,
  size: bigint,
  { signal, progress }: Surroundings,
): Promise<string | undefined> {
  const hash = createHash('sha256');
  if (kind === 'link') return hash.update(await readlink(path, 'buffer')).digest('hex');
  if (kind !== 'file') return undefined;
  if (size < CHUNK) return hash.update(await readFile(path)).digest('hex');
  let bytes = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: CHUNK }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        if (bytes % (64 * CHUNK) === 0) progress(`${bytes} bytes hashed`);
      }
    },
    { signal },
  );
  return hash.digest('hex');
}

/** Looks at many entries, some at a time, in their order; undefined for those that are gone. */
export async function entriesOf(
  root: string,
  names: readonly string[],
  hash: boolean,
  surroundings: Surroundings,
): Promise<(Entry | undefined)[]> {
  const entries: (Entry | undefined)[] = [];
  for (let i = 0; i < names.length; i += AT_A_TIME) {
    surroundings.signal.throwIfAborted();
    const some = names.slice(i, i + AT_A_TIME);
    entries.push(...(await Promise.all(some.map((name) => entryOf(root, name, hash, surroundings)))));
    if (i % TELL_ENTRIES === 0) surroundings.progress(`${entries.length} of ${names.length} entries`);
  }
  return entries;
}

/** Every entry below a folder and itself, links not followed, in no order. */
export async function entriesBelow(root: string, hash: boolean, surroundings: Surroundings): Promise<Entry[]> {
  const entries: Entry[] = [];
  let waiting = [''];
  while (waiting.length > 0) {
    const level = (await entriesOf(root, waiting, hash, surroundings)).filter((entry) => entry !== undefined);
    for (const entry of level) entries.push(entry);
    waiting = [];
    for (const { name, kind } of level) {
      if (kind !== 'folder') continue;
      for (const one of await namesIn(join(root, name))) waiting.push(name === '' ? one : `${name}/${one}`);
    }
  }
  return entries;
}

/** A folder below that went meanwhile has no names. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw fileFailure(error, `Reading ${folder}`);
  }
}

/**
 * What is compared: each file with its bytes, a link with its target, a folder (its name ends with "/") for itself. The hash is
 * `<sha256> <mode>`, so that whoever restores by hand can compare it with sha256sum's. Owners are not compared: only root can restore
 * them. Pure.
 */
export function contentsOf(entries: readonly Entry[], hashes: boolean): Contents {
  const items = entries.map((entry): ContentItem => {
    const folder = entry.kind === 'folder';
    return {
      name: folder ? `${entry.name}/` : entry.name,
      rows: folder ? 0 : 1,
      ...(entry.kind === 'file' ? { bytes: entry.bytes } : {}),
      ...(hashes ? { hash: [entry.sha256 ?? entry.kind, entry.kind === 'link' ? 'link' : entry.mode].join(' ') } : {}),
    };
  });
  const count = (kind: Kind): string => String(entries.filter((entry) => entry.kind === kind).length);
  return {
    items: items.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    facts: { files: count('file'), folders: count('folder'), links: count('link') },
  };
}
