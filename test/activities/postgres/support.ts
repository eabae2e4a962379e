import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import type { Capture, EngineContext, Files } from '../../../activities/backup/engine.js';
import { startPipeline } from '../../../activities/pipeline/index.js';
import { createSecretResolver } from '../../../activities/secrets/index.js';
import type { SandboxState } from '../../../sandbox/kit/types.js';
import { sourceSchema, type SourceOf } from '../../../systems/backupSchema.js';
import { sandbox } from '../../setup/sandbox.js';

export type Server = NonNullable<SandboxState['postgres']>;
export type PostgresSource = SourceOf<'postgres'>;

/** The sandbox's server; its programs are those that the activities find. */
export async function server(): Promise<Server> {
  const { postgres } = await sandbox('postgres');
  if (!postgres) throw new Error('no PostgreSQL in the sandbox');
  process.env['BELAY_PROGRAMS'] = postgres.bin;
  return postgres;
}

/** A description of a database on the server, as a system's file would have it. */
export function sourceOf(at: Server, database: string, overrides: Record<string, unknown> = {}): PostgresSource {
  const { host, port, user } = at;
  const given = { name: 'shop', type: 'postgres', host, port, user, password: 'env:PASSWORD', database };
  const source = sourceSchema.parse({ ...given, ...overrides });
  if (source.type !== 'postgres') throw new Error('not of PostgreSQL');
  return source;
}

export interface TestContext extends EngineContext {
  said: string[];
  control: AbortController;
}

/** What the core hands to an engine. `remove` takes the scratch folder away. */
export async function contextOf(at: Server, workflowId = 'test/backup'): Promise<TestContext> {
  const scratch = await mkdtemp(join(tmpdir(), 'belay-test-'));
  const control = new AbortController();
  const said: string[] = [];
  return {
    secrets: createSecretResolver({
      env: { PASSWORD: at.password },
      readFile: () => Promise.reject(new Error('none')),
    }),
    signal: control.signal,
    scratch,
    progress: (what) => said.push(what),
    run: { workflowId, runId: 'r1', runbook: 'backup', requestedBy: 'test', reason: 'test' },
    system: 'test',
    said,
    control,
  };
}

export async function connect(at: Server, database = 'postgres', overrides: object = {}): Promise<Client> {
  const { host, port, user, password } = at;
  const client = new Client({ host, port, user, password, database, ...overrides });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Runs statements one by one: CREATE DATABASE goes alone. */
export async function execute(at: Server, database: string, ...statements: string[]): Promise<void> {
  const client = await connect(at, database);
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

/** The first column of all rows. */
export async function ask(at: Server, database: string, query: string): Promise<unknown[]> {
  const client = await connect(at, database);
  try {
    return (await client.query<unknown[]>({ text: query, rowMode: 'array' })).rows.map((row) => row[0]);
  } finally {
    await client.end();
  }
}

export async function recreate(at: Server, ...databases: string[]): Promise<void> {
  for (const name of databases) await execute(at, 'postgres', `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`);
  for (const name of databases) await execute(at, 'postgres', `CREATE DATABASE "${name}"`);
}

/** Writes the payloads into files, as the core does, without compression. */
export async function store(capture: Capture, context: TestContext): Promise<Files> {
  const dir = join(context.scratch, 'payloads');
  await mkdir(dir, { recursive: true });
  const paths: Record<string, string> = {};
  for (const { name, from } of capture.payloads) {
    const path = join(dir, name);
    if ('bytes' in from) await writeFile(path, from.bytes());
    else if ('commands' in from) {
      const running = await startPipeline(from.commands, { signal: context.signal });
      await Promise.all([pipeline(running.output, createWriteStream(path)), running.ended]);
    } else throw new Error('a file was not expected');
    paths[name] = path;
  }
  return { dir, paths };
}

export const remove = (context: TestContext): Promise<void> => rm(context.scratch, { recursive: true, force: true });

/** Tables of every kind that matters to a dump. */
export const SHOP = [
  `CREATE TYPE mood AS ENUM ('good', 'bad')`,
  `CREATE TABLE customers (id bigserial PRIMARY KEY, t text NOT NULL, mood mood DEFAULT 'good', price float8, blob bytea, at timestamptz DEFAULT now())`,
  `CREATE INDEX ON customers (t)`,
  `INSERT INTO customers (t, price, blob) SELECT 'customer ' || n, n / 3.0, decode(md5(n::text), 'hex') FROM generate_series(1, 2000) AS n`,
  `CREATE TABLE "Odd Orders" (id int GENERATED ALWAYS AS IDENTITY, customer bigint REFERENCES customers, "on" date NOT NULL, PRIMARY KEY (id, "on")) PARTITION BY RANGE ("on")`,
  `CREATE TABLE orders_2025 PARTITION OF "Odd Orders" FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`,
  `CREATE TABLE orders_2026 PARTITION OF "Odd Orders" FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
  `INSERT INTO "Odd Orders" (customer, "on") SELECT n, date '2025-06-01' + n FROM generate_series(1, 400) AS n`,
  `CREATE TABLE parent (a int)`,
  `CREATE TABLE child (b int) INHERITS (parent)`,
  `INSERT INTO parent VALUES (1)`,
  `INSERT INTO child VALUES (2, 3)`,
  `CREATE TABLE nothing ()`,
  `CREATE UNLOGGED TABLE scratchpad AS SELECT 1 AS one`,
  `CREATE MATERIALIZED VIEW totals AS SELECT count(*) FROM customers`,
  `CREATE VIEW cheap AS SELECT * FROM customers WHERE price < 10`,
  `CREATE SCHEMA other`,
  `CREATE TABLE other.noise AS SELECT n FROM generate_series(1, 50) AS n`,
  `CREATE FUNCTION double(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2'`,
  `ALTER TABLE other.noise ENABLE ROW LEVEL SECURITY`,
  `SELECT lo_from_bytea(0, 'a large object')`,
];
