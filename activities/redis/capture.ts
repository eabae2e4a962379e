import { join } from 'node:path';
import type { SourceOf } from '../../systems/backupSchema.js';
import { backupError } from '../backup/errors.js';
import type { Capture, EngineContext } from '../backup/engine.js';
import { whileGrowing } from '../host/growth.js';
import { endsOf, runCommand } from '../pipeline/index.js';
import { connect, passwordOf, redisFailure } from './connection.js';
import { contentsOf } from './contents.js';
import { countWarning, keyspaces, parseInfo, totalKeys } from './info.js';
import { checkRdb } from './rdb.js';
import { loadRdb, type ThrowawayRedis } from './throwaway.js';

export const PAYLOAD = 'dump.rdb';

/**
 * Takes an RDB snapshot over a replication link, as a replica would, into the scratch folder, and reads it through.
 *
 * A server cannot count or hash itself at the very moment of its snapshot. So the contents that later verifications compare with are
 * those of this file, loaded into a throwaway server now. What they cannot tell is whether the file is the server's: for
 * that, the server's own counts before and after are held against the file's, and what writes in between may not explain is warned of;
 * an empty snapshot of a server that holds keys is refused.
 */
export async function capture(source: SourceOf<'redis'>, context: EngineContext): Promise<Capture> {
  const file = join(context.scratch, PAYLOAD);
  const session = await connect(source, context);
  const count = async (): Promise<number> => totalKeys(keyspaces(parseInfo(await session.info('keyspace'))));
  let loading: Promise<ThrowawayRedis> | undefined;
  try {
    const before = await count();
    const at = new Date().toISOString();
    await whileGrowing(file, context.progress, () => transfer(source, file, context));
    const after = await count();
    const report = await checkRdb(file, context);
    if (report.problem !== undefined) {
      throw backupError(
        'ProducerFailed',
        `The snapshot that arrived is damaged: ${report.problem}. It is taken again.`,
      );
    }
    if (report.keys === 0 && before > 0 && after > 0) {
      throw backupError(
        'SnapshotLost',
        `The snapshot is empty, but the server had ${before} keys before and ${after} after it.`,
      );
    }
    const warning = countWarning(before, report.keys, after);
    return {
      recoveryPoint: { at, ...(report.position === undefined ? {} : { position: report.position }) },
      payloads: [{ name: PAYLOAD, from: { file } }],
      excluded: [{ name: 'configuration and users', why: 'an RDB file holds data and functions only' }],
      warnings: warning === undefined ? [] : [warning],
      async contents(hashes) {
        loading ??= loadRdb(file, context);
        return contentsOf((await loading).session, hashes, context.progress);
      },
      async close() {
        session.close();
        await loading?.then(
          (server) => server.close(),
          () => undefined,
        );
      },
    };
  } catch (error) {
    session.close();
    throw error;
  }
}

async function transfer(source: SourceOf<'redis'>, file: string, context: EngineContext): Promise<void> {
  const password = await passwordOf(source, context);
  const args = ['-h', source.host, '-p', String(source.port), '--rdb', file];
  if (source.user !== undefined) args.push('--user', source.user);
  if (source.tls) args.push('--tls', '--sni', source.host);
  const env = password === undefined ? {} : { REDISCLI_AUTH: password };
  try {
    await runCommand({ file: 'redis-cli', args, env }, { signal: context.signal });
  } catch (error) {
    const said = endsOf(error)[0]?.stderr ?? '';
    const named = /WRONGPASS|NOAUTH|NOPERM|unknown command|Could not connect|LOADING|MASTERDOWN/i.test(said);
    throw named ? redisFailure(new Error(said), source) : error;
  }
}
