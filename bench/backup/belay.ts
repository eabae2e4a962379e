import { randomBytes } from 'node:crypto';
import type { BackupRun, BackupTarget, Draft } from '../../activities/backup/types.js';
import { backupsSchema } from '../../systems/backupSchema.js';
import { secretNames, type BackupPlace } from './place.js';
import type { Measured, Run } from './types.js';
import { inWorker } from './workerProcess.js';

const SYSTEM = 'bench';

const runOf = (): BackupRun => ({
  ...{ workflowId: `bench/${randomBytes(4).toString('hex')}`, runId: randomBytes(8).toString('hex') },
  ...{ runbook: 'backup', requestedBy: 'bench', reason: 'Benchmark' },
});

/** As workflows make them: UTC time and a random part. */
const newId = (): string =>
  `${new Date().toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')}-${randomBytes(4).toString('hex')}`;

/** A source with the default policy, apart from what is given. */
export function targetOf(
  place: Pick<BackupPlace, 'postgres' | 'store' | 'recipients'>,
  options: { database: string; verify?: 'L5' | 'L6'; encrypted?: boolean },
): BackupTarget {
  const { database, verify = 'L5', encrypted = false } = options;
  const { host, port, user } = place.postgres;
  const encryption = { recipients: place.recipients, identity: `env:${secretNames.identity}` };
  const {
    sources,
    restore: _,
    ...policy
  } = backupsSchema.parse({
    ...{ store: place.store, verify },
    ...(encrypted ? { encryption } : {}),
    sources: [
      { name: 'database', type: 'postgres', host, port, user, database, password: `env:${secretNames.password}` },
    ],
  });
  const [source] = sources;
  if (source === undefined) throw new Error('the description has no source');
  return { system: SYSTEM, source, policy };
}

const figures = ({ seconds, nodeCpuSeconds, machineCpuSeconds, maxRssMB }: Measured<unknown>): Run => ({
  ...{ seconds, nodeCpuSeconds, machineCpuSeconds, maxRssMB },
});

/** One backup of Belay's: what it has cost, and what it takes to go on with it. */
export interface Taken {
  run: Run;
  target: BackupTarget;
  draft: Draft;
}

/**
 * Takes a backup as a stream; nothing is published. As in every run, the same worker has looked at source and store before: what it
 * loads the first time that it needs it is not in the figures.
 */
export async function takeBackup(place: BackupPlace, target: BackupTarget): Promise<Taken> {
  const input = { target, backupId: newId(), run: runOf() };
  const [, , taken] = await inWorker(place, [
    { name: 'inspectSource', input: { target } },
    { name: 'inspectStore', input: { target } },
    { name: 'takeBackup', input },
  ]);
  const storedBytes = taken.result.objects.reduce((sum, { bytes }) => sum + bytes, 0);
  const partBytes = Math.max(...taken.result.objects.map((object) => object.partBytes));
  return { run: { ...figures(taken), storedBytes, partBytes }, target, draft: taken.result };
}

/** Reads back what was stored (L2). */
export async function readBack(place: BackupPlace, { target, draft }: Taken): Promise<Run> {
  const [read] = await inWorker(place, [{ name: 'readBack', input: { target, draft } }]);
  return figures(read);
}

/** Publishes the backup and verifies it up to a level; `parts` has the time of every level. Throws unless it passes. */
export async function rehearse(place: BackupPlace, { target, draft }: Taken, level: 'L5' | 'L6'): Promise<Run> {
  const run = runOf();
  const question = { target, backupId: draft.backupId, level, identity: 'verification', run } as const;
  const [, rehearsed] = await inWorker(place, [
    { name: 'publishBackup', input: { target, draft, run } },
    { name: 'rehearseRestore', input: question },
  ]);
  const { passed, differences, levels, timings } = rehearsed.result;
  if (!passed) throw new Error(`the backup did not pass ${level}: ${differences.slice(0, 3).join('; ')}`);
  const parts = Object.fromEntries(levels.map((one) => [one.level, one.tookMs]));
  return { ...figures(rehearsed), parts: { ...timings, ...parts } };
}

/** Restores a dump file without Belay, into an instance of the same kind. Only pg_restore counts. */
export async function restoreBare(place: BackupPlace, dump: string): Promise<Run> {
  const [restored] = await inWorker(place, [{ name: 'bareRestore', input: { dump, run: runOf() } }]);
  return { seconds: restored.result.tookMs / 1_000 };
}
