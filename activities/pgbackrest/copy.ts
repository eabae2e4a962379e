import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { freeBytes, sizeText } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import type { ExternalBackup } from '../backup/types.js';
import { besidePath, claim, readTag, removeTag, requireTag } from '../host/tag.js';
import { markProcess } from '../throwaway/process.js';
import { queryLive } from './live.js';
import { openScratch, restoreSet, SPARE, startOn, type Target } from './restoring.js';
import { ask, readInfo, stanzaCommand, type Stanza } from './stanza.js';

const CHECK_MS = 15 * 60_000;

function liveData(stanza: Stanza): string {
  const { dataDir } = stanza.config;
  if (dataDir !== undefined) return dataDir;
  throw backupError(
    'Unsupported',
    `The cluster of stanza ${stanza.source.stanza} is not on this host, so nothing can be restored beside it. Make the source's host the one of the cluster.`,
  );
}

/**
 * Restores beside the live data folder, replays, and leaves the copy stopped and whole: `pg_ctl -D <folder> start` brings it up. Its tag is written
 * first. A repeat of the same run begins anew. Archiving stays off in it until a person switches it on for a stanza of its own.
 */
export async function restoreBeside(
  stanza: Stanza,
  external: ExternalBackup,
  into: string,
  pointInTime: string | undefined,
): Promise<{ timings: Record<string, number> }> {
  const { source, context } = stanza;
  const path = besidePath(liveData(stanza), into);
  const info = await readInfo(stanza);
  const set = info.backups.find(({ label }) => label === external.id);
  if (set === undefined) throw backupError('NotFound', `Repository ${source.repo} has no set ${external.id}.`);
  const target: Target = pointInTime === undefined ? { at: 'backup' } : { at: 'time', time: pointInTime };
  if (target.at === 'time') {
    const end = set.timestamp.stop * 1_000;
    if (Date.parse(target.time) < end) {
      throw backupError(
        'Unsupported',
        `${target.time} is before the end of ${external.id} (${new Date(end).toISOString()}); choose an older backup.`,
      );
    }
    await flushArchive(stanza);
  }
  const { system, run } = context;
  await claim(path, {
    belay: 'restored',
    system,
    source: source.name,
    workflowId: run.workflowId,
    at: new Date().toISOString(),
  });
  await removeData(path);
  const scratch = await openScratch(stanza);
  try {
    const started = performance.now();
    await restoreSet(stanza, external.id, path, target, join(scratch.dir, 'lock'));
    const restored = performance.now();
    const server = await startOn(stanza, path, scratch, info.version, false);
    await server.stop();
    const timings = { restore: Math.round(restored - started), replay: Math.round(performance.now() - restored) };
    return { timings };
  } finally {
    await scratch.close();
  }
}

/**
 * Brings what has been committed into the archive, as far as the live server answers: an empty transaction, after which a replay to a time
 * before it can stop, and a switch of the segment. After a disaster there is no server, and the archive is what it is.
 */
async function flushArchive(stanza: Stanza): Promise<void> {
  try {
    const [[recovery] = []] = await queryLive(stanza, 'SELECT pg_is_in_recovery()');
    if (recovery !== 'f') return;
    await queryLive(stanza, 'SELECT pg_current_xact_id()');
    await ask(stanza, `check stanza ${stanza.source.stanza}`, stanzaCommand(stanza, 'check'), CHECK_MS);
  } catch {
    stanza.context.signal.throwIfAborted();
    stanza.context.progress('the live server does not answer; the archive is used as it is');
  }
}

async function removeData(path: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 } as const;
  await rm(path, options);
  await rm(`${path}.tablespaces`, options);
}

/** Whether a copy can be made under the name, and where it would lie. */
export async function inspectCopy(
  stanza: Stanza,
  into: string,
  bytes: number,
): Promise<{ problems: string[]; liveName: string; warnings: string[] }> {
  const live = liveData(stanza);
  const path = besidePath(live, into);
  const problems: string[] = [];
  if ((await stat(path).catch(() => undefined)) !== undefined) problems.push(`${path} is there already`);
  const free = await freeBytes(join(path, '..'));
  const { backups } = await readInfo(stanza);
  const needed = Math.max(bytes, backups.at(-1)?.info.size ?? 0) * SPARE;
  if (free < needed) problems.push(`${join(path, '..')} has ${sizeText(free)} free, ${sizeText(needed)} are needed`);
  return { problems, liveName: live, warnings: [`the copy will be ${path}, stopped, with archiving off`] };
}

/** Removes a copy that carries the source's tag; false when there is none. Throws `NotOurs`, and `InUse` while a server runs on it. */
export async function dropCopy(stanza: Stanza, name: string): Promise<boolean> {
  const path = besidePath(liveData(stanza), name);
  const there = await stat(path).catch(() => undefined);
  if (there === undefined && (await readTag(path)) === undefined) return false;
  await requireTag(path, { system: stanza.context.system, source: stanza.source.name });
  const pid = Number((await readFile(join(path, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')[0]);
  if (pid > 1 && (await markProcess(pid)) !== undefined) {
    throw backupError('InUse', `A server (process ${pid}) runs on ${path}; stop it before the copy is removed.`);
  }
  await removeData(path);
  await removeTag(path);
  return true;
}
