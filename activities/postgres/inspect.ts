import type { SourceOf } from '../../systems/backupSchema.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import type { SourceFacts } from '../backup/types.js';
import { isError } from '../backup/classify.js';
import { loginOf, placeOf } from './login.js';
import { applicationName } from './names.js';
import { checkDirect } from './pooler.js';
import { checkPrivileges } from './privileges.js';
import { only, openSession, QUICK_MS, type Session } from './session.js';
import { checkedTools, toolVersions, versionText, versionWarning, type Tools, type Version } from './tools.js';

/** Programs that a backup runs, and those that only a test restore needs, maybe on another worker. */
const TO_DUMP = ['pg_dump', 'pg_dumpall', 'pg_restore'];
const TO_REHEARSE = ['initdb', 'postgres'];
/** hashtextextended() came with 11. */
const OLDEST = 11;

interface ServerFacts {
  version: string;
  number: number;
  database: string;
  bytes: string;
  encoding: string;
  standby: boolean;
  [column: string]: unknown;
}

/** Version of the server that a session is on. */
export async function serverVersion(session: Session): Promise<Version> {
  const [row] = await session.query<{ number: number }>(
    `SELECT current_setting('server_version_num')::int AS number`,
    [],
    QUICK_MS,
  );
  const number = row?.number ?? 0;
  return [Math.floor(number / 10_000), number % 10_000];
}

async function identityOf(
  session: Session,
  place: string,
  database: string,
): Promise<{ identity: string; warning?: string }> {
  try {
    const { id } = only(
      await session.query<{ id: string }>(
        'SELECT system_identifier::text AS id FROM pg_control_system()',
        [],
        QUICK_MS,
      ),
    );
    return { identity: `${id}/${database}` };
  } catch (error) {
    if (!isError(error, 'Forbidden', 'Unsupported')) throw error;
    // Managed servers may keep it from us. The address is the best that is left.
    const warning = 'The server does not tell its system identifier; its address stands for it.';
    return { identity: place, warning };
  }
}

function rehearsalWarnings(server: Version, asked: Tools): string[] {
  try {
    checkedTools(TO_REHEARSE, asked, server);
    return [];
  } catch (error) {
    if (!isError(error, 'MissingProgram', 'VersionMismatch')) throw error;
    return [`This worker cannot verify to L4 and above: ${error instanceof Error ? error.message : String(error)}`];
  }
}

/** See `Engine.inspect`. The identity is the cluster's system identifier and the database's name: a swap keeps both. */
export async function inspect(source: SourceOf<'postgres'>, context: EngineContext): Promise<SourceFacts> {
  const login = await loginOf(source, context);
  const { database } = source;
  const application = applicationName(context.run.workflowId);
  const sessions: Session[] = [];
  // Programs take their time to start; the server answers meanwhile.
  const asking = toolVersions([...TO_DUMP, ...TO_REHEARSE], context.signal);
  try {
    const open = async (): Promise<Session> => {
      const session = await openSession(login, { database, application, signal: context.signal });
      sessions.push(session);
      return session;
    };
    const session = await open();
    const facts = only(
      await session.query<ServerFacts>(
        `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int AS number,
                current_database() AS database, pg_database_size(current_database())::text AS bytes,
                pg_encoding_to_char(encoding) AS encoding, pg_is_in_recovery() AS standby
           FROM pg_database WHERE datname = current_database()`,
        [],
        QUICK_MS,
      ),
    );
    const server: Version = [Math.floor(facts.number / 10_000), facts.number % 10_000];
    if (server[0] < OLDEST) {
      throw backupError(
        'Unsupported',
        `The server is version ${facts.version}; ${OLDEST} is the oldest that is supported.`,
      );
    }
    const warnings: (string | undefined)[] = [await checkDirect(session, await open())];
    const asked = await asking;
    const tools = checkedTools(TO_DUMP, asked, server);
    for (const [program, version] of Object.entries(tools).slice(0, 1)) warnings.push(versionWarning(program, version));
    warnings.push(...rehearsalWarnings(server, asked));
    const { identity, warning } = await identityOf(session, placeOf(login, database), database);
    warnings.push(warning, ...(await checkPrivileges(session, login.user)));
    if (facts.standby)
      warnings.push('The server is a standby: replay may cancel the dump (max_standby_streaming_delay).');
    if (facts.encoding === 'SQL_ASCII')
      warnings.push('The database has no encoding (SQL_ASCII): any bytes are text in it.');
    return {
      identity,
      serverVersion: facts.version,
      tools: toolTexts(tools, asked),
      estimatedBytes: Number(facts.bytes),
      warnings: warnings.filter((one) => one !== undefined),
    };
  } finally {
    await Promise.all(sessions.map((session) => session.end()));
  }
}

function toolTexts(tools: Record<string, Version>, asked: Tools): Record<string, string> {
  const texts = Object.fromEntries(Object.entries(tools).map(([name, version]) => [name, versionText(version)]));
  const postgres = asked.get('postgres');
  return postgres === undefined || 'error' in postgres ? texts : { ...texts, postgres: versionText(postgres) };
}
