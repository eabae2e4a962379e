import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Client } from 'pg';
import type { SandboxState } from '../../sandbox/kit/types.js';

const bucket = 'intendly-production-backups';
const database = 'intendly_production';
const ROWS = 50_000;

/** What the worker is given beside the sandbox's addresses: the values behind the description's references. */
export function secretsOf({ postgres, objectstore }: SandboxState): Record<string, string> {
  return {
    INTENDLY_DB_PASSWORD: postgres?.password ?? '',
    DEMO_STORE_KEY_ID: objectstore?.accessKeyId ?? '',
    DEMO_STORE_KEY: objectstore?.secretAccessKey ?? '',
  };
}

/** The demo's database and store in place of those of the description. */
export function backupsOverlay({ postgres, objectstore }: SandboxState): object {
  return {
    store: {
      bucket,
      region: objectstore?.region,
      endpoint: objectstore?.endpoint,
      pathStyle: true,
      accessKeyId: 'env:DEMO_STORE_KEY_ID',
      secretAccessKey: 'env:DEMO_STORE_KEY',
    },
    sources: [
      {
        name: 'database',
        type: 'postgres',
        host: postgres?.host,
        port: postgres?.port,
        database,
        user: postgres?.user,
        password: 'env:INTENDLY_DB_PASSWORD',
        smoke: [{ name: 'intents', query: 'SELECT count(*) FROM intents', equals: ROWS }],
      },
    ],
  };
}

/** Makes the bucket and a database with some rows. Safe to repeat. */
export async function prepareEstate(state: SandboxState): Promise<void> {
  const { postgres, objectstore } = state;
  if (!postgres || !objectstore)
    throw new Error('the sandbox has no database or no store; start it with: belay sandbox up');
  const client = new S3Client({
    endpoint: objectstore.endpoint,
    region: objectstore.region,
    forcePathStyle: true,
    credentials: objectstore,
  });
  try {
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  } catch (error) {
    const present = error instanceof S3ServiceException && /BucketAlready/.test(error.name);
    if (!present) throw error;
  } finally {
    client.destroy();
  }
  const { host, port, user, password } = postgres;
  await withDatabase({ host, port, user, password, database: 'postgres' }, async (admin) => {
    const { rowCount } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${database}`);
  });
  await withDatabase({ host, port, user, password, database }, async (db) => {
    await db.query(
      'CREATE TABLE IF NOT EXISTS intents (id bigint PRIMARY KEY, owner text, amount numeric, made timestamptz)',
    );
    await db.query(
      `INSERT INTO intents SELECT n, md5(n::text), n * 1.25, now() FROM generate_series(1, ${ROWS}) n ON CONFLICT DO NOTHING`,
    );
  });
}

async function withDatabase(
  login: { host: string; port: number; user: string; password: string; database: string },
  body: (client: Client) => Promise<void>,
): Promise<void> {
  const client = new Client(login);
  await client.connect();
  try {
    await body(client);
  } finally {
    await client.end();
  }
}

/** What bit rot does: one byte in the middle of the newest dump, changed behind the store's back. Gives the file's name. */
export async function flipOneByte(state: SandboxState): Promise<string> {
  const folder = join(state.dir, 'objectstore', 'data', bucket);
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.includes('database.dump'));
  const newest = files.toSorted().at(-1);
  if (newest === undefined) throw new Error('the store holds no dump');
  const bytes = await readFile(join(folder, newest));
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ (1 + ((randomBytes(1)[0] ?? 0) % 255));
  await writeFile(join(folder, newest), bytes);
  return newest;
}
