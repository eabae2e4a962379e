import { randomUUID } from 'node:crypto';
import type { Bucket } from '../objectstore/types.js';
import { refusePlain } from './capturing.js';
import { backupError } from './errors.js';
import { idPattern, manifestKey, sourcePrefix } from './keys.js';
import { parseManifest } from './manifest.js';
import { usingBucket, usingCopy } from './stores.js';
import type { BackupActivities, BackupTarget, SourceFacts, StoreFacts } from './types.js';
import { engineContext, engineOf, typed, workingAtSource, type BackupOptions } from './work.js';

/** Clocks that differ by more make recovery points, ages and retention wrong. */
const MAX_SKEW_MS = 5 * 60_000;

/** See `BackupActivities.inspectSource`. Also refuses what a backup would refuse: secrets without encryption. */
export async function inspectSource(
  options: BackupOptions,
  input: Parameters<BackupActivities['inspectSource']>[0],
): Promise<SourceFacts> {
  const { source } = input.target;
  const found = await engineOf(options, source);
  const { engine } = found;
  if (!found.external) refusePlain(found.engine, input.target);
  return workingAtSource(options, input, async (work) => {
    work.beat.phase('inspect', 'work');
    return engine.inspect(source, engineContext(work));
  });
}

/** See `BackupActivities.inspectStore`. Throws `ClockBehind` when clocks differ or the newest manifest is of the future. */
export async function inspectStore(
  options: BackupOptions,
  { target }: Parameters<BackupActivities['inspectStore']>[0],
): Promise<StoreFacts> {
  const { policy } = target;
  return typed(options, async () => {
    const facts = await usingBucket(options.secrets, policy.store, async (bucket) => {
      const found = await bucket.facts();
      checkClock(bucket, found.clockSkewMs);
      await checkNewest(bucket, target);
      await probe(bucket, target);
      return { ...found, warnings: warningsOf(found, target, bucket) };
    });
    await usingCopy(options.secrets, policy.manifestCopy, (copy) => probe(copy, target));
    return facts;
  });
}

function warningsOf(facts: Omit<StoreFacts, 'warnings'>, { policy }: BackupTarget, bucket: Bucket): string[] {
  const where = bucket.reference('…').replace(/\/…$/, '');
  if (policy.store.lock && !facts.objectLock) {
    throw backupError(
      'Unsupported',
      `backups.store.lock is described, but the bucket of ${where} has no object lock; make the bucket with it, or leave lock out.`,
    );
  }
  return [
    ...(facts.versioning ? [] : [`${where} has no versioning: what is overwritten or deleted there is gone`]),
    ...(facts.abortsStaleUploads === false
      ? [
          `${where} has no lifecycle rule that ends stale uploads; parts of a worker that died may cost until a later run ends them`,
        ]
      : []),
  ];
}

function checkClock(bucket: Bucket, skew: number): void {
  if (Math.abs(skew) <= MAX_SKEW_MS) return;
  const seconds = Math.round(Math.abs(skew) / 1_000);
  throw backupError(
    'ClockBehind',
    `The clock of ${bucket.reference('…')} is ${seconds} s ${skew > 0 ? 'ahead of' : 'behind'} this worker's; synchronise both (NTP).`,
  );
}

async function checkNewest(bucket: Bucket, { system, source }: BackupTarget): Promise<void> {
  const ids = (await bucket.listFolders(sourcePrefix(system, source.name))).map((name) => name.replace(/\/$/, ''));
  const id = ids
    .filter((name) => idPattern.test(name))
    .toSorted()
    .at(-1);
  const bytes = id === undefined ? undefined : await bucket.read(manifestKey(system, source.name, id));
  if (id === undefined || bytes === undefined) return;
  const parsed = parseManifest(bytes, { system, source: source.name, id });
  if (!('manifest' in parsed) || Date.parse(parsed.manifest.publishedAt) <= Date.now() + MAX_SKEW_MS) return;
  throw backupError(
    'ClockBehind',
    `${id} was published at ${parsed.manifest.publishedAt}, which is in the future of this worker's clock; correct the clock (NTP).`,
  );
}

/** Proves the right to write and to remove. The probe is never locked. */
async function probe(bucket: Bucket, { system, source }: BackupTarget): Promise<void> {
  const key = `${sourcePrefix(system, source.name)}probe-${randomUUID()}`;
  await bucket.create(key, 'probe', 'text/plain', { lock: false });
  const { retained } = await bucket.remove([key]);
  if (retained.length === 0) return;
  const until = retained[0]?.until ?? 'an unknown time';
  throw backupError(
    'LockedObject',
    `${bucket.reference(key)} is locked until ${until} although no lock was asked for: the bucket locks by default. Describe backups.store.lock like it.`,
  );
}
