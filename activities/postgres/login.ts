import { randomUUID } from 'node:crypto';
import { access, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';

/** How a server is entered. `host` is a folder when it is a Unix socket's. */
export interface Login {
  host: string;
  port: number;
  user: string;
  password?: string;
  ssl: { mode: 'disable' | 'require' | 'verify-full'; rootCert?: string };
}

/** Where systems keep the certificates that they trust: libpq before 16 does not look there by itself. */
const TRUSTED = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The login of a source; its password is resolved here and nowhere else. Throws `SecretUnresolved`, `NotFound`. */
export async function loginOf(source: SourceOf<'postgres'>, context: EngineContext): Promise<Login> {
  const { host, port, sslMode: mode } = source;
  const rootCert = mode === 'verify-full' ? (source.sslRootCert ?? (await trusted())) : source.sslRootCert;
  return {
    host,
    port,
    user: source.user ?? userInfo().username,
    ssl: { mode, ...(rootCert !== undefined && { rootCert }) },
    ...(source.password !== undefined && { password: await context.secrets.resolve(source.password) }),
  };
}

async function trusted(): Promise<string> {
  for (const file of TRUSTED) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  throw backupError('NotFound', 'This worker has no list of trusted certificates; set sslRootCert to one.');
}

/** The database in words, for messages: no secret in it. */
export const placeOf = (login: Login, database: string): string => `${login.host}:${login.port}/${database}`;

/**
 * Environment of libpq's programs for this login. The password goes into a file of mode 0600 in `scratch`, never into arguments
 * or the environment.
 */
export async function libpqEnvironment(
  login: Login,
  scratch: string,
  session: { database: string; application: string },
): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    PGHOST: login.host,
    PGPORT: String(login.port),
    PGUSER: login.user,
    PGDATABASE: session.database,
    PGAPPNAME: session.application,
    PGSSLMODE: login.ssl.mode,
    PGCONNECT_TIMEOUT: '10',
    ...(login.ssl.rootCert !== undefined && { PGSSLROOTCERT: login.ssl.rootCert }),
  };
  if (login.password === undefined) return env;
  if (/[\r\n]/.test(login.password)) {
    throw backupError('Unsupported', 'The password holds a line break, which no password file can; set another one.');
  }
  const file = join(scratch, `pgpass-${randomUUID()}`);
  const escaped = login.password.replace(/[\\:]/g, String.raw`\$&`);
  await writeFile(file, `*:*:*:*:${escaped}\n`, { mode: 0o600, flag: 'wx' });
  return { ...env, PGPASSFILE: file };
}

/** A connection string that means exactly this database, whatever is in its name. */
export const databaseArgument = (database: string): string => `dbname='${database.replace(/[\\']/g, String.raw`\$&`)}'`;
