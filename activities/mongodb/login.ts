import { writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { EngineContext } from '../backup/engine.js';

const SELECT_MS = 10_000;

/** How a server is entered. */
export interface Login {
  /** Host and port, or a socket. */
  at: { host: string; port: number } | { socket: string };
  user?: string;
  password?: string;
  authSource: string;
  replicaSet?: string;
  tls: boolean;
}

/** The login of a source; its password is resolved here and nowhere else. Throws `SecretUnresolved`. */
export async function loginOf(source: SourceOf<'mongodb'>, context: EngineContext): Promise<Login> {
  const { host, port, user, authSource, replicaSet, tls } = source;
  return {
    at: { host, port },
    authSource,
    tls,
    ...(user !== undefined && { user }),
    ...(replicaSet !== undefined && { replicaSet }),
    ...(source.password !== undefined && { password: await context.secrets.resolve(source.password) }),
  };
}

/** A server in words: no secret in it. */
export const placeOf = ({ at }: Login, database: string): string =>
  'socket' in at ? `${at.socket}/${database}` : `${at.host}:${at.port}/${database}`;

/** Without user and password: those go in as options. */
const addressOf = ({ at }: Login): string => {
  if ('socket' in at) return `mongodb://${encodeURIComponent(at.socket)}/`;
  return `mongodb://${at.host.includes(':') ? `[${at.host}]` : at.host}:${at.port}/`;
};

/** A client that is closed when the signal aborts, so that no call outlives it. */
export async function openClient(login: Login, signal: AbortSignal): Promise<MongoClient> {
  const options: MongoClientOptions = {
    appName: 'belay',
    serverSelectionTimeoutMS: SELECT_MS,
    connectTimeoutMS: SELECT_MS,
    tls: login.tls,
    retryReads: true,
    ...(login.replicaSet === undefined ? { directConnection: true } : { replicaSet: login.replicaSet }),
    ...(login.user !== undefined && {
      auth: { username: login.user, password: login.password ?? '' },
      authSource: login.authSource,
    }),
  };
  const client = new MongoClient(addressOf(login), options);
  const close = () => void client.close().catch(() => undefined);
  signal.addEventListener('abort', close, { once: true });
  client.once('close', () => signal.removeEventListener('abort', close));
  try {
    signal.throwIfAborted();
    await client.connect();
    return client;
  } catch (error) {
    close();
    throw error;
  }
}

/**
 * How mongodump and mongorestore are told of this login. The password goes into a file of mode 0600, never into arguments. A socket is
 * named from its own folder: these programs write paths in small letters.
 */
export async function toolLogin(login: Login, scratch: string): Promise<{ args: string[]; cwd?: string }> {
  const { at, user, password, authSource, replicaSet, tls } = login;
  if ('socket' in at) return { args: [`--uri=mongodb://${basename(at.socket)}/`], cwd: dirname(at.socket) };
  const host = replicaSet === undefined ? at.host : `${replicaSet}/${at.host}`;
  const args = [`--host=${host}`, `--port=${at.port}`, ...(tls ? ['--ssl'] : [])];
  if (user === undefined) return { args };
  const config = join(scratch, `mongo-tools-${randomUUID()}.yaml`);
  // JSON is YAML too, and quotes every character right.
  await writeFile(config, `password: ${JSON.stringify(password ?? '')}\n`, { mode: 0o600, flag: 'wx' });
  return { args: [...args, `--username=${user}`, `--authenticationDatabase=${authSource}`, `--config=${config}`] };
}
