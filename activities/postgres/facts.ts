import type { SequenceState } from './catalogue.js';
import { readSequences } from './catalogue.js';
import type { Session } from './session.js';
import { notOfExtension, USER_SCHEMA } from './tables.js';

interface Fact {
  name: string;
  value: string;
  [column: string]: unknown;
}

const OWN_RELATION = `c.oid NOT IN (SELECT d.objid FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.deptype = 'e')`;

/** Each gives rows of a fact's name and its value as text. What a dump does not keep (invalid indexes) is not counted. */
const QUERIES = [
  `SELECT 'relations of kind ' || c.relkind::text AS name, count(*)::text AS value
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND ${USER_SCHEMA} AND ${OWN_RELATION} GROUP BY c.relkind`,
  `SELECT 'indexes' AS name, count(*)::text AS value
     FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE i.indisvalid AND ${USER_SCHEMA} AND ${OWN_RELATION}`,
  // PostgreSQL 18 notes NOT NULL as a constraint, older ones do not; those of partitions follow their parent's.
  `SELECT 'constraints of kind ' || o.contype::text || CASE WHEN o.convalidated THEN '' ELSE ', not validated' END AS name,
          count(*)::text AS value
     FROM pg_constraint AS o JOIN pg_namespace AS n ON n.oid = o.connamespace
    WHERE o.contype <> 'n' AND o.conparentid = 0 AND ${USER_SCHEMA} AND ${notOfExtension('pg_constraint', 'o.oid')}
      AND NOT EXISTS (SELECT FROM pg_depend AS d
                       WHERE d.classid = 'pg_class'::regclass AND d.objid = o.conrelid AND d.deptype = 'e')
    GROUP BY 1`,
  `SELECT 'extension ' || extname AS name, extversion AS value FROM pg_extension`,
  `SELECT 'row security' AS name, count(*) FILTER (WHERE c.relrowsecurity) || ' on, '
          || count(*) FILTER (WHERE c.relforcerowsecurity) || ' forced' AS value
     FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND ${USER_SCHEMA} AND ${OWN_RELATION}`,
  `SELECT 'policies' AS name, count(*)::text AS value FROM pg_policy`,
  `SELECT 'routines of kind ' || p.prokind::text AS name, count(*)::text AS value
     FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
    WHERE ${USER_SCHEMA} AND ${notOfExtension('pg_proc', 'p.oid')} GROUP BY p.prokind`,
  `SELECT 'triggers' AS name, count(*)::text AS value
     FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND ${USER_SCHEMA} AND ${OWN_RELATION}`,
  `SELECT 'types of kind ' || t.typtype::text AS name, count(*)::text AS value
     FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('e', 'd', 'r') AND ${USER_SCHEMA} AND ${notOfExtension('pg_type', 't.oid')} GROUP BY t.typtype`,
  `SELECT 'event triggers' AS name, count(*)::text AS value FROM pg_event_trigger AS e
    WHERE ${notOfExtension('pg_event_trigger', 'e.oid')}`,
];

/** Value of a sequence's fact on both sides, unless the copy would give out numbers again. */
const NOT_BEHIND = 'not behind the snapshot';

/** Countable facts of the database that the session is in, but for sequences. */
export async function readFacts(session: Session): Promise<Record<string, string>> {
  const facts: Record<string, string> = {};
  for (const query of QUERIES) {
    for (const { name, value } of await session.query<Fact>(query)) facts[name] = value;
  }
  return facts;
}

/**
 * Facts of sequences. Their values belong to no snapshot: a dump reads them a little later, when others may have taken numbers. What
 * must hold is that a copy never gives out a number again that the source had given out at the snapshot. Pure.
 */
export function sequenceFacts(
  atSnapshot: readonly SequenceState[],
  copy: readonly SequenceState[] = atSnapshot,
): Record<string, string> {
  const copies = new Map(copy.map((sequence) => [sequence.name, sequence]));
  const facts: Record<string, string> = {};
  for (const wanted of atSnapshot) {
    const found = copies.get(wanted.name);
    copies.delete(wanted.name);
    if (found === undefined) continue;
    const distance = (BigInt(found.next) - BigInt(wanted.next)) * BigInt(Math.sign(Number(wanted.increment)));
    const fine = distance >= 0n || wanted.cycles;
    facts[`sequence ${wanted.name}`] = fine ? NOT_BEHIND : `next is ${found.next}, was ${wanted.next} at the snapshot`;
  }
  for (const name of copies.keys()) facts[`sequence ${name}`] = 'not in the source';
  return facts;
}

/** All facts of a restored copy, measured against the sequences at the snapshot. */
export async function factsOfCopy(
  session: Session,
  atSnapshot: readonly SequenceState[],
): Promise<Record<string, string>> {
  return { ...(await readFacts(session)), ...sequenceFacts(atSnapshot, await readSequences(session)) };
}
