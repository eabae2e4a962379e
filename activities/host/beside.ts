import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { EngineContext } from '../backup/engine.js';
import { entryAt, freeBytes, isWritable } from './files.js';
import { besidePath, readTag, type Tag } from './tag.js';

/** The tag that a run puts on what it makes. */
export function tagFor(source: { name: string }, context: EngineContext): Omit<Tag, 'belay'> {
  const { system, run } = context;
  return { system, source: source.name, workflowId: run.workflowId, at: new Date().toISOString() };
}

/** Whether the name beside the live one is free and there is room for `bytes`, and what a swap would meet. Read-only. */
export async function inspectBeside(
  live: string,
  into: string,
  bytes: number,
  context: EngineContext,
): Promise<{ problems: string[]; liveName: string; warnings: string[] }> {
  const target = besidePath(live, into);
  const folder = dirname(target);
  const problems: string[] = [];
  const tag = await readTag(target);
  if ((tag || (await entryAt(target))) && tag?.workflowId !== context.run.workflowId) {
    problems.push(`${target} is there already; choose another name, or drop it first.`);
  }
  if (!(await isWritable(folder))) problems.push(`${folder} cannot be written by the host worker's user.`);
  else if ((await freeBytes(folder)) < bytes)
    problems.push(`${folder} has less than the ${bytes} bytes that it takes.`);
  return { problems, liveName: basename(live), warnings: await swapWarnings(live) };
}

async function swapWarnings(live: string): Promise<string[]> {
  const found = await entryAt(live);
  if (found === undefined) return [`${live} is not there: a swap has nothing to keep.`];
  if (found.isSymbolicLink()) return [`${live} is a symbolic link: a swap will refuse it.`];
  const parent = await stat(dirname(live), { bigint: true });
  return parent.dev === found.dev ? [] : [`${live} is a mount point: a swap will refuse it.`];
}
