import { join } from 'node:path';
import { isError } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { endsOf } from '../pipeline/index.js';
import type { ExternalBackup, Level, LevelResult } from '../backup/types.js';
import { bounded } from '../secrets/index.js';
import { examine } from './examine.js';
import type { BackupInfo } from './info.js';
import { openScratch, requireRoom, restoreSet, startOn } from './restoring.js';
import { ask, readInfo, stanzaCommand, work, type Stanza } from './stanza.js';
import { verifyProblems } from './verifyOutput.js';

export interface Verified {
  levels: LevelResult[];
  timings: Record<string, number>;
}

/**
 * L2 and L3: pgBackRest reads every file of the set and of those that it needs, decompresses them and compares their checksums, and the WAL of the
 * backup is in the archive without a gap. L4: it restores, starts, reaches its consistent state and leaves recovery; every row can be read,
 * pg_amcheck finds nothing, smoke queries answer. There is nothing above L4: the rows of the very moment of a physical backup were never
 * counted. Throws `Unsupported` for more, before anything is read: a good backup must not look bad for that.
 */
export async function verifyBackup(stanza: Stanza, external: ExternalBackup, level: Level): Promise<Verified> {
  if (level > 'L4') {
    throw backupError(
      'Unsupported',
      `${level} is asked of ${external.id}, but L4 is the highest level of a physical backup: no rows are counted when it is taken. Set verify: L4 for source ${stanza.source.name}.`,
    );
  }
  const started = performance.now();
  const before = await readInfo(stanza);
  const set = before.backups.find(({ label }) => label === external.id);
  const problems =
    set === undefined
      ? [`the repository has no set ${external.id} any more`]
      : await repoProblems(stanza, set, before.backups);
  const tookMs = since(started);
  const passed = problems.length === 0;
  const summary = passed
    ? `Every file of ${external.id} and its WAL is in the repository and has its checksum`
    : bounded(problems.join('; '), 600);
  const levels: LevelResult[] = [{ level: 'L2', passed, summary, tookMs }];
  if (!passed || set === undefined) return { levels, timings: { verify: tookMs } };
  levels.push({ level: 'L3', passed, summary: 'The same run has decompressed every file to its end', tookMs: 0 });
  if (level < 'L4') return { levels: levels.filter((one) => one.level <= level), timings: { verify: tookMs } };
  const { result, timings } = await rehearse(stanza, set, before.version);
  levels.push(result);
  return { levels, timings: { verify: tookMs, ...timings } };
}

async function repoProblems(stanza: Stanza, set: BackupInfo, before: readonly BackupInfo[]): Promise<string[]> {
  if (set.error === true)
    return [`${set.label} holds pages whose checksums were wrong when they were read from the live data`];
  const help = await ask(stanza, 'ask what verify can do', {
    file: stanza.program,
    args: ['help', 'verify'],
    cwd: '/',
    ...stanza.owner,
  });
  const one = help.includes('--set ') ? [`--set=${set.label}`] : [];
  const options = ['--output=text', '--verbose', '--log-level-console=detail', '--log-timestamp=n', ...one];
  const output = await work(stanza, `verify ${set.label}`, stanzaCommand(stanza, 'verify', options)).catch(
    (error: unknown) => {
      // Newer versions exit with an error for what they have found; a process that was killed has found nothing.
      if (isError(error, 'Damaged') || endsOf(error)[0]?.signal === null) return error as Error;
      throw error;
    },
  );
  if (output instanceof Error) return [output.message];
  const problems = verifyProblems(output, set);
  // What was there before must be there after: an expire in between takes files away under the verification.
  const after = (await readInfo(stanza)).backups.map(({ label }) => label);
  const needed = [...(set.reference ?? []), set.label];
  const gone = needed.filter((label) => !after.includes(label) || !before.some((known) => known.label === label));
  return [...problems, ...gone.map((label) => `${label} is not in the list of the repository`)];
}

async function rehearse(
  stanza: Stanza,
  { label, info: { size: bytes } }: BackupInfo,
  version: string,
): Promise<{ result: LevelResult; timings: Record<string, number> }> {
  const started = performance.now();
  const timings: Record<string, number> = {};
  const timed = async <T>(name: string, doing: Promise<T>): Promise<T> => {
    const from = performance.now();
    try {
      return await doing;
    } finally {
      timings[name] = since(from);
    }
  };
  const scratch = await openScratch(stanza);
  try {
    const data = join(scratch.dir, 'data');
    await requireRoom(scratch.dir, bytes);
    await timed('restore', restoreSet(stanza, label, data, { at: 'backup' }, join(scratch.dir, 'lock')));
    const server = await timed('replay', startOn(stanza, data, scratch, version, true));
    try {
      const found = await timed('examine', examine(stanza, server));
      const passed = found.problems.length === 0;
      const summary = passed
        ? `Restored and started; ${found.rows} rows of ${found.tables} tables in ${found.databases} databases read, pg_amcheck clean`
        : bounded(found.problems.join('; '), 600);
      return { result: { level: 'L4', passed, summary, tookMs: since(started) }, timings };
    } finally {
      await server.stop();
    }
  } catch (error) {
    stanza.context.signal.throwIfAborted();
    // A restore that fails on what the repository holds says something of the backup.
    if (!isError(error, 'RestoreError', 'Damaged')) throw error;
    const summary = bounded((error as Error).message, 600);
    return { result: { level: 'L4', passed: false, summary, tookMs: since(started) }, timings };
  } finally {
    await scratch.close();
  }
}

const since = (started: number): number => Math.round(performance.now() - started);
