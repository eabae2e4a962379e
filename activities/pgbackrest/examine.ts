import { isError } from '../backup/classify.js';
import { smokeProblem } from '../backup/smoke.js';
import { backupError } from '../backup/errors.js';
import { endsOf, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/index.js';
import type { RestoredServer } from './server.js';
import type { Stanza } from './stanza.js';

const AMCHECK_MS = 12 * 60 * 60_000;
/** Tables that are counted by one statement. */
const CHUNK = 40;

/** What a look into a restored cluster found. */
export interface Examined {
  problems: string[];
  databases: number;
  tables: number;
  rows: number;
}

const TABLES = `
  SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'm') AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND n.nspname !~ '^pg_toast' AND (c.relkind = 'r' OR c.relispopulated) ORDER BY 1`;

/** Reads every row of every table, checks heaps and indexes with pg_amcheck, and asks the source's smoke queries. */
export async function examine(stanza: Stanza, server: RestoredServer): Promise<Examined> {
  const result: Examined = { problems: [], databases: 0, tables: 0, rows: 0 };
  const names = await server.query(
    stanza.config.database,
    'SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1',
  );
  for (const [database = ''] of names) {
    result.databases += 1;
    await countInto(result, stanza, server, database);
  }
  await requireAmcheck(stanza, server);
  result.problems.push(...(await amcheck(stanza, server)));
  for (const smoke of stanza.source.smoke) {
    const rows = await server.query(stanza.config.database, smoke.query).catch(saidBy);
    const problem = typeof rows === 'string' ? `${smoke.name}: ${rows}` : smokeProblem(smoke, rows[0]?.[0]);
    if (problem !== undefined) result.problems.push(problem);
  }
  return result;
}

async function countInto(result: Examined, stanza: Stanza, server: RestoredServer, database: string): Promise<void> {
  const tables = (await server.query(database, TABLES)).map(([name = '']) => name);
  result.tables += tables.length;
  for (let at = 0; at < tables.length; at += CHUNK) {
    const counts = tables.slice(at, at + CHUNK).map((name) => `SELECT count(*) AS n FROM ONLY ${name}`);
    stanza.context.progress(`counts rows of ${database}: ${at} of ${tables.length} tables`);
    try {
      const [[sum] = []] = await server.query(database, `SELECT sum(n) FROM (${counts.join(' UNION ALL ')}) AS c`);
      result.rows += Number(sum ?? 0);
    } catch (error) {
      result.problems.push(`reading ${database}: ${saidBy(error)}`);
    }
  }
}

/** Without the extension nothing can be checked, which would look like damage. */
async function requireAmcheck(stanza: Stanza, server: RestoredServer): Promise<void> {
  const sql = "SELECT 1 FROM pg_available_extensions WHERE name = 'amcheck'";
  if ((await server.query(stanza.config.database, sql)).length > 0) return;
  throw backupError(
    'MissingProgram',
    'The extension amcheck is not on this worker. Install it (Debian: part of the server package; Red Hat: postgresql-contrib).',
  );
}

/** It exits with 2 for damage, which it prints, and with 1 for other problems: both count, and so does output with an exit of 0. */
async function amcheck(stanza: Stanza, server: RestoredServer): Promise<string[]> {
  const { signal, progress } = stanza.context;
  progress('pg_amcheck');
  const args = ['--all', '--install-missing', '--heapallindexed', '--parent-check', '--jobs=2', ...server.where];
  try {
    const { stdout, code } = await runCommand(server.client('pg_amcheck', args), {
      signal,
      timeoutMs: AMCHECK_MS,
      // A heap full of damage is printed row by row.
      maxBytes: 256 * 1024 * 1024,
      okCodes: [0, 2],
    });
    if (code === 0 && stdout.trim() === '') return [];
    return [`pg_amcheck: ${bounded(stdout.slice(0, 4_000), 500) || 'it found damage and did not say which'}`];
  } catch (error) {
    return [`pg_amcheck: ${saidBy(error)}`];
  }
}

/** What a program said that ran and failed. Whatever kept it from running is thrown on: it says nothing of the backup. */
function saidBy(error: unknown): string {
  if (isError(error, 'ProducerFailed') && endsOf(error)[0]?.signal === null)
    return bounded((error as Error).message, 500);
  throw error;
}
