import { backupError } from '../backup/errors.js';
import { bounded } from '../secrets/index.js';
import type { Session } from './session.js';
import { notOfExtension, USER_SCHEMA } from './tables.js';

const MISSING = `
  SELECT n.nspname || '.' || c.relname AS name,
         CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN 'USAGE on its schema'
              WHEN NOT has_table_privilege(c.oid, 'SELECT') THEN 'SELECT'
              ELSE 'BYPASSRLS (row security hides rows)' END AS lacks
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'S', 'm') AND ${USER_SCHEMA} AND ${notOfExtension('pg_class', 'c.oid')}
     AND (NOT has_schema_privilege(n.oid, 'USAGE') OR NOT has_table_privilege(c.oid, 'SELECT')
          OR row_security_active(c.oid))
   ORDER BY 1`;

const LARGE_OBJECTS = `
  SELECT count(*)::int AS count FROM pg_largeobject_metadata
   WHERE NOT pg_has_role(lomowner, 'USAGE') AND NOT EXISTS (
     SELECT FROM aclexplode(lomacl) AS a
      WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))`;

const SHOWN = 10;

/** Throws `Forbidden` with the relations that a dump could not read. Gives warnings. */
export async function checkPrivileges(session: Session, user: string): Promise<string[]> {
  const missing = await session.query<{ name: string; lacks: string }>(MISSING);
  if (missing.length > 0) {
    const shown = missing.slice(0, SHOWN).map(({ name, lacks }) => `${name} lacks ${lacks}`);
    const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
    throw backupError(
      'Forbidden',
      `User ${user} may not read everything: ${bounded(shown.join('; '), 1_000)}${more}. Grant it (GRANT pg_read_all_data TO …; ` +
        'ALTER ROLE … BYPASSRLS where row security is on), or back up as the owner.',
    );
  }
  const [objects] = await session.query<{ count: number }>(LARGE_OBJECTS);
  const count = objects?.count ?? 0;
  return count === 0
    ? []
    : [`${count} large objects belong to others and may not be readable by ${user}; the dump fails then.`];
}
