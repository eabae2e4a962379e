import { literal, quoted } from '../names.js';
import { QUICK_MS, type Session } from '../session.js';

/** Settings that are lists of names, each of which may be quoted in the stored value; pg_dump knows the same. */
const LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

/** The names in a stored list setting, without their quotes. Pure. */
export function splitList(value: string): string[] {
  return [...value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,"]+))\s*(?:,|$)/g)].map(([, quotedName, plain]) =>
    quotedName === undefined ? (plain ?? '').trim() : quotedName.replaceAll('""', '"'),
  );
}

/** `name TO value` as ALTER … SET takes it, from a stored `name=value`. Pure. */
export function settingClause(stored: string): string {
  const at = stored.indexOf('=');
  const [name, value] = [stored.slice(0, at), stored.slice(at + 1)];
  const values = LISTS.has(name.toLowerCase()) ? splitList(value) : [value];
  const shown = values.length === 0 ? [''] : values;
  // A setting of an extension has a dotted name, whose parts are names of their own.
  return `${quoted(...name.split('.'))} TO ${shown.map(literal).join(', ')}`;
}

/** Owner and access rights of one database become those of another. Safe to repeat. */
export async function carryAccess(session: Session, from: string, to: string): Promise<void> {
  const target = quoted(to);
  const rights = await session.query<{ grantee: string | null; privilege: string; grantable: boolean }>(
    `SELECT r.rolname AS grantee, a.privilege_type AS privilege, a.is_grantable AS grantable
       FROM pg_database AS d
       CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a
       LEFT JOIN pg_roles AS r ON r.oid = a.grantee
      WHERE d.datname = $1 AND (r.rolname IS NOT NULL OR a.grantee = 0)`,
    [from],
    QUICK_MS,
  );
  const before = await session.query<{ grantee: string }>(
    `SELECT DISTINCT r.rolname AS grantee FROM pg_database AS d CROSS JOIN LATERAL aclexplode(d.datacl) AS a
       JOIN pg_roles AS r ON r.oid = a.grantee WHERE d.datname = $1`,
    [to],
    QUICK_MS,
  );
  const [owner] = await session.query<{ name: string }>(
    'SELECT pg_get_userbyid(datdba) AS name FROM pg_database WHERE datname = $1',
    [from],
    QUICK_MS,
  );
  await inTransaction(session, [
    `REVOKE ALL ON DATABASE ${target} FROM PUBLIC`,
    ...before.map(({ grantee }) => `REVOKE ALL ON DATABASE ${target} FROM ${quoted(grantee)} CASCADE`),
    ...(owner ? [`ALTER DATABASE ${target} OWNER TO ${quoted(owner.name)}`] : []),
    ...rights.map(
      ({ grantee, privilege, grantable }) =>
        `GRANT ${privilege} ON DATABASE ${target} TO ${grantee === null ? 'PUBLIC' : quoted(grantee)}` +
        (grantable ? ' WITH GRANT OPTION' : ''),
    ),
  ]);
}

/** Settings of one database (for all, and for single roles in it) and its connection limit become those of another. Safe to repeat. */
export async function carrySettings(session: Session, from: string, to: string): Promise<void> {
  const settings = (name: string): Promise<{ role: string | null; config: string[] }[]> =>
    session.query(
      `SELECT r.rolname AS role, s.setconfig AS config
         FROM pg_db_role_setting AS s JOIN pg_database AS d ON d.oid = s.setdatabase
         LEFT JOIN pg_roles AS r ON r.oid = s.setrole WHERE d.datname = $1`,
      [name],
      QUICK_MS,
    );
  const subject = (role: string | null): string =>
    role === null ? `ALTER DATABASE ${quoted(to)}` : `ALTER ROLE ${quoted(role)} IN DATABASE ${quoted(to)}`;
  const [limit] = await session.query<{ count: number }>(
    'SELECT datconnlimit AS count FROM pg_database WHERE datname = $1',
    [from],
    QUICK_MS,
  );
  const old = await settings(to);
  const wanted = await settings(from);
  await inTransaction(session, [
    ...old.map(({ role }) => `${subject(role)} RESET ALL`),
    ...wanted.flatMap(({ role, config }) => config.map((one) => `${subject(role)} SET ${settingClause(one)}`)),
    ...(limit ? [`ALTER DATABASE ${quoted(to)} CONNECTION LIMIT ${limit.count}`] : []),
  ]);
}

/** All or nothing. */
export async function inTransaction(session: Session, statements: readonly string[]): Promise<void> {
  await session.query('BEGIN', [], QUICK_MS);
  try {
    for (const statement of statements) await session.query(statement);
    await session.query('COMMIT', [], QUICK_MS);
  } catch (error) {
    await session.query('ROLLBACK', [], QUICK_MS).catch(() => undefined);
    throw error;
  }
}
