import type { EngineContext } from '../backup/engine.js';
import { runCommand } from '../pipeline/index.js';

const MAX_BYTES = 64 * 1024 * 1024;

/** The table of contents of a dump, as `pg_restore -l` prints it. Throws `ProducerFailed` when it cannot be read. */
export async function tableOfContents(file: string, context: EngineContext): Promise<string> {
  const command = { file: 'pg_restore', args: ['--list', file] };
  return (await runCommand(command, { signal: context.signal, maxBytes: MAX_BYTES })).stdout;
}

/** Number of entries that the dump says it has, and of those that are listed. Pure. */
export function entriesOf(list: string): { said: number; listed: number } {
  const said = /^;\s+TOC Entries: (\d+)/m.exec(list);
  const listed = list.split('\n').filter((line) => /^\d+; /.test(line)).length;
  return { said: said ? Number(said[1]) : 0, listed };
}

/**
 * Tells which tables have their rows in the dump. Names in the list are not quoted (`TABLE DATA schema name owner`), so they are
 * looked up, never taken apart. Pure.
 */
export function hasData(list: string): (table: { schema: string; name: string }) => boolean {
  const starts = new Set<string>();
  for (const line of list.split('\n')) {
    const rest = /^\d+; \d+ \d+ TABLE DATA (.+)$/.exec(line)?.[1];
    if (rest === undefined) continue;
    for (let end = rest.indexOf(' '); end >= 0; end = rest.indexOf(' ', end + 1)) starts.add(rest.slice(0, end));
    starts.add(rest);
  }
  return ({ schema, name }) => starts.has(`${schema} ${name}`.replace(/[\r\n]/g, ' '));
}
