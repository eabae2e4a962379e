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

/** Longest part of a large object that is hashed: one value may have 1 GB at most. */
const HASHED_BYTES = 500_000_000;

/** Large objects belong to no table; together they are one more item. None when there are none. */
async function countLargeObjects(session: Session, hashes: boolean): Promise<ContentItem[]> {
  const hash = `coalesce(sum(hashtextextended(oid::text || ' ' || md5(lo_get(oid, 0, ${HASHED_BYTES})), 0)::numeric), 0)::text`;
  const query = `SELECT count(*)::text AS rows, ${hashes ? hash : 'NULL'} AS hash FROM pg_largeobject_metadata`;
  const found = only(await session.query<Count>(query));
  if (found.rows === '0') return [];
  return [{ name: 'large objects', rows: Number(found.rows), ...(found.hash !== null && { hash: found.hash }) }];
}

/** Counts the tables and the large objects, over all sessions side by side. `progress` is told each name. */
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
  const [first] = sessions;
  if (first) items.push(...(await countLargeObjects(first, options.hashes)));
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
