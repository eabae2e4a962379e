import type { ContentItem } from '../backup/engine.js';
import { quoted } from './names.js';
import { only, type Session } from './session.js';
import { fullName, type Table } from './tables.js';

interface Count {
  rows: string;
  hash: string | null;
  [column: string]: unknown;
}

/**
 * Rows of one table, and the sum of the hashes of its rows as text, which does not depend on their order. `ONLY`: rows of children
 * are counted with these. `(t.*)`: plain `t` would be a column of that name, where there is one.
 */
export const countQuery = (table: { schema: string; name: string }, hashes: boolean): string =>
  `SELECT count(*)::text AS rows${
    hashes
      ? `, coalesce(sum(hashtextextended((t.*)::text COLLATE "C", 0)::numeric), 0)::text AS hash`
      : ', NULL AS hash'
  } FROM ONLY ${quoted(table.schema, table.name)} AS t`;

/** Counts the tables, over all sessions side by side. `progress` is told each name. */
export async function countTables(
  sessions: readonly Session[],
  tables: readonly Table[],
  options: { hashes: boolean; progress: (what: string) => void },
): Promise<ContentItem[]> {
  const queue = [...tables];
  const items: ContentItem[] = [];
  const work = async (session: Session): Promise<void> => {
    for (let table = queue.shift(); table !== undefined; table = queue.shift()) {
      const { rows, hash } = only(await session.query<Count>(countQuery(table, options.hashes)));
      items.push({ name: fullName(table), rows: Number(rows), ...(hash !== null && { hash }) });
      options.progress(`counted ${fullName(table)}`);
    }
  };
  // Everybody is waited for: nobody may still read when the sessions are ended.
  const outcomes = await Promise.allSettled(
    sessions.map((session) =>
      work(session).catch((error: unknown) => {
        queue.length = 0;
        throw error;
      }),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
