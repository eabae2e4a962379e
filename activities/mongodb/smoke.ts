import { BSON, type Db, type Document } from 'mongodb';
import type { SmokeQuery } from '../../systems/backupSchema.js';
import { smokeProblem } from '../backup/smoke.js';
import { bounded } from '../secrets/redact.js';

const LIMIT_MS = 60_000;
/** Commands that only read; a stage that writes is refused besides. */
const READING = new Set(['aggregate', 'count', 'distinct', 'find']);

/**
 * Asks the smoke queries: each a database command in extended JSON that reads, such as `{"count":"orders"}` or
 * `{"aggregate":"orders","pipeline":[…],"cursor":{}}`. The answer is the count, the number of distinct values, or the first value other
 * than `_id` of the first document. Gives problems.
 */
export async function smoke(db: Db, queries: readonly SmokeQuery[]): Promise<string[]> {
  const problems: string[] = [];
  for (const query of queries) {
    try {
      const command = parseQuery(query.query);
      const answer = answerOf(await db.command({ ...command, maxTimeMS: LIMIT_MS }));
      problems.push(smokeProblem(query, answer) ?? '');
    } catch (error) {
      problems.push(`${query.name}: ${bounded(error instanceof Error ? error.message : String(error))}`);
    }
  }
  return problems.filter((problem) => problem !== '');
}

/** The command of a smoke query. Throws what is wrong with it. Pure. */
export function parseQuery(text: string): Document {
  const command = BSON.EJSON.parse(text) as Document;
  const [name] = Object.keys(command);
  if (name === undefined || !READING.has(name))
    throw new Error(`must be a command that begins with ${[...READING].join(', ')}`);
  if (/"\$(out|merge)"/.test(text)) throw new Error('must not write: $out and $merge are refused');
  return name === 'aggregate' ? { ...command, cursor: command['cursor'] ?? {} } : command;
}

/** One value from a command's answer. Pure. */
export function answerOf(answer: Document): unknown {
  if (answer['n'] !== undefined) return answer['n'];
  if (Array.isArray(answer['values'])) return answer['values'].length;
  const [first] = (answer['cursor'] as { firstBatch?: Document[] } | undefined)?.firstBatch ?? [];
  return Object.entries(first ?? {}).find(([key]) => key !== '_id')?.[1];
}
