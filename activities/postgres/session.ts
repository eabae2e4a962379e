import { readFile } from 'node:fs/promises';
import { Client, type QueryResultRow } from 'pg';
import type { BackupErrorType } from '../backup/errors.js';
import { failure } from './errors.js';
import { placeOf, type Login } from './login.js';

const CONNECT_MS = 10_000;
const END_MS = 3_000;
/** Short questions that a healthy server answers at once. */
export const QUICK_MS = 30_000;

/**
 * What the text of values depends on, pinned on both sides of a comparison; and time-outs that a role or database may have set.
 * Settings that a server does not know are left out.
 */
const SETTINGS: Record<string, string> = {
  datestyle: 'ISO, MDY',
  intervalstyle: 'postgres',
  timezone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  lc_monetary: 'C',
  xmloption: 'content',
  search_path: 'pg_catalog',
  row_security: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  lock_timeout: '10s',
  // A server that notices that we are gone ends a long query by itself.
  client_connection_check_interval: '5s',
};

/** A connection. Errors are typed (`failure`). */
export interface Session {
  /** Process id that the server gave us in its greeting. */
  greetedPid: number | null;
  /** Runs a statement, and gives its rows. `ms` bounds the wait; without it only the session's end does. */
  query<R extends QueryResultRow>(text: string, values?: readonly unknown[], ms?: number): Promise<R[]>;
  /** Never throws; also cuts off what still runs. */
  end(): Promise<void>;
}

export interface SessionOptions {
  database: string;
  /** At most 63 bytes. */
  application: string;
  /** Ends the session. */
  signal: AbortSignal;
  /** Type of errors that are not known; default `ProducerFailed`. */
  otherwise?: BackupErrorType;
}

/** Connects, with pinned settings. Throws typed errors. */
export async function openSession(login: Login, options: SessionOptions): Promise<Session> {
  const { database, application, signal, otherwise } = options;
  signal.throwIfAborted();
  const where = placeOf(login, database);
  const client = new Client({
    host: login.host,
    port: login.port,
    user: login.user,
    // Not undefined: the driver would then look into its own environment.
    password: login.password ?? '',
    database,
    application_name: application,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ssl: await tlsOf(login),
  });
  let lost: unknown;
  client.on('error', (error) => (lost ??= error));
  const fail = (error: unknown): never => {
    if (signal.aborted) throw signal.reason;
    throw failure(lost ?? error, where, otherwise);
  };
  const end = async (): Promise<void> => {
    signal.removeEventListener('abort', abort);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, END_MS)));
    await Promise.race([client.end().catch(() => undefined), late]);
    clearTimeout(timer);
  };
  const abort = (): void => void end();
  signal.addEventListener('abort', abort, { once: true });
  let turn: Promise<unknown> = Promise.resolve();
  const query = async <R extends QueryResultRow>(text: string, values: readonly unknown[] = [], ms?: number) => {
    const timeout = ms === undefined ? {} : { query_timeout: ms };
    // One at a time, as the protocol has it: the driver is about to stop queueing for us.
    const answer = turn.then(() => client.query<R>({ text, values: [...values], ...timeout }));
    turn = answer.catch(() => undefined);
    return (await answer.catch(fail)).rows;
  };
  try {
    await client.connect().catch(fail);
    const names = Object.keys(SETTINGS);
    await query(
      `SELECT set_config(name, value, false)
         FROM unnest($1::text[], $2::text[]) AS wanted(name, value)
        WHERE name IN (SELECT lower(s.name) FROM pg_catalog.pg_settings AS s)`,
      [names, names.map((name) => SETTINGS[name])],
      QUICK_MS,
    );
  } catch (error) {
    await end();
    throw error;
  }
  const greeted: unknown = Reflect.get(client, 'processID');
  return { greetedPid: typeof greeted === 'number' ? greeted : null, query, end };
}

async function tlsOf(login: Login): Promise<false | { rejectUnauthorized: boolean; ca?: string }> {
  if (login.ssl.mode === 'disable') return false;
  if (login.ssl.mode === 'require') return { rejectUnauthorized: false };
  const { rootCert } = login.ssl;
  const ca = rootCert === undefined ? undefined : await readFile(rootCert, 'utf8');
  return { rejectUnauthorized: true, ...(ca !== undefined && { ca }) };
}

/** The first row of an answer that has one always. */
export function only<R>(rows: readonly R[]): R {
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL answered without a row');
  return row;
}
