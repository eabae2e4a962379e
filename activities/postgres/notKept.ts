import type { Session } from './session.js';
import { USER_SCHEMA } from './tables.js';

interface Left {
  name: string;
  why: string;
  [column: string]: unknown;
}

const QUERY = `
  SELECT 'index ' || n.nspname || '.' || c.relname AS name, 'it is invalid; make it anew' AS why
    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE NOT i.indisvalid AND c.relkind = 'i' AND ${USER_SCHEMA}
  UNION ALL
  SELECT 'subscription ' || subname, 'it holds a connection string; make it anew where it shall run'
    FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  UNION ALL
  SELECT 'replication slot ' || slot_name, 'it belongs to the server'
    FROM pg_replication_slots WHERE database = current_database()
  ORDER BY 1`;

/** What no dump of the database keeps, with the reason. */
export async function leftBehind(session: Session): Promise<{ name: string; why: string }[]> {
  const rows = await session.query<Left>(QUERY);
  return [
    { name: 'passwords of roles', why: 'globals.sql is made without them; set them anew' },
    ...rows.map(({ name, why }) => ({ name, why })),
  ];
}
