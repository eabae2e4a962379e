import { backupError } from '../backup/errors.js';
import type { ContentItem, Contents } from '../backup/engine.js';
import { whileAlive } from '../host/growth.js';
import { bounded } from '../secrets/redact.js';
import type { RedisSession } from './connection.js';
import { keyspaces, parseInfo, totalKeys } from './info.js';

/**
 * Keys per database, and for L6 Redis's own digest of everything: names, values and whether a key expires. It depends neither on their
 * order nor on their encoding, and leaves out the consumer groups of streams. Asked of a throwaway server only, which it blocks.
 */
export async function contentsOf(
  session: RedisSession,
  hashes: boolean,
  progress: (what: string) => void,
): Promise<Contents> {
  const spaces = keyspaces(parseInfo(await session.info('keyspace')));
  const items = spaces.map(({ db, keys }): ContentItem => ({ name: db, rows: keys }));
  const all: ContentItem = { name: 'every database', rows: totalKeys(spaces) };
  if (hashes) all.hash = await whileAlive('digest', progress, () => digest(session));
  const facts = Object.fromEntries(spaces.map(({ db, expires }) => [`${db} keys with expiry`, String(expires)]));
  return {
    items: [...items, all].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    facts: { ...facts, functions: await functions(session) },
  };
}

async function digest(session: RedisSession): Promise<string> {
  const answer = String(await session.command('DEBUG', 'DIGEST'));
  if (/^[0-9a-f]{40}$/.test(answer)) return answer;
  throw backupError('ProducerFailed', `A throwaway Redis gave no digest: ${bounded(answer, 80)}.`);
}

/** Names of the libraries of functions, which an RDB file holds since 7.0. */
async function functions(session: RedisSession): Promise<string> {
  try {
    return libraryNames(await session.command('FUNCTION', 'LIST'))
      .toSorted()
      .join(' ');
  } catch {
    return '';
  }
}

/** The answer is a list of maps (RESP3) or of flat lists (RESP2). */
function libraryNames(answer: unknown): string[] {
  if (!Array.isArray(answer)) return [];
  return answer.map((library: unknown) => {
    if (library instanceof Map) return String(library.get('library_name'));
    if (Array.isArray(library)) return String(library[library.indexOf('library_name') + 1]);
    const named = library as { library_name?: unknown } | null;
    return typeof named?.library_name === 'string' ? named.library_name : '';
  });
}
