import { readFile } from 'node:fs/promises';
import { isError } from '../backup/classify.js';
import type { EngineContext, Files } from '../backup/engine.js';
import { endsOf, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/index.js';
import { CATALOGUE, catalogueOf } from './catalogue.js';
import { entriesOf, tableOfContents } from './toc.js';

export const DUMP = 'database.dump';
export const GLOBALS = 'globals.sql';

/** See `Engine.readThrough`. A flipped byte in a value passes: `-Fc -Z0` has no checksums; the hashes of L6 see it. */
export async function readThrough(files: Files, context: EngineContext): Promise<string[]> {
  const problems: string[] = [];
  for (const name of [GLOBALS, CATALOGUE, DUMP]) {
    if (files.paths[name] === undefined) problems.push(`${name} is missing`);
  }
  if (problems.length > 0) return problems;
  problems.push(...(await globalsProblems(files)));
  await catalogueOf(files).catch((error: unknown) => {
    problems.push(error instanceof Error ? error.message : String(error));
  });
  const dump = files.paths[DUMP] ?? '';
  try {
    const { said, listed } = entriesOf(await tableOfContents(dump, context));
    if (said === 0 || said < listed) problems.push(`${DUMP}: lists ${listed} entries, its head says ${said}`);
    context.progress('reading the dump from end to end');
    await runCommand({ file: 'pg_restore', args: ['--file=/dev/null', dump] }, { signal: context.signal });
  } catch (error) {
    if (!isError(error, 'ProducerFailed')) throw error;
    const [end] = endsOf(error);
    problems.push(`${DUMP}: pg_restore cannot read it: ${bounded(end?.stderr ?? String(error), 500)}`);
  }
  return problems;
}

async function globalsProblems(files: Files): Promise<string[]> {
  const text = await readFile(files.paths[GLOBALS] ?? '', 'utf8');
  // Not the last line: newer versions put others after it.
  return text.includes('-- PostgreSQL database cluster dump complete') ? [] : [`${GLOBALS} is not complete`];
}
