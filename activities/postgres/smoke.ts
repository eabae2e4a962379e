import type { SmokeQuery } from '../../systems/backupSchema.js';
import { isError } from '../backup/classify.js';
import type { EngineContext } from '../backup/engine.js';
import { smokeProblem } from '../backup/smoke.js';
import { bounded } from '../secrets/index.js';
import type { Login } from './login.js';
import { openSession, QUICK_MS } from './session.js';

const SMOKE_MS = 60_000;

/** Asks the smoke queries, each in a read-only transaction with a time-out of a minute. Gives problems. */
export async function smoke(
  queries: readonly SmokeQuery[],
  place: { login: Login; database: string },
  context: EngineContext,
): Promise<string[]> {
  if (queries.length === 0) return [];
  const { login, database } = place;
  const session = await openSession(login, { database, application: 'belay smoke', signal: context.signal });
  const problems: string[] = [];
  try {
    // Written for the application, which finds its tables by the usual path.
    await session.query('RESET search_path', [], QUICK_MS);
    await session.query(`SET statement_timeout = ${SMOKE_MS}`, [], QUICK_MS);
    for (const query of queries) {
      try {
        await session.query('BEGIN READ ONLY', [], QUICK_MS);
        const [row] = await session.query(query.query, [], SMOKE_MS + QUICK_MS);
        const problem = smokeProblem(query, row === undefined ? undefined : (Object.values(row)[0] as unknown));
        if (problem !== undefined) problems.push(problem);
      } catch (error) {
        if (isError(error, 'Unreachable') || context.signal.aborted) throw error;
        problems.push(`${query.name}: ${bounded(error instanceof Error ? error.message : String(error))}`);
      }
      await session.query('ROLLBACK', [], QUICK_MS);
      context.progress(`asked ${query.name}`);
    }
    return problems;
  } finally {
    await session.end();
  }
}
