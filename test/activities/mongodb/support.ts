import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Db, MongoClient } from 'mongodb';
import type { Capture, EngineContext, Files } from '../../../activities/backup/engine.js';
import { mongodbEngine } from '../../../activities/mongodb/index.js';
import { runCommand } from '../../../activities/pipeline/index.js';
import { sourceSchema, type SourceOf } from '../../../systems/backupSchema.js';
import { sandbox } from '../../setup/sandbox.js';

export interface World {
  client: MongoClient;
  host: string;
  port: number;
}

/** The sandbox's server, its programs made known as the worker's configuration does. */
export async function world(): Promise<World> {
  const { mongodb } = await sandbox('mongodb');
  if (!mongodb) throw new Error('no mongodb');
  process.env['BELAY_PROGRAMS'] = [mongodb.tools, dirname(mongodb.server)].join(':');
  process.env['BELAY_SCRATCH'] = await mkdtemp(join(tmpdir(), 'bm-'));
  const { host, port } = mongodb;
  return { client: await new MongoClient(`mongodb://${host}:${port}/`).connect(), host, port };
}

/** A database of its own with documents of many kinds. */
export async function seeded({ client }: World, documents = 500): Promise<Db> {
  const db = client.db(`t${randomBytes(4).toString('hex')}`);
  const orders = Array.from({ length: documents }, (_, n) => ({
    n,
    text: `order ${n} – ünïcode`,
    at: new Date(1_700_000_000_000 + n),
    nested: { tags: ['a', n], deep: { yes: n % 2 === 0, none: null } },
    half: n / 2,
    bytes: Buffer.from([n % 256, 1, 2]),
  }));
  await db.collection('orders').insertMany(orders);
  await db.collection('orders').createIndex({ n: 1 }, { unique: true, name: 'n_unique' });
  await db.collection('orders').createIndex({ text: 1, n: -1 }, { name: 'text_n' });
  await db.collection('people').insertMany([{ name: 'ada' }, { name: 'grace' }]);
  await db.createCollection('empty');
  return db;
}

export function sourceOf(where: { host: string; port: number }, db: Db, more: object = {}): SourceOf<'mongodb'> {
  const { host, port } = where;
  const source = sourceSchema.parse({
    type: 'mongodb',
    name: 'documents',
    host,
    port,
    database: db.databaseName,
    ...more,
  });
  if (source.type !== 'mongodb') throw new Error('not MongoDB');
  return source;
}

export async function contextOf(more: Partial<EngineContext> = {}): Promise<EngineContext> {
  const id = randomBytes(3).toString('hex');
  return {
    secrets: { resolve: async () => 'a-wrong-password' },
    signal: AbortSignal.timeout(120_000),
    scratch: await mkdtemp(join(tmpdir(), 'bm-scratch-')),
    progress: () => undefined,
    run: { workflowId: `backup-${id}`, runId: `run-${id}`, runbook: 'backup', requestedBy: 'ada', reason: 'test' },
    system: 'shop',
    ...more,
  };
}

/** Runs the producers into files, as the core does with compression between. `meanwhile` runs when the dump is done. */
export async function save(capture: Capture, context: EngineContext, meanwhile?: () => Promise<void>): Promise<Files> {
  const paths: Record<string, string> = {};
  for (const payload of capture.payloads) {
    if (!('commands' in payload.from)) throw new Error('commands are expected');
    const [command] = payload.from.commands;
    if (!command) throw new Error('no command');
    const file = join(context.scratch, payload.name);
    const args = command.args.map((arg) => (arg === '--archive' ? `--archive=${file}` : arg));
    await runCommand({ ...command, args }, { signal: context.signal });
    paths[payload.name] = file;
    await meanwhile?.();
    payload.stored?.();
  }
  return { dir: context.scratch, paths };
}

/** A backup of a database: its files, contents and what was excluded. */
export async function backedUp(source: SourceOf<'mongodb'>, context: EngineContext, meanwhile?: () => Promise<void>) {
  const capture = await mongodbEngine.capture(source, context);
  try {
    const [files, contents] = await Promise.all([save(capture, context, meanwhile), capture.contents(true)]);
    return { files, contents, excluded: capture.excluded };
  } finally {
    await capture.close();
  }
}

/** Arguments of all processes of this machine. */
export const processes = async (): Promise<string> => (await promisify(execFile)('ps', ['-eo', 'args'])).stdout;
