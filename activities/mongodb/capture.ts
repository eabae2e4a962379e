import type { Db } from 'mongodb';
import type { SourceOf } from '../../systems/backupSchema.js';
import type { Capture, ContentItem, EngineContext } from '../backup/engine.js';
import { TAG } from './catalogue.js';
import { hashOf } from './contents.js';
import { onServer } from './errors.js';
import { refuseRouter } from './inspect.js';
import { loginOf, openClient, placeOf, toolLogin } from './login.js';
import { contentsBetween, look, type Looks } from './window.js';

/** mongodump's archive of one database. */
export const ARCHIVE = 'database.archive';

/**
 * A dump between two looks at the database: MongoDB offers no snapshot that mongodump could read, so what was written to meanwhile
 * is found out and said.
 */
export async function capture(source: SourceOf<'mongodb'>, context: EngineContext): Promise<Capture> {
  const login = await loginOf(source, context);
  const place = placeOf(login, source.database);
  const client = await onServer(place, context.signal, () => openClient(login, context.signal));
  const db = client.db(source.database);
  try {
    const { before, at } = await onServer(place, context.signal, async () => {
      const hello = await client.db('admin').command({ hello: 1 });
      refuseRouter(hello, place);
      return { before: await look(db, true, context.progress), at: new Date(hello['localTime'] as Date).toISOString() };
    });
    const tool = await toolLogin(login, context.scratch);
    let isDumped: () => void = () => undefined;
    const dumped = new Promise<void>((resolve) => (isDumped = resolve));
    const excluded: Capture['excluded'] = [];
    return {
      recoveryPoint: { at },
      payloads: [
        {
          name: ARCHIVE,
          from: {
            commands: [
              {
                file: 'mongodump',
                ...tool,
                args: [...tool.args, `--db=${source.database}`, `--excludeCollection=${TAG}`, '--archive'],
              },
            ],
          },
          stored: () => isDumped(),
        },
      ],
      excluded,
      contents: (hashes) =>
        onServer(place, context.signal, async () => {
          const hashed = hashes ? await hashWhatIsCounted(db, before, context) : new Map<string, ContentItem>();
          await orAborted(dumped, context.signal);
          const after = await look(db, true, context.progress);
          return contentsBetween(before, after, hashed, excluded);
        }),
      close: () => client.close().catch(() => undefined),
    };
  } catch (error) {
    await client.close().catch(() => undefined);
    throw error;
  }
}

/** Where the server counts writes, one reading between the two looks is enough. */
async function hashWhatIsCounted(db: Db, before: Looks, context: EngineContext): Promise<Map<string, ContentItem>> {
  const hashed = new Map<string, ContentItem>();
  for (const [name, { writes }] of before.at) {
    if (writes !== undefined) hashed.set(name, await hashOf(db, name, context.progress));
  }
  return hashed;
}

function orAborted(done: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void done.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
