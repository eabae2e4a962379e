import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/**
 * Runs in a thread of its own, from text, because a check of a large database is one call that takes minutes: in this thread no
 * heartbeat would be sent meanwhile.
 */
const CODE = `
const { parentPort, workerData } = require('node:worker_threads');
const Database = require(workerData.driver);
const ask = () => {
  const db = new Database(workerData.file, { fileMustExist: true, timeout: 5_000 });
  try {
    db.pragma('query_only = 1');
    const rows = [];
    for (const row of db.prepare(workerData.sql).raw().iterate()) if (rows.push(row) >= workerData.most) break;
    return rows;
  } finally {
    db.close();
  }
};
let answer;
try {
  answer = { rows: ask() };
} catch (error) {
  answer = { message: error.message, code: error.code };
}
// Only when the file is closed: who waits for the answer may open, rename or remove it at once.
parentPort.postMessage(answer);
`;

type Answer = { rows: unknown[][] } | { message: string; code?: string };

/**
 * Rows (at most `most`) that one reading statement gives on a copy of ours. Rejects with SQLite's error, whose `code` it keeps, with
 * the signal's reason, and when it takes longer than `timeoutMs`.
 */
export async function query(
  file: string,
  sql: string,
  options: { signal: AbortSignal; timeoutMs: number; most?: number },
): Promise<unknown[][]> {
  const { signal, timeoutMs, most = 100 } = options;
  signal.throwIfAborted();
  const driver = createRequire(import.meta.url).resolve('better-sqlite3');
  const thread = new Worker(CODE, { eval: true, workerData: { driver, file, sql, most } });
  let timer: NodeJS.Timeout | undefined;
  let abort = (): void => undefined;
  try {
    return await new Promise<unknown[][]>((resolve, reject) => {
      thread.once('message', (answer: Answer) => {
        if ('rows' in answer) resolve(answer.rows);
        else reject(Object.assign(new Error(answer.message), { code: answer.code }));
      });
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('The checking thread ended without an answer.')));
      timer = setTimeout(() => reject(new Error(`it takes longer than ${timeoutMs / 1_000} s`)), timeoutMs);
      abort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', abort);
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    // A call inside SQLite cannot be cut short; the thread ends after it and holds nobody up.
    thread.unref();
    void thread.terminate();
  }
}
