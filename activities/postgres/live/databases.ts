import { literal, quoted } from '../names.js';
import { QUICK_MS, type Session } from '../session.js';
import { parseTag, type Tag } from './tag.js';

/** A database of the server. */
export interface Database {
  name: string;
  comment: string | null;
  /** Ours when there is one. */
  tag?: Tag;
  tablespace: string;
}

/** Looks a database up by its exact name; undefined when there is none. */
export async function findDatabase(session: Session, name: string): Promise<Database | undefined> {
  const [row] = await session.query<Omit<Database, 'tag'> & Record<string, unknown>>(
    `SELECT d.datname AS name, shobj_description(d.oid, 'pg_database') AS comment, t.spcname AS tablespace
       FROM pg_database AS d JOIN pg_tablespace AS t ON t.oid = d.dattablespace WHERE d.datname = $1`,
    [name],
    QUICK_MS,
  );
  if (row === undefined) return undefined;
  const tag = parseTag(row.comment);
  return { name, comment: row.comment, tablespace: row.tablespace, ...(tag && { tag }) };
}

/** `COMMENT ON DATABASE`; without text the comment goes. */
export const commentOn = (name: string, text: string | null | undefined): string =>
  `COMMENT ON DATABASE ${quoted(name)} IS ${text === null || text === undefined ? 'NULL' : literal(text)}`;

/** Cuts off who is still in it, and removes it. No error when there is none. */
export async function dropDatabase(session: Session, name: string): Promise<void> {
  await session.query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
}
