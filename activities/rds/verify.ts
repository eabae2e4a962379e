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
  const isOurs = ({ tags }: Instance): boolean => hasTag(tags, TAGS.throwaway, run.runId);
  const started = performance.now();
  let outcome: { passed: boolean; summary: string };
  let left = '';
  const timings: Record<string, number> = {};
  try {
    outcome = await restoreOnce(rds, source, external, id, run);
  } finally {
    timings['restore'] = since(started);
    const removing = performance.now();
    left = await removeThrowaway(rds, id, isOurs);
    timings['remove'] = since(removing);
  }
  const { passed, summary } = outcome;
  return { result: { level: 'L4', passed, summary: summary + left, tookMs: since(started) }, timings };
}

async function restoreOnce(
  rds: Rds,
  source: SourceOf<'rds'>,
  external: ExternalBackup,
  id: string,
  run: EngineContext['run'],
): Promise<{ passed: boolean; summary: string }> {
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
    const problems = restoredProblems(made, external);
    if (problems.length > 0) return { passed: false, summary: `Restored as ${id}: ${problems.join('; ')}` };
    const group = `parameter group ${source.restore.parameterGroup} in force`;
    return { passed: true, summary: `Restored as ${id}, available with ${group}; ${await reaches(made, rds.signal)}` };
  } catch (error) {
    // The instance was made and came to nothing: that says something of the snapshot. Everything else says nothing.
    if (!isError(error, 'RestoreError')) throw error;
    return { passed: false, summary: bounded((error as Error).message) };
  }
}

/** Deletes the test instance. What cannot be removed now carries our tag, and the sweep finds it: the result must not be lost over it. */
async function removeThrowaway(rds: Rds, id: string, isOurs: (found: Instance) => boolean): Promise<string> {
  const cleanUp = rds.signal.aborted ? rds.under(AbortSignal.timeout(rds.patience.cleanUpMs)) : rds;
  try {
    await deleteInstance(cleanUp, id, isOurs, false);
    return '';
  } catch (error) {
    if (isError(error, 'NotOurs')) return '';
    return `. The test instance ${id} could not be removed and costs money until it is: ${bounded((error as Error).message)}`;
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
