import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Files } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { quoted } from './names.js';
import { only, QUICK_MS, type Session } from './session.js';
import { notOfExtension, USER_SCHEMA } from './tables.js';

/** Name of the payload. */
export const CATALOGUE = 'catalogue.json';

const sequenceSchema = z.object({
  name: z.string(),
  /** The number that it would have given next. */
  next: z.string(),
  increment: z.string(),
  cycles: z.boolean(),
});

const catalogueSchema = z.object({
  encoding: z.string(),
  collate: z.string(),
  ctype: z.string(),
  /** `c` (the C library), `i` (ICU), `b` (built in). */
  provider: z.string(),
  /** Locale of ICU, or the built-in one's name. */
  locale: z.string().nullable(),
  extensions: z.array(z.object({ name: z.string(), version: z.string(), schema: z.string() })),
  sequences: z.array(sequenceSchema),
});

export type SequenceState = z.output<typeof sequenceSchema>;

/** What a restore needs to know before the dump is opened, and what a dump does not hold. Taken in the dump's snapshot. */
export type Catalogue = z.output<typeof catalogueSchema>;

const SEQUENCES = `
  SELECT n.nspname AS schema, c.relname AS name, s.seqincrement::text AS increment, s.seqcycle AS cycles
    FROM pg_sequence AS s JOIN pg_class AS c ON c.oid = s.seqrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE ${USER_SCHEMA} AND c.relpersistence = 'p' AND ${notOfExtension('pg_class', 'c.oid')} ORDER BY 1, 2`;

interface SequenceRow {
  schema: string;
  name: string;
  increment: string;
  cycles: boolean;
  [column: string]: unknown;
}

const BATCH = 200;

/** State of every sequence, at this moment: sequences know no snapshots. */
export async function readSequences(session: Session): Promise<SequenceState[]> {
  const rows = await session.query<SequenceRow>(SEQUENCES);
  const states: SequenceState[] = [];
  for (let start = 0; start < rows.length; start += BATCH) {
    const batch = rows.slice(start, start + BATCH);
    const selects = batch.map(
      ({ schema, name, increment }, index) =>
        `SELECT ${index} AS number, (last_value::numeric + CASE WHEN is_called THEN ${increment} ELSE 0 END)::text AS next
           FROM ${quoted(schema, name)}`,
    );
    const values = await session.query<{ number: number; next: string }>(selects.join(' UNION ALL '));
    for (const { number, next } of values) {
      const row = batch[number];
      if (row) states.push({ name: `${row.schema}.${row.name}`, next, increment: row.increment, cycles: row.cycles });
    }
  }
  return states;
}

/** Reads the catalogue of the session's database. */
export async function readCatalogue(session: Session): Promise<Catalogue> {
  // Columns came and went with versions: as JSON they can be asked for without knowing which there are.
  const { row } = only(
    await session.query<{ row: Record<string, string | null> }>(
      `SELECT to_jsonb(d) || jsonb_build_object('encoding', pg_encoding_to_char(d.encoding)) AS row
         FROM pg_database AS d WHERE d.datname = current_database()`,
      [],
      QUICK_MS,
    ),
  );
  const extensions = await session.query<Catalogue['extensions'][number]>(
    `SELECT e.extname AS name, e.extversion AS version, n.nspname AS schema
       FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY e.oid`,
  );
  return catalogueSchema.parse({
    encoding: row['encoding'],
    collate: row['datcollate'],
    ctype: row['datctype'],
    provider: row['datlocprovider'] ?? 'c',
    locale: row['datlocale'] ?? row['daticulocale'] ?? null,
    extensions,
    sequences: await readSequences(session),
  });
}

/** The catalogue of a backup. Throws `Damaged` when it is not what was written. */
export async function catalogueOf(files: Files): Promise<Catalogue> {
  try {
    return catalogueSchema.parse(JSON.parse(await readFile(files.paths[CATALOGUE] ?? '', 'utf8')));
  } catch (error) {
    const why = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw backupError('Damaged', `${CATALOGUE} of the backup cannot be read (${why}); choose another backup.`);
  }
}
