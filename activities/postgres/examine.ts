import { isError } from '../backup/classify.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { findProgram, runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/index.js';
import { libpqEnvironment, type Login } from './login.js';
import { openSession } from './session.js';

const JOBS = 2;
const SHOWN = 20;
/** pg_amcheck's exit code when it has found corruption; 1 is an error of its own. */
const FOUND = 2;

/** Why heap and indexes cannot be checked on this machine; undefined when they can. */
async function whyNot(login: Login, database: string, context: EngineContext): Promise<string | undefined> {
  const program = await findProgram('pg_amcheck').catch((error: unknown) => {
    if (isError(error, 'MissingProgram')) return undefined;
    throw error;
  });
  if (program === undefined) return 'the program pg_amcheck is not on this worker';
  const session = await openSession(login, { database, application: 'belay', signal: context.signal });
  try {
    const [row] = await session.query(`SELECT 1 AS one FROM pg_available_extensions WHERE name = 'amcheck'`);
    return row === undefined ? 'the server has no extension amcheck' : undefined;
  } finally {
    await session.end();
  }
}

/** Problems that pg_amcheck prints, bounded. Pure. */
export function problemsOf(output: string): string[] {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const shown = lines.slice(0, SHOWN).map((line) => bounded(line));
  return lines.length > SHOWN ? [...shown, `… and ${lines.length - SHOWN} more lines`] : shown;
}

/**
 * Checks every heap and index of a restored copy with pg_amcheck. Where that is not possible nothing is found, and `skipped` says
 * why: other levels do not depend on it. The extension is removed again, so that the copy stays comparable.
 */
export async function examine(
  login: Login,
  database: string,
  context: EngineContext,
): Promise<{ problems: string[]; skipped?: string }> {
  const skipped = await whyNot(login, database, context);
  if (skipped !== undefined) return { problems: [], skipped };
  const application = 'belay amcheck';
  const env = await libpqEnvironment(login, context.scratch, { database, application });
  const session = await openSession(login, { database, application, signal: context.signal });
  try {
    const [present] = await session.query(`SELECT 1 AS one FROM pg_extension WHERE extname = 'amcheck'`);
    const flags = ['--install-missing', '--heapallindexed', '--parent-check', `--jobs=${JOBS}`, '--no-password'];
    const { code, stdout, stderr } = await runCommand(
      { file: 'pg_amcheck', args: flags, env },
      { signal: context.signal, okCodes: [0, 1, FOUND] },
    );
    if (present === undefined) await session.query('DROP EXTENSION IF EXISTS amcheck');
    if (code === 0) return { problems: [] };
    if (code === FOUND) return { problems: problemsOf(stdout === '' ? stderr : stdout) };
    throw backupError('Unreachable', `pg_amcheck could not check the copy: ${bounded(stderr, 1_000)}`);
  } finally {
    await session.end();
  }
}
