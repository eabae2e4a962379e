import { backupError } from '../backup/errors.js';
import type { Session } from './session.js';
import { only, QUICK_MS } from './session.js';

/** What a session says of the server process behind it, at one moment. */
export interface Sample {
  /** Of the backend that answered. */
  pid: number;
  /** Address, port and start of the server. */
  server: string;
}

const SAMPLE = `
  SELECT pg_backend_pid() AS pid,
         concat_ws(' ', host(inet_server_addr()), inet_server_port(), pg_postmaster_start_time()) AS server`;

/**
 * Why the samples cannot come from two direct connections to one server; undefined when they can. `first` is sampled before and
 * after `second`, which keeps a transaction open meanwhile. Pure.
 */
export function whyNotDirect(first: readonly Sample[], second: readonly Sample[]): string | undefined {
  const servers = new Set([...first, ...second].map(({ server }) => server));
  if (servers.size > 1) return `two connections reached different servers (${[...servers].join('; ')})`;
  for (const samples of [first, second]) {
    const pids = new Set(samples.map(({ pid }) => pid));
    if (pids.size > 1) return `the queries of one connection were answered by the backends ${[...pids].join(' and ')}`;
  }
  const [pid] = first.map((one) => one.pid);
  return second.some((one) => one.pid === pid) ? `two connections share the backend ${pid}` : undefined;
}

async function sample(session: Session): Promise<Sample> {
  return only(await session.query<Sample & Record<string, unknown>>(SAMPLE, [], QUICK_MS));
}

/**
 * Throws `PoolerBetween` when a transaction pooler or a load balancer stands between: a snapshot that one session exports would be
 * unknown to the others. Gives a warning about a pooler that keeps sessions, which does no harm.
 */
export async function checkDirect(one: Session, other: Session): Promise<string | undefined> {
  const first = [await sample(one)];
  const second: Sample[] = [];
  await other.query('BEGIN READ ONLY', [], QUICK_MS);
  try {
    // While this transaction has its backend, a pooler must give another one to the first connection, or give this one the same.
    second.push(await sample(other));
    for (let round = 0; round < 3; round++) first.push(await sample(one));
    second.push(await sample(other));
  } finally {
    await other.query('ROLLBACK', [], QUICK_MS);
  }
  const why = whyNotDirect(first, second);
  if (why !== undefined) {
    throw backupError(
      'PoolerBetween',
      `A pooler or load balancer stands before the database: ${why}. Give the address of the server itself.`,
    );
  }
  const [sampled] = first;
  if (one.greetedPid === null || one.greetedPid === sampled?.pid) return undefined;
  return 'A pooler seems to stand before the server; it keeps sessions, so that it does no harm now. The direct address is safer.';
}
