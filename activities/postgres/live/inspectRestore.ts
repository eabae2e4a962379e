import type { SourceOf } from '../../../systems/backupSchema.js';
import { isError, sizeText } from '../../backup/classify.js';
import type { EngineContext } from '../../backup/engine.js';
import { serverVersion } from '../inspect.js';
import { checkName } from '../names.js';
import { QUICK_MS, type Session } from '../session.js';
import { checkedTools, toolVersions } from '../tools.js';
import { findDatabase } from './databases.js';
import { maintain } from './maintenance.js';
import { mayDrop, whose } from './tag.js';

interface Rights {
  superuser: boolean;
  mayCreate: boolean;
  maySignal: boolean;
  standby: boolean;
  [column: string]: unknown;
}

/** See `Engine.inspectRestore`. The server does not tell how much room its disk has, which a warning says. */
export async function inspectRestore(
  source: SourceOf<'postgres'>,
  into: string,
  bytes: number,
  context: EngineContext,
): Promise<{ problems: string[]; liveName: string; warnings: string[] }> {
  const { database } = source;
  return maintain(source, context, async (session, login) => {
    const problems = [
      ...nameProblems(into),
      ...(await toolProblems(session, context)),
      ...(await rightProblems(session, login.user)),
    ];
    const found = await findDatabase(session, into);
    if (found && !mayDrop(found.tag, context.run))
      problems.push(`database ${into} exists already, ${whose(found.tag)}`);
    const warnings = [
      `the server does not tell the free space of its disk; the copy needs about ${sizeText(bytes)} beside the live data`,
      ...(await liveWarnings(session, database)),
    ];
    return { problems, liveName: database, warnings };
  });
}

function nameProblems(into: string): string[] {
  try {
    checkName(into);
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function toolProblems(session: Session, context: EngineContext): Promise<string[]> {
  try {
    checkedTools(['pg_restore'], await toolVersions(['pg_restore'], context.signal), await serverVersion(session));
    return [];
  } catch (error) {
    if (!isError(error, 'VersionMismatch', 'MissingProgram')) throw error;
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function rightProblems(session: Session, user: string): Promise<string[]> {
  const [rights] = await session.query<Rights>(
    `SELECT rolsuper AS superuser, rolsuper OR rolcreatedb AS "mayCreate",
            rolsuper OR pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AS "maySignal", pg_is_in_recovery() AS standby
       FROM pg_roles WHERE rolname = current_user`,
    [],
    QUICK_MS,
  );
  const problems: string[] = [];
  if (rights?.standby) problems.push('the server is a standby, which takes no new databases');
  if (!rights?.mayCreate) problems.push(`user ${user} may not create databases (ALTER ROLE … CREATEDB)`);
  if (!rights?.maySignal) problems.push(`user ${user} may not end sessions (GRANT pg_signal_backend TO …)`);
  return problems;
}

async function liveWarnings(session: Session, database: string): Promise<string[]> {
  if (!(await findDatabase(session, database))) return [`${database} is not on the server: a swap is not possible`];
  const rows = await session.query<{ what: string; [column: string]: unknown }>(
    `SELECT count(*) || ' sessions are connected to it; a swap ends them' AS what
       FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' HAVING count(*) > 0
      UNION ALL
     SELECT 'replication slot ' || slot_name || ' would stay with the old data' FROM pg_replication_slots WHERE database = $1
      UNION ALL
     SELECT 'prepared transaction ' || gid || ' keeps it from being renamed' FROM pg_prepared_xacts WHERE database = $1
      UNION ALL
     SELECT 'subscription ' || s.subname || ' would stay with the old data'
       FROM pg_subscription AS s JOIN pg_database AS d ON d.oid = s.subdbid WHERE d.datname = $1`,
    [database],
    QUICK_MS,
  );
  return rows.map(({ what }) => `${database}: ${what}`);
}
