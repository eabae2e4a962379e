import type { EngineContext } from '../backup/engine.js';
import { whileAlive } from '../host/growth.js';
import { runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';

const CHECK_MS = 3_600_000;

/** What redis-check-rdb found in a file. */
export interface RdbReport {
  keys: number;
  /** Of these, those with an expiry, passed or not. */
  expires: number;
  /** The server wrote no checksum (`rdbchecksum no`): a flipped bit is not found by reading. */
  unchecked: boolean;
  /** `<replication id>:<offset>`, where the server wrote it. */
  position?: string;
  /** Why the file is bad. Names no key: keys may be personal data. */
  problem?: string;
}

/** Reads a whole RDB file with redis-check-rdb, checksum included. Throws only when that cannot run. */
export async function checkRdb(
  file: string,
  { signal, progress }: Pick<EngineContext, 'signal' | 'progress'>,
): Promise<RdbReport> {
  const command = { file: 'redis-check-rdb', args: [file] };
  const options = { signal, timeoutMs: CHECK_MS, okCodes: [0, 1] };
  const { stdout, stderr, code } = await whileAlive('reading', progress, () => runCommand(command, options));
  return parseReport(`${stdout}\n${stderr}`, code);
}

/** Pure. */
export function parseReport(text: string, code: number): RdbReport {
  const number = (words: string): number => Number(new RegExp(`^\\[info\\] (\\d+) ${words}`, 'm').exec(text)?.[1] ?? 0);
  const aux = (name: string): string | undefined => new RegExp(`AUX FIELD ${name} = '([^']*)'`).exec(text)?.[1];
  const [id, offset] = [aux('repl-id'), aux('repl-offset')];
  return {
    keys: number('keys read'),
    expires: number('expires'),
    unchecked: /checksum disabled/i.test(text),
    ...(id !== undefined && offset !== undefined ? { position: `${id}:${offset}` } : {}),
    ...(code === 0 && /RDB looks OK/.test(text) ? {} : { problem: problemIn(text) }),
  };
}

function problemIn(text: string): string {
  const [, said] = /ERROR DETECTED ---\s*(?:\[offset \d+\] )?([^\n]+)/.exec(text) ?? [];
  const [, wrong] =
    /(Wrong signature[^\n]*|Bad file format[^\n]*|Wrong RDB checksum[^\n]*|Cannot [^\n]*)/i.exec(text) ?? [];
  return `redis-check-rdb: ${bounded(said ?? wrong ?? 'it does not take the file for an RDB file', 160)}`;
}
