import type { SourceOf } from '../../systems/backupSchema.js';
import { backupError } from '../backup/errors.js';
import type { Engine, EngineContext, Files, Rehearsal } from '../backup/engine.js';
import { smokeProblem } from '../backup/smoke.js';
import type { SourceFacts } from '../backup/types.js';
import { runCommand } from '../pipeline/index.js';
import { bounded } from '../secrets/redact.js';
import { sweepThrowaways } from '../throwaway/index.js';
import { capture, PAYLOAD } from './capture.js';
import { connect, type RedisSession } from './connection.js';
import { contentsOf } from './contents.js';
import { isOlder, parseInfo, totalKeys, keyspaces } from './info.js';
import { checkRdb } from './rdb.js';
import { loadRdb, serverVersion } from './throwaway.js';

type Redis = SourceOf<'redis'>;

const byHand =
  'Redis reads its data at its start only, and there are no names to exchange. By hand: stop the server, set its dump.rdb aside, ' +
  "put the backup's dump.rdb in its place with the same owner, take appendonly out of its configuration for this start, start it, then switch " +
  'appendonly on with CONFIG SET.';

/** One Redis server, by its RDB file. Payload `dump.rdb`. */
export const redisEngine: Engine<'redis'> = {
  inspect,
  capture,
  async readThrough(_source, files, context) {
    const { problem } = await checkRdb(payloadOf(files), context);
    return problem === undefined ? [] : [problem];
  },
  rehearse,
  noSwap: byHand,
  sweep: (before) => sweepThrowaways('redis', before),
};

function payloadOf(files: Files): string {
  const path = files.paths[PAYLOAD];
  if (path === undefined) throw backupError('Damaged', `The backup holds no ${PAYLOAD}; take another backup.`);
  return path;
}

async function inspect(source: Redis, context: EngineContext): Promise<SourceFacts> {
  const session = await connect(source, context);
  try {
    const info = parseInfo(
      [await session.info('server'), await session.info('memory'), await session.info('cluster')].join('\n'),
    );
    const live = info['redis_version'] ?? '0';
    const throwaway = await serverVersion(context);
    if (isOlder(throwaway, live)) {
      throw backupError(
        'VersionMismatch',
        `The worker's redis-server is ${throwaway}, the source ${live}: an older one cannot load its backups. Install ${live} on the worker, or set BELAY_REDIS_SERVER_BIN.`,
      );
    }
    const used = Number(info['used_memory_dataset'] ?? info['used_memory']);
    return {
      identity: `${source.host}:${source.port}`,
      serverVersion: live,
      tools: { 'redis-server': throwaway, 'redis-cli': await toolVersion('redis-cli', context) },
      ...(Number.isFinite(used) ? { estimatedBytes: used } : {}),
      warnings: [
        ...(info['cluster_enabled'] === '1' ? ['It is a node of a cluster: the backup holds its slots only.'] : []),
        ...(await checksumWarning(session)),
      ],
    };
  } finally {
    session.close();
  }
}

async function toolVersion(file: string, { signal }: EngineContext): Promise<string> {
  const { stdout } = await runCommand({ file, args: ['--version'] }, { signal, timeoutMs: 20_000 });
  return /\d[\d.]*/.exec(stdout)?.[0] ?? '';
}

async function checksumWarning(session: RedisSession): Promise<string[]> {
  // A user without the right to read the configuration is enough for a backup.
  const answer = JSON.stringify(await session.command('CONFIG', 'GET', 'rdbchecksum').catch(() => undefined)) ?? '';
  if (!answer.includes('"no"')) return [];
  return ['rdbchecksum is off: a flipped bit in a backup is only found by comparing (L6). Set rdbchecksum yes.'];
}

async function rehearse(source: Redis, files: Files, context: EngineContext): Promise<Rehearsal> {
  const file = payloadOf(files);
  const server = await loadRdb(file, context);
  try {
    const { keys } = await checkRdb(file, context);
    const loaded = totalKeys(keyspaces(parseInfo(await server.session.info('keyspace'))));
    if (loaded !== keys) {
      throw backupError(
        'RestoreError',
        `Redis loaded ${loaded} of the ${keys} keys in the backup. Verify an older backup.`,
      );
    }
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    contents: (hashes) => contentsOf(server.session, hashes, context.progress),
    // Reading through has checked the structure, the digest checks the rest.
    examine: async () => [],
    smoke: () => smoke(source, server.session),
    timings: { restore: server.loadMs },
    close: () => server.close(),
  };
}

/** A smoke query is a command with arguments separated by blanks, such as `SCARD online`; of database 0. */
async function smoke(source: Redis, session: RedisSession): Promise<string[]> {
  const problems: string[] = [];
  for (const one of source.smoke) {
    try {
      const problem = smokeProblem(one, await session.command(...one.query.trim().split(/\s+/)));
      if (problem !== undefined) problems.push(problem);
    } catch (error) {
      problems.push(`${one.name}: ${bounded(error instanceof Error ? error.message : String(error))}`);
    }
  }
  return problems;
}
