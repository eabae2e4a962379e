import { connect } from 'node:net';
import type { SourceOf } from '../../systems/backupSchema.js';
import { isError } from '../backup/classify.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import type { ExternalBackup, Level, LevelResult } from '../backup/types.js';
import { bounded } from '../secrets/index.js';
import type { Rds } from './client.js';
import { deleteInstance, type Instance } from './instance.js';
import { hasTag, TAGS, throwawayName } from './names.js';
import { makeInstance } from './restoring.js';
import { findSnapshot, snapshotProblems } from './snapshot.js';

const CONNECT_MS = 5_000;

export interface Verified {
  levels: LevelResult[];
  timings: Record<string, number>;
}

/**
 * L2: the snapshot is there, whole and ours. L4, when more than L2 is asked: it restores into a test instance, which is deleted again in
 * every case. There is no L3, since nothing of a snapshot can be read without restoring it, and nothing above L4, since the rows of the
 * moment of the snapshot are not known: a snapshot of the storage cannot be counted. Throws `Unsupported` for more, before anything is made:
 * a good backup must not look bad for that.
 */
export async function verifySnapshot(
  rds: Rds,
  source: SourceOf<'rds'>,
  external: ExternalBackup,
  level: Level,
  context: EngineContext,
): Promise<Verified> {
  if (level > 'L4') {
    throw backupError(
      'Unsupported',
      `${level} is asked of ${external.id}, but L4 is the highest level of a snapshot: L5 and L6 need a connection to the restored instance and counts of the very moment. Set verify: L4 for source ${source.name}.`,
    );
  }
  const started = performance.now();
  const problems = snapshotProblems(await findSnapshot(rds, external.id), external);
  const summary =
    problems.length > 0
      ? `Snapshot ${external.id}: ${problems.join('; ')}`
      : `Snapshot ${external.id} is available, ${external.details['storageGiB']} GiB`;
  const levels: LevelResult[] = [{ level: 'L2', passed: problems.length === 0, summary, tookMs: since(started) }];
  if (problems.length > 0 || level <= 'L2') return { levels, timings: {} };
  const { result, timings } = await rehearse(rds, source, external, context);
  levels.push(result);
  return { levels, timings };
}

async function rehearse(
  rds: Rds,
  source: SourceOf<'rds'>,
  external: ExternalBackup,
  { run }: EngineContext,
): Promise<{ result: LevelResult; timings: Record<string, number> }> {
  const id = throwawayName(run.runId, external.id);
  const timings: Record<string, number> = {};
  const started = performance.now();
  const isOurs = ({ tags }: Instance): boolean => hasTag(tags, TAGS.throwaway, run.runId);
  try {
    const made = await makeInstance(rds, source, {
      id,
      from: { snapshot: external.id },
      tags: {
        [TAGS.throwaway]: run.runId,
        [TAGS.workflow]: run.workflowId,
        [TAGS.backup]: String(external.details['backupId']),
      },
      own: TAGS.throwaway,
      multiAz: false,
      protect: false,
    });
    timings['restore'] = since(started);
    const problems = restoredProblems(made, external);
    const reached = await reaches(made, rds.signal);
    const summary =
      problems.length > 0
        ? `Restored as ${id}: ${problems.join('; ')}`
        : `Restored as ${id}, available with parameter group ${source.restore.parameterGroup} in force; ${reached}`;
    return { result: { level: 'L4', passed: problems.length === 0, summary, tookMs: since(started) }, timings };
  } catch (error) {
    // The instance was made and came to nothing: that says something of the snapshot. Everything else says nothing.
    if (!isError(error, 'RestoreError')) throw error;
    const summary = bounded((error as Error).message);
    return { result: { level: 'L4', passed: false, summary, tookMs: since(started) }, timings };
  } finally {
    const removing = performance.now();
    const cleanUp = rds.under(AbortSignal.timeout(rds.patience.cleanUpMs));
    // What cannot be removed now carries our tag, and the sweep finds it; the result of the rehearsal must not be lost over it.
    await deleteInstance(rds.signal.aborted ? cleanUp : rds, id, isOurs, false).catch(() => {});
    timings['remove'] = since(removing);
  }
}

/** What of a restored instance is not as it was backed up. */
function restoredProblems(made: Instance, { details }: ExternalBackup): string[] {
  const problems: string[] = [];
  const engine = `${made.engine} ${made.version}`;
  if (engine !== details['engine']) problems.push(`it runs ${engine}, the backup is of ${details['engine']}`);
  if (made.encrypted !== details['encrypted']) problems.push('its storage is not encrypted as the snapshot is');
  if (made.storageGiB < Number(details['storageGiB'])) problems.push(`it has only ${made.storageGiB} GiB`);
  return problems;
}

/** Whether something answers at the instance's address: no proof of anything when not, as the worker may have no way to it. */
async function reaches({ address }: Instance, signal: AbortSignal): Promise<string> {
  if (address === undefined) return 'it has no address';
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect({ ...address, signal, timeout: CONNECT_MS });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
  return answers ? 'its port answers' : 'its port was not reached from this worker';
}

const since = (started: number): number => Math.round(performance.now() - started);
