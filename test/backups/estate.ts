import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import Sqlite from 'better-sqlite3';
import { Client } from 'pg';
import { createSecretResolver, type SecretResolver } from '../../activities/secrets/index.js';
import type { SandboxState } from '../../sandbox/kit/types.js';
import { programFolders } from '../../sandbox/programFolders.js';
import type { SystemInput } from '../../systems/schema.js';

/** Data of one system on real servers: a database, a SQLite file, a folder, and a bucket for their backups. */
export interface Estate {
  database: string;
  bucket: string;
  /** Where the SQLite file and the folder lie. */
  folder: string;
  backups: NonNullable<SystemInput['backups']>;
  secrets: SecretResolver;
  /** Runs SQL on the database, or on another one. */
  sql(text: string, database?: string): Promise<Record<string, unknown>[]>;
  /** Its databases, and those that a system of that name has restored or set aside. */
  databases(system?: string): Promise<string[]>;
  dispose(): Promise<void>;
}

/** Name of the host worker in these tests. */
export const HOST = 'estate';

/** Environment of a worker that reaches the estate. */
export function estateEnv(state: SandboxState): Record<string, string> {
  return {
    BELAY_HOST: HOST,
    BELAY_PROGRAMS: programFolders(state),
    ESTATE_DB_PASSWORD: state.postgres?.password ?? '',
    ESTATE_KEY_ID: state.objectstore?.accessKeyId ?? '',
    ESTATE_KEY: state.objectstore?.secretAccessKey ?? '',
  };
}

export interface EstateOptions {
  rows?: number;
  consumers?: string[];
  /** Sources to describe; default the database alone. */
  sources?: ('database' | 'ledger' | 'files')[];
  /** Laid over the section. */
  policy?: object;
  /** Object lock needs a bucket that was made for it. */
  objectLock?: boolean;
}

export async function createEstate(state: SandboxState, options: EstateOptions = {}): Promise<Estate> {
  const { postgres, objectstore } = state;
  if (!postgres || !objectstore) throw new Error('the sandbox lacks a component');
  const tag = randomBytes(4).toString('hex');
  const [database, bucket] = [`estate_${tag}`, `estate-${tag}`];
  const folder = mkdtempSync(join(tmpdir(), `belay-estate-${tag}-`));
  await makeBucket(objectstore, bucket, options.objectLock ?? false);
  const { host, port, user, password } = postgres;
  const sql: Estate['sql'] = async (text, on = database) => {
    const client = new Client({ host, port, user, password, database: on });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return ((await client.query(text)) as { rows: Record<string, unknown>[] }).rows;
    } finally {
      await client.end();
    }
  };
  await sql(`CREATE DATABASE ${database}`, 'postgres');
  await sql(`CREATE TABLE orders (id bigserial PRIMARY KEY, customer text NOT NULL, amount numeric, note bytea);
    CREATE INDEX orders_by_customer ON orders (customer);
    INSERT INTO orders (customer, amount, note)
      SELECT md5(n::text), n * 1.5, decode(md5(n::text), 'hex') FROM generate_series(1, ${options.rows ?? 2_000}) n;
    CREATE VIEW big AS SELECT * FROM orders WHERE amount > 100`);
  await makeFiles(folder);
  const databases: Estate['databases'] = async (system) => {
    const rows = await sql('SELECT datname FROM pg_database', 'postgres');
    const prefix = `${system?.replaceAll('-', '_') ?? database}_`;
    return rows
      .map((row) => String(row['datname']))
      .filter((name) => name === database || name.startsWith(prefix))
      .toSorted();
  };
  return {
    database,
    bucket,
    folder,
    backups: describe(state, { database, bucket, folder }, options),
    secrets: createSecretResolver({ env: estateEnv(state), readFile: () => Promise.reject(new Error('no files')) }),
    sql,
    databases,
    dispose: async () => {
      for (const name of await databases().catch(() => []))
        await sql(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`, 'postgres').catch(() => []);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function describe(
  { postgres, objectstore }: SandboxState,
  { database, bucket, folder }: { database: string; bucket: string; folder: string },
  options: EstateOptions,
): Estate['backups'] {
  const all = {
    database: {
      name: 'database',
      type: 'postgres' as const,
      host: postgres?.host ?? '',
      port: postgres?.port ?? 0,
      database,
      user: postgres?.user ?? '',
      password: 'env:ESTATE_DB_PASSWORD',
      consumers: options.consumers ?? [],
      smoke: [{ name: 'orders', query: 'SELECT count(*) FROM orders', min: 1 }],
    },
    ledger: { name: 'ledger', type: 'sqlite' as const, host: HOST, path: join(folder, 'ledger.db') },
    files: { name: 'files', type: 'folder' as const, host: HOST, path: join(folder, 'files') },
  };
  return {
    store: {
      bucket,
      region: objectstore?.region ?? '',
      endpoint: objectstore?.endpoint ?? '',
      pathStyle: true,
      accessKeyId: 'env:ESTATE_KEY_ID',
      secretAccessKey: 'env:ESTATE_KEY',
    },
    verify: 'L6',
    restore: { approval: { required: false } },
    sources: (options.sources ?? ['database']).map((name) => all[name]),
    ...options.policy,
  };
}

async function makeBucket(
  store: NonNullable<SandboxState['objectstore']>,
  Bucket: string,
  lock: boolean,
): Promise<void> {
  const client = new S3Client({
    endpoint: store.endpoint,
    region: store.region,
    forcePathStyle: true,
    credentials: store,
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: lock }));
  } finally {
    client.destroy();
  }
}

async function makeFiles(folder: string): Promise<void> {
  const db = new Sqlite(join(folder, 'ledger.db'));
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE entry (id INTEGER PRIMARY KEY, amount REAL, text TEXT)');
  const insert = db.prepare('INSERT INTO entry (amount, text) VALUES (?, ?)');
  db.transaction(() => {
    for (let n = 0; n < 500; n += 1) insert.run(n / 3, `entry ${n}`);
  })();
  db.close();
  await mkdir(join(folder, 'files', 'deep'), { recursive: true });
  await writeFile(join(folder, 'files', 'a.txt'), 'one');
  await writeFile(join(folder, 'files', 'deep', 'b.bin'), randomBytes(10_000));
}
