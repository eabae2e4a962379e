import type { Contents, EngineContext } from '../backup/engine.js';
import type { Catalogue } from './catalogue.js';
import { countTables } from './contents.js';
import { factsOfCopy } from './facts.js';
import type { Login } from './login.js';
import { openSession, type Session } from './session.js';
import { listTables } from './tables.js';
import { watchActivity } from './watch.js';

const SESSIONS = 2;

/**
 * Contents of a restored copy, by the same queries as those of the source. `inDump` tells which tables the dump has rows of: the
 * description may leave out others by now than it did then.
 */
export async function contentsOfCopy(
  place: { login: Login; database: string; application: string },
  copy: { catalogue: Catalogue; inDump: (table: { schema: string; name: string }) => boolean; hashes: boolean },
  context: EngineContext,
): Promise<Contents> {
  const { login, database, application } = place;
  const open = (): Promise<Session> =>
    openSession(login, { database, application, signal: context.signal, otherwise: 'RestoreError' });
  const sessions: Session[] = [];
  const stopWatching = watchActivity(open, application, context.progress);
  try {
    for (let number = 0; number < SESSIONS; number++) sessions.push(await open());
    const [first] = sessions;
    if (first === undefined) throw new Error('no session');
    const { tables } = await listTables(first, []);
    const items = await countTables(sessions, tables.filter(copy.inDump), {
      hashes: copy.hashes,
      progress: context.progress,
    });
    return { items, facts: await factsOfCopy(first, copy.catalogue.sequences) };
  } finally {
    await Promise.all([stopWatching(), ...sessions.map((session) => session.end())]);
  }
}
