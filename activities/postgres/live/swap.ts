import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceOf } from '../../../systems/backupSchema.js';
import { isError } from '../../backup/classify.js';
import type { EngineContext } from '../../backup/engine.js';
import { backupError } from '../../backup/errors.js';
import { checkName, quoted } from '../names.js';
import { QUICK_MS, type Session } from '../session.js';
import { carryAccess, carrySettings, inTransaction } from './carryOver.js';
import { commentOn, findDatabase, type Database } from './databases.js';
import { movesOfSwap, movesOfSwapBack, type Move } from './exchange.js';
import { maintain } from './maintenance.js';
import { formatTag, type Owner } from './tag.js';

/** How long sessions that were told to go may take. */
const EMPTY_MS = 30_000;

interface Names {
  live: string;
  restored: string;
  kept: string;
}

type Found = { [name in keyof Names]: Database | undefined };

/** See `Engine.swap`. All names change in one transaction: nobody ever sees half of a swap. */
export async function swap(
  source: SourceOf<'postgres'>,
  restored: string,
  kept: string,
  context: EngineContext,
): Promise<{ live: string }> {
  const names = { live: source.database, restored, kept };
  Object.values(names).forEach(checkName);
  await maintain(source, context, async (session) => {
    const found = await look(session, names);
    const moves = movesOfSwap(found, names);
    if (moves.includes('park')) {
      // What was changed on the live database since the restore comes along.
      await carryAccess(session, names.live, restored);
      await carrySettings(session, names.live, restored);
    }
    await rename(session, { names, found, moves, owner: context.run });
  });
  return { live: names.live };
}

/** See `Engine.swapBack`. Does nothing when nothing was exchanged. */
export async function swapBack(
  source: SourceOf<'postgres'>,
  restored: string,
  kept: string,
  context: EngineContext,
): Promise<void> {
  const names = { live: source.database, restored, kept };
  await maintain(source, context, async (session) => {
    const found = await look(session, names);
    const moves = movesOfSwapBack(found, names);
    await rename(session, { names, found, moves, owner: context.run });
  });
}

async function look(session: Session, names: Names): Promise<Found> {
  return {
    live: await findDatabase(session, names.live),
    restored: await findDatabase(session, names.restored),
    kept: await findDatabase(session, names.kept),
  };
}

/** The statements of the renames. Comments carry the tags, and the live database's own comment through the swap. Pure. */
export function statementsOf(given: { names: Names; found: Found; moves: readonly Move[]; owner: Owner }): string[] {
  const { names, found, moves, owner } = given;
  const own = moves.includes('park') ? (found.live?.comment ?? undefined) : found.kept?.tag?.comment;
  const as = (from: string, to: string): string => `ALTER DATABASE ${quoted(from)} RENAME TO ${quoted(to)}`;
  const tag = (kind: 'restored' | 'kept', comment?: string): string =>
    formatTag({ workflowId: owner.workflowId, runId: owner.runId, kind, ...(comment !== undefined && { comment }) });
  const steps: Record<Move, string[]> = {
    park: [commentOn(names.live, tag('kept', own)), as(names.live, names.kept)],
    promote: [as(names.restored, names.live), commentOn(names.live, own)],
    demote: [commentOn(names.live, tag('restored')), as(names.live, names.restored)],
    reinstate: [as(names.kept, names.live), commentOn(names.live, own)],
  };
  return moves.flatMap((move) => steps[move]);
}

/** Closes the databases for everybody, cuts off who is in, renames, and opens them again, also after a failure. */
async function rename(
  session: Session,
  given: { names: Names; found: Found; moves: readonly Move[]; owner: Owner },
): Promise<void> {
  const { names, found, moves } = given;
  const present = Object.values(found).flatMap((database) => (database ? [database.name] : []));
  try {
    if (moves.length > 0) {
      await refuseReplication(session, present);
      for (const name of present) await allow(session, name, false);
      await renameWhenEmpty(session, present, statementsOf(given));
    }
  } finally {
    // Also what an earlier attempt has closed, before it was cut off.
    for (const name of Object.values(names)) {
      if (await findDatabase(session, name)) await allow(session, name, true);
    }
  }
}

const allow = (session: Session, name: string, allowed: boolean): Promise<unknown> =>
  session.query(`ALTER DATABASE ${quoted(name)} ALLOW_CONNECTIONS ${allowed}`, [], QUICK_MS);

async function refuseReplication(session: Session, names: readonly string[]): Promise<void> {
  const senders = await session.query<{ database: string }>(
    `SELECT datname AS database FROM pg_stat_activity WHERE datname = ANY($1) AND backend_type = 'walsender'`,
    [names],
    QUICK_MS,
  );
  const [first] = senders;
  if (!first) return;
  throw backupError(
    'InUse',
    `Logical replication reads from ${first.database}; end it first, since it would follow the old data. Nothing was renamed.`,
  );
}

async function renameWhenEmpty(session: Session, names: readonly string[], statements: string[]): Promise<void> {
  const until = Date.now() + EMPTY_MS;
  for (;;) {
    await session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = ANY($1) AND backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      [names],
      QUICK_MS,
    );
    try {
      await inTransaction(session, statements);
      return;
    } catch (error) {
      // Whoever was told to go may still be on the way out.
      if (!isError(error, 'InUse') || Date.now() > until) throw error;
      await sleep(200);
    }
  }
}
