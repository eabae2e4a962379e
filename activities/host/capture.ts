import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceOf } from '../../systems/backupSchema.js';
import { backupError } from '../backup/errors.js';
import type { Capture, EngineContext } from '../backup/engine.js';
import { endsOf } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';
import { memberNames, relativeName, tar, tarVersion } from './archive.js';
import { contentsOf, entriesOf, type Entry } from './contents.js';
import { whileGrowing } from './growth.js';
import { unstable } from './stable.js';

export const ARCHIVE = 'files.tar';
/** Best copies of files that never stood still; may be torn, and are not compared. */
export const UNSTABLE = 'unstable.tar';

const TRIES = 3;
const PAUSE_MS = 250;
const MOST_NAMED = 100;

/** POSIX format, sorted, without times that differ from one reading to the next: the same files give the same archive. */
const FORMAT = ['--format=posix', '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'];

interface Reading {
  at: string;
  entries: Entry[];
  /** What the archive holds no reliable copy of. */
  aside: { name: string; why: string; there: boolean }[];
}

/**
 * Archives the folder with tar into the scratch folder, then hashes the live files and looks at their change times: what has not
 * changed since before tar began is what tar has read. If anything changed, all is read again, up to three times. What changes even
 * then (a log, say) is taken out of the archive, so that everything in it can be compared; its best copy goes into a second archive, and the
 * manifest names it. There is no single moment over all files: who needs one takes the folder from a file system's snapshot.
 */
export async function capture(source: SourceOf<'folder'>, context: EngineContext): Promise<Capture> {
  await tarVersion(context);
  const archive = join(context.scratch, ARCHIVE);
  const reading = await readUntilStable(source, archive, context);
  const { aside, entries, at } = reading;
  const payloads = [{ name: ARCHIVE, from: { file: archive } }];
  if (aside.length > 0) {
    await takeOut(archive, aside, context);
    const second = join(context.scratch, UNSTABLE);
    const kept = aside.filter(({ there }) => there).map(({ name }) => name);
    if (kept.length > 0) {
      await archiveNames(source, second, kept, context);
      payloads.push({ name: UNSTABLE, from: { file: second } });
    }
  }
  return {
    recoveryPoint: { at },
    payloads,
    excluded: [
      ...source.exclude.map((pattern) => ({ name: pattern, why: "the system's description excludes it" })),
      ...named(aside),
    ],
    contents: async (hashes) => contentsOf(entries, hashes),
    close: async () => undefined,
  };
}

async function readUntilStable(source: SourceOf<'folder'>, archive: string, context: EngineContext): Promise<Reading> {
  for (let tries = 1; ; tries++) {
    const begun = Date.now();
    const begunNs = BigInt(begun) * 1_000_000n;
    await whileGrowing(archive, context.progress, () => archiveFolder(source, archive, context));
    const names = [...new Set((await memberNames(archive, context)).map(relativeName))];
    const last = tries === TRIES;
    // Times alone first: no byte is hashed of a reading that is not used.
    const glance = last ? [] : (await look(source.path, names, begunNs, false, context)).aside;
    if (!glance.some(moves)) {
      const { entries, aside } = await look(source.path, names, begunNs, true, context);
      if (last || !aside.some(moves)) return { at: new Date(begun).toISOString(), entries, aside };
    }
    context.progress(`the folder changed while it was read, try ${tries}`);
    await sleep(PAUSE_MS, undefined, { signal: context.signal });
  }
}

const moves = ({ special }: { special: boolean }): boolean => !special;

async function look(root: string, names: string[], begunNs: bigint, hash: boolean, context: EngineContext) {
  const entries: Entry[] = [];
  const aside: { name: string; why: string; there: boolean; special: boolean }[] = [];
  const found = await entriesOf(root, names, hash, context);
  for (const [i, name] of names.entries()) {
    const entry = found[i];
    const special = entry?.kind === 'special';
    const why = special ? 'it is a device, a pipe or a socket' : unstable(entry, begunNs);
    if (why !== undefined) aside.push({ name, why, special, there: entry !== undefined && !special });
    else if (entry) entries.push(entry);
  }
  return { entries, aside };
}

async function archiveFolder(source: SourceOf<'folder'>, archive: string, context: EngineContext): Promise<void> {
  const patterns = source.exclude.map((pattern) => `--exclude=${pattern}`);
  const args = ['--create', ...FORMAT, '--sort=name', `--file=${archive}`, `--directory=${source.path}`];
  try {
    // 1: something changed while it was read, which is found out otherwise.
    await tar([...args, '--wildcards', ...patterns, '--', '.'], context, [0, 1]);
  } catch (error) {
    throw readFailure(error, source.path);
  }
}

async function archiveNames(
  source: SourceOf<'folder'>,
  archive: string,
  names: string[],
  context: EngineContext,
): Promise<void> {
  const list = await listFile(names, context);
  const args = ['--create', ...FORMAT, '--no-recursion', `--file=${archive}`, `--directory=${source.path}`];
  try {
    await tar([...args, '--ignore-failed-read', '--null', `--files-from=${list}`], context, [0, 1]);
  } catch (error) {
    throw readFailure(error, source.path);
  }
}

async function takeOut(archive: string, aside: Reading['aside'], context: EngineContext): Promise<void> {
  const list = await listFile(
    aside.map(({ name }) => name),
    context,
  );
  await tar(['--delete', `--file=${archive}`, '--null', `--files-from=${list}`], context);
}

async function listFile(names: string[], { scratch }: EngineContext): Promise<string> {
  const file = join(scratch, 'names');
  await writeFile(file, names.map((name) => `./${name}\0`).join(''), { mode: 0o600 });
  return file;
}

function readFailure(error: unknown, path: string): unknown {
  const said = endsOf(error)[0]?.stderr ?? '';
  if (!/permission denied|operation not permitted/i.test(said)) return error;
  return backupError(
    'Forbidden',
    `${path} holds what the host worker's user may not read; give it the right, or exclude it. ${bounded(said)}`,
  );
}

function named(aside: Reading['aside']): { name: string; why: string }[] {
  const shown = aside.slice(0, MOST_NAMED).map(({ name, why, there }) => ({
    name,
    why: there ? `${why}; the copy in ${UNSTABLE} may be torn and is not compared` : why,
  }));
  const more = aside.length - shown.length;
  return more > 0 ? [...shown, { name: `${more} more`, why: 'for the same reasons' }] : shown;
}
