import type { Db, Document } from 'mongodb';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import type { SourceFacts } from '../backup/types.js';
import { runCommand } from '../pipeline/index.js';
import { onServer } from './errors.js';
import { loginOf, openClient, placeOf } from './login.js';

const VERSION_MS = 20_000;

/** See `Engine.inspect`. */
export async function inspect(source: SourceOf<'mongodb'>, context: EngineContext): Promise<SourceFacts> {
  const login = await loginOf(source, context);
  const place = placeOf(login, source.database);
  return onServer(place, context.signal, async () => {
    const client = await openClient(login, context.signal);
    try {
      const admin = client.db('admin');
      const hello = await admin.command({ hello: 1 });
      refuseRouter(hello, place);
      await requireDatabase(client.db(source.database), place);
      const build = await admin.command({ buildInfo: 1 });
      const { dataSize } = await client.db(source.database).command({ dbStats: 1 });
      return {
        identity: `${await identityOf(admin, hello, source)}/${source.database}`,
        serverVersion: `${String(build['version'])}${await compatibility(admin)}`,
        tools: {
          mongodump: await toolVersion('mongodump', context),
          mongorestore: await toolVersion('mongorestore', context),
        },
        estimatedBytes: Number(dataSize),
        warnings: warningsOf(hello, build),
      };
    } finally {
      await client.close();
    }
  });
}

/** A router hands a dump parts of many servers, each of another moment. */
export function refuseRouter(hello: Document, place: string): void {
  if (hello['msg'] !== 'isdbgrid') return;
  throw backupError(
    'Unsupported',
    `${place} is a mongos: a dump through it is of no one point in time. Back up each shard by its own replica set with the balancer stopped, or use Percona Backup for MongoDB.`,
  );
}

async function requireDatabase(db: Db, place: string): Promise<void> {
  const found = await db.listCollections({}, { nameOnly: true }).hasNext();
  if (!found)
    throw backupError(
      'NotFound',
      `${place} has no collections. Correct the name of the database: MongoDB shows one that does not exist as an empty one.`,
    );
}

async function identityOf(admin: Db, hello: Document, source: SourceOf<'mongodb'>): Promise<string> {
  if (typeof hello['setName'] !== 'string') return `${source.host}:${source.port}`;
  try {
    const { config } = await admin.command({ replSetGetConfig: 1 });
    return `${hello['setName']}/${String((config as Document)['settings'].replicaSetId)}`;
  } catch {
    // Needs the role clusterMonitor, which a backup does without.
    return hello['setName'];
  }
}

async function compatibility(admin: Db): Promise<string> {
  try {
    const answer = await admin.command({ getParameter: 1, featureCompatibilityVersion: 1 });
    const { version } = answer['featureCompatibilityVersion'] as { version?: string };
    return version === undefined ? '' : ` (compatible with ${version})`;
  } catch {
    return '';
  }
}

function warningsOf(hello: Document, build: Document): string[] {
  const warnings = [
    'A dump of one database is no point in time: what is written while it runs may be in it or not. Collections that stood still are compared exactly.',
    'Users and roles live in the admin database and are not part of it.',
  ];
  if (hello['secondary'] === true)
    warnings.push("The server is a secondary: its data may be older than the primary's.");
  if (build['ferretdbVersion'] !== undefined) warnings.push('The server is FerretDB, not MongoDB.');
  return warnings;
}

async function toolVersion(name: string, { signal }: EngineContext): Promise<string> {
  const { stdout } = await runCommand({ file: name, args: ['--version'] }, { signal, timeoutMs: VERSION_MS });
  return /version: (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}
