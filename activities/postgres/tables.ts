import type { Session } from './session.js';

/** A relation as the catalogue knows it. */
export interface Table {
  schema: string;
  name: string;
  /** Of the heap, for the order of work. */
  pages: number;
}

/** Namespaces of the user: neither the system's nor those of temporary tables. */
export const USER_SCHEMA = `n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_)'`;

/** Not brought along by an extension, which makes it anew when it is created. */
export const notOfExtension = (catalogue: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

const RELATIONS = `
  SELECT n.nspname AS schema, c.relname AS name, c.relpages AS pages, c.relkind AS kind, c.relpersistence AS persistence,
         NOT (${notOfExtension('pg_class', 'c.oid')}) AS extension
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'f', 'm') AND ${USER_SCHEMA}
   ORDER BY c.relpages DESC, 1, 2`;

interface Relation extends Table {
  kind: 'r' | 'f' | 'm';
  persistence: string;
  extension: boolean;
}

/** `schema.table`, as in descriptions, contents and messages. */
export const fullName = ({ schema, name }: { schema: string; name: string }): string => `${schema}.${name}`;

/** Why the rows of a relation are not in a dump; undefined when they are. Pure. */
export function whyLeftOut(relation: Relation, leftOut: ReadonlySet<string>): string | undefined {
  if (relation.kind === 'f') return 'a foreign table: its rows are on another server';
  if (relation.kind === 'm') return 'a materialized view: computed anew when it is restored';
  if (relation.extension) return 'belongs to an extension, which makes it';
  if (relation.persistence === 'u') return 'an unlogged table: its rows do not survive a crash either';
  return leftOut.has(fullName(relation)) ? 'excludeTables of the description' : undefined;
}

/**
 * Tables whose rows are dumped (partitions by themselves, never their parents), the largest first; and the relations whose rows
 * are not, with the reason. `leftOut` are names of `excludeTables`.
 */
export async function listTables(
  session: Session,
  leftOut: readonly string[],
): Promise<{ tables: Table[]; excluded: { name: string; why: string }[] }> {
  const names = new Set(leftOut);
  const tables: Table[] = [];
  const excluded: { name: string; why: string }[] = [];
  for (const relation of await session.query<Relation & Record<string, unknown>>(RELATIONS)) {
    const why = whyLeftOut(relation, names);
    if (why === undefined) tables.push({ schema: relation.schema, name: relation.name, pages: relation.pages });
    else excluded.push({ name: fullName(relation), why });
  }
  return { tables, excluded };
}
