import { workflowInfo } from '@temporalio/workflow';
import type { BackupRun, BackupTarget, SourceFacts } from '../../activities/backup/types.js';
import type { AskedLevel, Source } from '../../systems/backupSchema.js';
import type { System } from '../../systems/schema.js';
import { fail } from '../kit/failure.js';
import { hostQueue } from '../kit/hostQueue.js';
import type { Run } from '../kit/run.js';

/** A source with the policy in force for it: its own fields win. */
export function targetOf(system: System, source: Source): BackupTarget {
  if (!system.backups) throw fail('InvalidInput', `${system.name} describes no backups`);
  const { sources: _sources, restore: _restore, ...policy } = system.backups;
  const own = {
    ...(source.verify && { verify: source.verify }),
    ...(source.maxAgeSeconds !== undefined && { maxAgeSeconds: source.maxAgeSeconds }),
    ...(source.retention && { retention: source.retention }),
  };
  return {
    system: system.name,
    source,
    policy: { ...policy, ...own },
    ...(system.kubernetes && { namespace: system.kubernetes.namespace }),
    ...(system.kubernetes?.context !== undefined && { context: system.kubernetes.context }),
  };
}

/** The named sources, or all, in the order of the description. */
export function targetsOf(system: System, names?: readonly string[]): BackupTarget[] {
  const sources = system.backups?.sources ?? [];
  return sources.filter((source) => names?.includes(source.name) ?? true).map((source) => targetOf(system, source));
}

/** The target of one source; the catalogue's cross-check has made sure that it exists. */
export function namedTarget(system: System, name: string): BackupTarget {
  const [target] = targetsOf(system, [name]);
  if (!target) throw fail('InvalidInput', `${system.name} has no source "${name}"`);
  return target;
}

/** Queue of the host that sees the source; undefined when any worker will do. */
export function queueOf({ source }: BackupTarget): string | undefined {
  const onHost = source.type === 'sqlite' || source.type === 'folder' || source.type === 'pgbackrest';
  return onHost ? hostQueue(workflowInfo().taskQueue, source.host) : undefined;
}

/** Where the store's side of a backup is removed: pgBackRest's repository is only reached from its host. */
export const removalQueueOf = (target: BackupTarget): string | undefined =>
  target.source.type === 'pgbackrest' ? queueOf(target) : undefined;

/** Longest time for removing, renaming and dropping, which a vendor may take minutes for. */
export const TIDY_MS = 30 * 60_000;

/** Name of the lock that backup, swap and retention of a source share. */
export const lockName = (target: BackupTarget): string => `backup/${target.source.name}`;

/** Stands in manifests, tags and events. */
export function backupRun(run: Run): BackupRun {
  const { workflowId, runId } = workflowInfo();
  const { reason, requestedBy } = run.input;
  return { workflowId, runId, runbook: run.status.runbook, requestedBy, reason };
}

/** Slowest pace that a transfer is given, in bytes a second; a third of what an old disk manages. */
const SLOWEST = 5_000_000;
const SHORTEST_MS = 15 * 60_000;

/** Time that moving a source's data may take, from its size: never a constant, because data grows. */
export const timeFor = (bytes: number | undefined): number =>
  Math.max(SHORTEST_MS, Math.ceil(((bytes ?? 20e9) / SLOWEST) * 1_000));

/** The same for restoring and comparing, which reads the data several times. */
export const rehearsalTimeFor = (facts: Pick<SourceFacts, 'estimatedBytes'>): number =>
  timeFor(facts.estimatedBytes) * 4;

/** The target with another level to verify to, where one is asked for. */
export function atLevel(target: BackupTarget, level: AskedLevel | undefined): BackupTarget {
  return level === undefined ? target : { ...target, policy: { ...target.policy, verify: level } };
}
