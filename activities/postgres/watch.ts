import type { Session } from './session.js';

const EVERY_MS = 5_000;

/**
 * Tells `progress`, every few seconds, as long as a backend of this application works: a single statement over a large table has
 * nothing else to show. One that waits for a lock does not count. It has a session of its own, opened when work takes that long:
 * inside of a transaction the server shows the same activity for ever. Gives the function that ends it.
 */
export function watchActivity(
  open: () => Promise<Session>,
  application: string,
  progress: (what: string) => void,
): () => Promise<void> {
  let opened: Promise<Session> | undefined;
  let asking: Promise<void> | undefined;
  const ask = async (): Promise<void> => {
    try {
      opened ??= open();
      const [busy] = await (
        await opened
      ).query<{ query: string }>(
        `SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 60) AS query FROM pg_stat_activity
          WHERE application_name = $1 AND pid <> pg_backend_pid() AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock'
          LIMIT 1`,
        [application],
        EVERY_MS,
      );
      if (busy) progress(`working: ${busy.query}`);
    } catch {
      // Whoever works on it will learn what is wrong, and tell it better.
    }
  };
  const timer = setInterval(() => {
    asking ??= ask().finally(() => (asking = undefined));
  }, EVERY_MS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await asking;
    await opened?.then(
      (session) => session.end(),
      () => undefined,
    );
  };
}
