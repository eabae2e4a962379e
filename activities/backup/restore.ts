import { compareContents } from './compare.js';
import { freeBytes, sizeText } from './classify.js';
import type { Contents, Engine, ExternalEngine } from './engine.js';
import { backupError } from './errors.js';
import { fetchObjects, unpackObjects } from './fetch.js';
import { rank } from './fold.js';
import { climb, stopwatch } from './ladder.js';
import { usableManifest } from './lookup.js';
import { payloadBytes, type Manifest } from './manifest.js';
import type { BackupActivities, BackupTarget, Restored } from './types.js';
import { engineContext, engineOf, working, type BackupOptions, type Work } from './work.js';

type Input = Parameters<BackupActivities['restoreBackup']>[0];

const cannot = ({ source }: BackupTarget): Error =>
  backupError(
    'Unsupported',
    `A backup of ${source.type} cannot be restored beside the live data by Belay; docs/backup.md says how a person does it.`,
  );

/** See `BackupActivities.restoreBackup`. */
export async function restoreBackup(options: BackupOptions, input: Input): Promise<Restored> {
  const { target, backupId } = input;
  const found = await engineOf(options, target.source);
  return working(options, input, async (work) => {
    const manifest = await usableManifest(options, work.bucket, target, backupId);
    if (manifest.type !== target.source.type) {
      throw backupError(
        'Unsupported',
        `${backupId} is a backup of ${manifest.type}, the source is ${target.source.type} now.`,
      );
    }
    if (found.external) return restoreExternal(work, found.engine, manifest, input);
    if (input.pointInTime !== undefined) {
      throw backupError(
        'Unsupported',
        `A backup of ${target.source.type} has one recovery point, ${manifest.recoveryPoint.at}; leave pointInTime out.`,
      );
    }
    return restore(work, found.engine, manifest, input);
  });
}

async function restoreExternal(
  work: Work,
  engine: ExternalEngine,
  manifest: Manifest,
  input: Input,
): Promise<Restored> {
  if (!manifest.external) throw backupError('Damaged', `The manifest of ${manifest.id} names no backup of the vendor.`);
  work.beat.phase('restore', 'work');
  const context = engineContext(work);
  const start = performance.now();
  const { into, pointInTime, level } = input;
  const { timings } = await engine.restore(work.target.source, manifest.external, into, pointInTime, context);
  const tookMs = Math.round(performance.now() - start);
  const levels = [{ level: 'L4' as const, passed: true, summary: 'restored without an error', tookMs }];
  const verification = { asked: level, reached: 'L4' as const, passed: rank('L4') >= rank(level), levels };
  return { name: into, timings, verification: { ...verification, differences: [], timings } };
}

/** Fetches, restores and compares. What cannot be restored is thrown: only a copy that stands has a result. */
async function restore(work: Work, engine: Engine, manifest: Manifest, input: Input): Promise<Restored> {
  const { source } = work.target;
  if (!engine.restore) throw cannot(work.target);
  const context = engineContext(work);
  const { timings, timed } = stopwatch();
  const fetched = await timed('fetch', () => fetchObjects(work, manifest, true));
  if (fetched.problems.length > 0) {
    throw backupError(
      'Damaged',
      `${manifest.id} is damaged: ${fetched.problems.join('; ')}. Nothing was restored; choose another backup.`,
    );
  }
  const { files, contents } = await timed('decrypt', () =>
    unpackObjects(work, engine, manifest, fetched, 'verification'),
  );
  work.beat.phase('restore', 'work');
  const copy = await timed('restore', async () => engine.restore?.(source, files, input.into, context));
  if (copy === undefined) throw cannot(work.target);
  try {
    Object.assign(timings, copy.timings);
    work.beat.phase('compare', 'work');
    const hashed = input.level === 'L6' && manifest.contentsLevel === 'L6';
    let actual: Contents | undefined;
    const differences = async (withHashes: boolean): Promise<string[]> => {
      actual ??= await timed('compare', () => copy.contents(hashed));
      return compareContents(contents, actual, withHashes);
    };
    const { items, rows } = manifest.contents;
    const noHashes = `${manifest.id} was taken without content hashes (verify: ${manifest.contentsLevel}); they cannot be compared`;
    const result = await climb(input.level, 'L1', [
      { level: 'L2', check: async () => ({ problems: [], summary: 'the stored bytes are those that were stored' }) },
      { level: 'L3', check: async () => ({ problems: [], summary: 'decrypted and decompressed to the end' }) },
      { level: 'L4', check: async () => ({ problems: [], summary: 'restored without an error' }) },
      {
        level: 'L5',
        check: async () => ({
          problems: await differences(false),
          summary: `${items} items with ${rows} rows, and all facts, are equal`,
        }),
      },
      {
        level: 'L6',
        check: async () => ({
          problems: hashed ? await differences(true) : [noHashes],
          summary: 'content hashes are equal',
        }),
      },
    ]);
    const notes = copy.notes ?? [];
    return { name: input.into, timings, ...(notes.length > 0 && { notes }), verification: { ...result, timings } };
  } finally {
    await copy.close();
  }
}

/** See `BackupActivities.inspectRestore`. */
export async function inspectRestore(
  options: BackupOptions,
  input: Parameters<BackupActivities['inspectRestore']>[0],
): ReturnType<BackupActivities['inspectRestore']> {
  const { target, backupId, into } = input;
  const found = await engineOf(options, target.source);
  return working(options, input, async (work) => {
    const manifest = await usableManifest(options, work.bucket, target, backupId);
    if (!found.engine.inspectRestore) throw cannot(target);
    const stored = payloadBytes(manifest);
    const bytes = Math.max(manifest.estimatedBytes ?? 0, manifest.plainBytes ?? 0, stored);
    const { problems, liveName, warnings } = await found.engine.inspectRestore(
      target.source,
      into,
      bytes,
      engineContext(work),
    );
    const room = found.external ? [] : await noRoom(work, stored + (manifest.plainBytes ?? 0));
    return { problems: [...problems, ...room], liveName, warnings };
  });
}

async function noRoom(work: Work, needed: number): Promise<string[]> {
  const free = await freeBytes(work.scratch);
  if (free >= needed) return [];
  return [`${work.options.scratchRoot} has ${sizeText(free)} free, unpacking the backup needs ${sizeText(needed)}`];
}
