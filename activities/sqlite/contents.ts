import type Database from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { setImmediate as immediate } from 'node:timers/promises';
import type { ContentItem, Contents, EngineContext } from '../backup/engine.js';
import { MultisetHash } from '../backup/multisetHash.js';
import { whileAlive } from '../host/growth.js';
import { bounded } from '../secrets/redact.js';
import { speaksAgainst, sqliteCode, sqliteFailure } from './errors.js';
import { canonicalRow, quoted, rowQuery, type Cell } from './rows.js';
import { query } from './thread.js';

/** Rows between two breaths of the event loop: some milliseconds. */
const BREATH = 2_000;
const CHECK_MS = 3_600_000;

type Surroundings = Pick<EngineContext, 'signal' | 'progress'>;

interface TableRow {
  name: string;
  type: string;
}

/**
 * Counts and hashes of every table that holds rows of its own, and the facts of the database. `db` is read in the caller's
 * transaction. `file` holds the same state and is ours: what takes long is asked there. Of virtual tables (FTS5, R*Tree) the shadow tables are
 * compared, in which their rows lie.
 */
export async function contentsOf(
  db: Database.Database,
  file: string,
  hashes: boolean,
  context: Surroundings,
): Promise<Contents> {
  const all = db.prepare('PRAGMA main.table_list').all() as TableRow[];
  const tables = all.filter(
    ({ type, name }) => (type === 'table' || type === 'shadow') && !/^sqlite_(temp_)?schema$/.test(name),
  );
  const items: ContentItem[] = [];
  for (const { name } of tables.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    context.signal.throwIfAborted();
    items.push(hashes ? await hashedTable(db, name, context) : countedTable(db, name));
    context.progress(`table ${bounded(name, 80)}`);
    await immediate();
  }
  return { items, facts: { ...factsOf(db), foreignKeys: await foreignKeys(file, context) } };
}

function countedTable(db: Database.Database, name: string): ContentItem {
  const rows = db
    .prepare(`SELECT count(*) FROM ${quoted(name)}`)
    .pluck()
    .get() as number;
  return { name, rows };
}

async function hashedTable(
  db: Database.Database,
  name: string,
  { signal, progress }: Surroundings,
): Promise<ContentItem> {
  const columns = db.prepare('SELECT name FROM pragma_table_info(?)').pluck().all(name) as string[];
  const statement = db.prepare(rowQuery(name, columns)).raw().safeIntegers();
  const hash = new MultisetHash();
  for (const row of statement.iterate() as IterableIterator<[string, ...Cell[]]>) {
    const [types, ...cells] = row;
    hash.add(canonicalRow(types, cells));
    if (hash.rows % BREATH !== 0) continue;
    await immediate();
    signal.throwIfAborted();
    progress(`table ${bounded(name, 80)}, ${hash.rows} rows`);
  }
  return { name, rows: hash.rows, hash: hash.hex() };
}

function factsOf(db: Database.Database): Record<string, string> {
  const pragma = (name: string): string => String(db.pragma(name, { simple: true }));
  const schema = db
    .prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name')
    .raw()
    .all() as unknown[][];
  const count = (type: string): string => String(schema.filter(([kind]) => kind === type).length);
  return {
    applicationId: pragma('application_id'),
    encoding: pragma('encoding'),
    indexes: count('index'),
    pageSize: pragma('page_size'),
    schema: createHash('sha256').update(JSON.stringify(schema)).digest('hex'),
    tables: count('table'),
    triggers: count('trigger'),
    userVersion: pragma('user_version'),
    views: count('view'),
  };
}

/**
 * Rows whose parent is missing, per pair of tables. SQLite enforces foreign keys only for who asks for it, so a healthy source may
 * have such rows: a restore must have the very same ones.
 */
async function foreignKeys(file: string, { signal, progress }: Surroundings): Promise<string> {
  const sql = 'SELECT "table", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2 ORDER BY 1, 2';
  try {
    const options = { signal, timeoutMs: CHECK_MS, most: 1_000 };
    const rows = await whileAlive('foreign keys', progress, () => query(file, sql, options));
    return rows.length === 0 ? 'kept' : JSON.stringify(rows);
  } catch (error) {
    // A foreign key that points at no key at all ends the check.
    if (sqliteCode(error) === 'SQLITE_ERROR') return bounded(error instanceof Error ? error.message : String(error));
    throw error;
  }
}

/** Problems that `PRAGMA integrity_check` finds in a copy of ours; also that it is no database at all. Empty means good. */
export async function integrityProblems(file: string, { signal, progress }: Surroundings): Promise<string[]> {
  try {
    const options = { signal, timeoutMs: CHECK_MS };
    const rows = await whileAlive('integrity check', progress, () =>
      query(file, 'PRAGMA integrity_check(20)', options),
    );
    const lines = rows.map(([line]) => String(line));
    return lines.length === 1 && lines[0] === 'ok' ? [] : lines.map((line) => `integrity_check: ${bounded(line)}`);
  } catch (error) {
    if (!speaksAgainst(error)) throw sqliteFailure(error, file);
    return [`${sqliteCode(error)}: ${bounded(error instanceof Error ? error.message : String(error))}`];
  }
}
