import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { backupError } from '../backup/errors.js';
import { entryAt, onFile, syncToDisk } from './files.js';

const tagSchema = z.object({
  belay: z.enum(['restored', 'kept']),
  system: z.string(),
  source: z.string(),
  workflowId: z.string(),
  /** ISO. */
  at: z.string(),
});

/** What says that a file or folder beside the live one is ours: `<path>.belay.json`, written before the thing itself. */
export type Tag = z.output<typeof tagSchema>;

const SUFFIX = '.belay.json';
const NAME = /^\w[\w.-]{0,199}$/;
/** Files that SQLite keeps beside a database. */
const COMPANION = /-(wal|shm|journal)$/;

/** Path of a copy beside the live file or folder. Throws `Unsupported` for a name that is none, or could be taken for something else. */
export function besidePath(live: string, name: string): string {
  const problem = !NAME.test(name)
    ? 'must be a plain name of letters, digits, "_", "-" and ".", without a folder'
    : name === basename(live)
      ? 'is the name of the live one'
      : name.endsWith(SUFFIX) || COMPANION.test(name)
        ? 'has an ending with a meaning of its own'
        : undefined;
  if (problem !== undefined) throw backupError('Unsupported', `"${name}" ${problem}; choose another name.`);
  return join(dirname(live), name);
}

/** The tag of a path; undefined when it has none of ours. */
export async function readTag(path: string): Promise<Tag | undefined> {
  try {
    return tagSchema.parse(JSON.parse(await readFile(path + SUFFIX, 'utf8')));
  } catch {
    return undefined;
  }
}

/**
 * Tags a free name. A name that this same workflow and source have tagged is theirs already: `again`. Throws `NameTaken` for any
 * other name that is not free.
 */
export async function claim(path: string, tag: Tag): Promise<'new' | 'again'> {
  const found = await readTag(path);
  if (isOf(found, tag) && found?.workflowId === tag.workflowId && found.belay === tag.belay) return 'again';
  const taken = (): Error =>
    backupError('NameTaken', `${path} is there already, or is another run's; choose another name, or drop it first.`);
  if (found !== undefined || (await entryAt(path)) !== undefined) throw taken();
  await onFile(`Tagging ${path}`, async () => {
    try {
      await writeFile(path + SUFFIX, `${JSON.stringify(tag)}\n`, { flag: 'wx', mode: 0o644 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw taken();
      throw error;
    }
    await syncToDisk(dirname(path));
  });
  return 'new';
}

/** Whose a tag is. */
export type Owner = Pick<Tag, 'system' | 'source'>;

export const isOf = (tag: Tag | undefined, owner: Owner): boolean =>
  tag?.system === owner.system && tag.source === owner.source;

/** Throws `NotOurs` unless the path carries a tag of this source. */
export async function requireTag(path: string, owner: Owner): Promise<void> {
  if (isOf(await readTag(path), owner)) return;
  throw backupError(
    'NotOurs',
    `${path} carries no tag of source ${owner.source} of ${owner.system}, so it is left alone. If it is yours to remove, remove it by hand.`,
  );
}

/** Safe to repeat. */
export async function removeTag(path: string): Promise<void> {
  await rm(path + SUFFIX, { force: true });
}
