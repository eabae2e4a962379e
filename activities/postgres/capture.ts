import type { SourceOf } from '../../systems/backupSchema.js';
import { isError } from '../backup/classify.js';
import type { Capture, Contents, EngineContext, Payload } from '../backup/engine.js';
import { CATALOGUE, readCatalogue, type Catalogue } from './catalogue.js';
import { countTables } from './contents.js';
import { readFacts, sequenceFacts } from './facts.js';
import { libpqEnvironment, loginOf, type Login } from './login.js';
import { applicationName, literal, quoted } from './names.js';
import { leftBehind } from './notKept.js';
import { only, openSession, QUICK_MS, type Session } from './session.js';
import { listTables, type Table } from './tables.js';
import { watchActivity } from './watch.js';

const LOCK_WAIT_MS = 30_000;
/** Sessions that hash while the dump runs, besides its own. Counting is much quicker than the dump: one is enough, and gentler. */
const HASHERS = 2;
const TABLES_PER_LOCK = 500;

/** A snapshot that stays as long as its session. */
interface Held {
  session: Session;
  snapshot: string;
  at: string;
  position: string;
  tables: Table[];
  excluded: { name: string; why: string }[];
}

/**
 * Opens the transaction whose snapshot everything is read from. Its tables are locked (ACCESS SHARE) before the snapshot is
 * taken: a TRUNCATE after it would be seen by the dump, because it does not obey snapshots.
 */
async function hold(session: Session, source: SourceOf<'postgres'>): Promise<Held> {
  const { tables, excluded } = await listTables(session, source.excludeTables);
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', [], QUICK_MS);
  for (let start = 0; start < tables.length; start += TABLES_PER_LOCK) {
    const names = tables
      .slice(start, start + TABLES_PER_LOCK)
      .map(({ schema, name }) => `ONLY ${quoted(schema, name)}`);
    await session.query(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`);
  }
  const { snapshot, at, position } = only(
    await session.query<{ snapshot: string; at: string; position: string }>(
      `SELECT pg_export_snapshot() AS snapshot, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at,
              (CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END)::text AS position`,
      [],
      QUICK_MS,
    ),
  );
  return { session, snapshot, at, position, tables, excluded };
}

/** Once more when a table went between the look at the catalogue and the lock: programs make and drop tables all day. */
async function held(session: Session, source: SourceOf<'postgres'>): Promise<Held> {
  try {
    return await hold(session, source);
  } catch (error) {
    if (!isError(error, 'ProducerFailed')) throw error;
    await session.query('ROLLBACK', [], QUICK_MS);
    return hold(session, source);
  }
}

/** See `Engine.capture`. */
export async function capture(source: SourceOf<'postgres'>, context: EngineContext): Promise<Capture> {
  const login = await loginOf(source, context);
  const application = applicationName(context.run.workflowId);
  const open = (): Promise<Session> =>
    openSession(login, { database: source.database, application, signal: context.signal });
  const session = await open();
  try {
    const view = await held(session, source);
    const catalogue = await readCatalogue(session);
    const excluded = [...view.excluded, ...(await leftBehind(session))];
    const env = await libpqEnvironment(login, context.scratch, { database: source.database, application });
    return {
      recoveryPoint: { at: view.at, position: view.position },
      payloads: payloadsOf(source, view.snapshot, catalogue, env),
      excluded,
      contents: async (hashes) => ({
        items: await count(view, { open, application, hashes, progress: context.progress }),
        facts: { ...(await readFacts(session)), ...sequenceFacts(catalogue.sequences) },
      }),
      close: () => close(session, login, application, source.database),
    };
  } catch (error) {
    await session.end();
    throw error;
  }
}

function payloadsOf(
  source: SourceOf<'postgres'>,
  snapshot: string,
  catalogue: Catalogue,
  env: Record<string, string>,
): Payload[] {
  const without = source.excludeTables.map((name) => `--exclude-table-data=${patternOf(name)}`);
  const globals = ['--globals-only', '--no-role-passwords', '--no-password', `--database=${source.database}`];
  const dump = [
    '--format=custom',
    // zstd compresses what comes out, faster and with a checksum.
    '--compress=0',
    `--snapshot=${snapshot}`,
    `--lock-wait-timeout=${LOCK_WAIT_MS}`,
    '--no-password',
    '--no-subscriptions',
    '--no-unlogged-table-data',
    ...without,
  ];
  return [
    { name: 'globals.sql', beside: true, from: { commands: [{ file: 'pg_dumpall', args: globals, env }] } },
    { name: CATALOGUE, beside: true, from: { bytes: () => Buffer.from(`${JSON.stringify(catalogue, null, 1)}\n`) } },
    { name: 'database.dump', from: { commands: [{ file: 'pg_dump', args: dump, env, largeWrites: true }] } },
  ];
}

/** A table as psql's patterns mean it exactly: quoted, so that neither case nor wildcards count. Pure. */
export function patternOf(name: string): string {
  const dot = name.indexOf('.');
  const parts = dot < 0 ? [name] : [name.slice(0, dot), name.slice(dot + 1)];
  return quoted(...parts);
}

async function count(
  view: Held,
  options: {
    open: () => Promise<Session>;
    application: string;
    hashes: boolean;
    progress: (what: string) => void;
  },
): Promise<Contents['items']> {
  const sessions: Session[] = [];
  const stopWatching = watchActivity(options.open, options.application, options.progress);
  const wanted = options.hashes ? HASHERS : 1;
  try {
    for (let number = 0; number < Math.min(wanted, Math.max(1, view.tables.length)); number++) {
      const session = await options.open();
      sessions.push(session);
      await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', [], QUICK_MS);
      // The dump is one process of the server; helpers of ours would only keep it from its work.
      if (!options.hashes) await session.query('SET LOCAL max_parallel_workers_per_gather = 0', [], QUICK_MS);
      await session.query(`SET TRANSACTION SNAPSHOT ${literal(view.snapshot)}`, [], QUICK_MS);
    }
    return await countTables(sessions, view.tables, options);
  } finally {
    await Promise.all([stopWatching(), ...sessions.map((session) => session.end())]);
  }
}

const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()`;

/** Ends the session, and what still runs on the server of ours. A session that is lost is replaced by a new one for that. */
async function close(session: Session, login: Login, application: string, database: string): Promise<void> {
  // Its transaction may have failed, or it may still be reading.
  const late = new Promise<false>((resolve) => setTimeout(resolve, 5_000, false).unref());
  const asked = session.query(TERMINATE, [application], 5_000).then(
    () => true,
    () => false,
  );
  const terminated = await Promise.race([asked, late]);
  await session.end();
  if (terminated) return;
  const signal = AbortSignal.timeout(10_000);
  const other = await openSession(login, { database, application, signal }).catch(() => undefined);
  await other?.query(TERMINATE, [application], 5_000).catch(() => undefined);
  await other?.end();
}
