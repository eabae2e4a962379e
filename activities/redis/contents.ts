import { backupError } from '../backup/errors.js';
import type { Contents } from '../backup/engine.js';
import { bounded } from '../secrets/redact.js';
import type { RedisSession } from './connection.js';
import { keyspaces, parseInfo, totalKeys } from './info.js';

/**
 * Keys per database, and for L6 Redis's own digest over names, values and the presence of an expiry of all keys, which depends neither on their order
 * nor on their encoding. It leaves out the consumer groups of streams. Read from a throwaway server only: it blocks for the time it takes.
 */
export async function contentsOf(session: RedisSession, hashes: boolean): Promise<Contents> {
  const spaces = keyspaces(parseInfo(await session.info('keyspace')));
  const items = spaces.map(({ db, keys }) => ({ name: db, rows: keys }));
  const facts = Object.fromEntries(spaces.map(({ db, expires }) => [`${db} keys with expiry`, String(expires)]));
  if (!hashes) return { items, facts: { ...facts, functions: await functions(session) } };
  const hash = String(await session.command('DEBUG', 'DIGEST'));
  if (!/^[0-9a-f]{40}$/.test(hash)) {
    throw backupError('ProducerFailed', `A throwaway Redis gave no digest: ${bounded(hash, 80)}.`);
  }
  return {
    items: [...items, { name: 'every database', rows: totalKeys(spaces), hash }].toSorted((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
    facts: { ...facts, functions: await functions(session) },
  };
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
