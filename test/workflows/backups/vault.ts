import { ApplicationFailure } from '@temporalio/common';
import type { Scale } from '../../../activities/kubernetes/types.js';
import type {
  BackupActivities,
  BackupEntry,
  BackupEvent,
  BackupTarget,
  Draft,
  Level,
  Listing,
  Verification,
} from '../../../activities/backup/types.js';
import type { Activities } from '../../../activities/types.js';
import type { SystemInput } from '../../../systems/schema.js';
import { describeSystem, World } from '../world.js';

const order: Level[] = ['L0', 'L1', 'L2', 'L3', 'L4', 'L5', 'L6'];

/** The backups section of a pretended system. */
export function describeBackups(sources: string[], more: object = {}): SystemInput['backups'] {
  return {
    store: { bucket: 'vault' },
    sources: sources.map((name) => ({ name, type: 'postgres', host: 'db', database: name, consumers: [] })),
    ...more,
  };
}

/** A pretended store and pretended databases: what is written is counted, and any activity can be made to fail. */
export class Vault extends World {
  readonly entries: BackupEntry[] = [];
  readonly events: { id: string; event: BackupEvent }[] = [];
  readonly databases = new Set<string>();
  readonly done: string[] = [];
  readonly fail = new Map<keyof BackupActivities | 'setReplicas' | 'waitScaled', ApplicationFailure>();
  /** Sources that cannot be taken. */
  readonly failTaking = new Map<string, ApplicationFailure>();
  /** First level that verification fails at. */
  damage: Level | undefined;
  readonly replicas = new Map<string, number>();
  clockSkewMs = 0;

  constructor(name: string, sources: string[], more: { system?: Partial<SystemInput>; backups?: object } = {}) {
    super(describeSystem(name, ['web', 'worker'], { backups: describeBackups(sources, more.backups), ...more.system }));
    for (const source of sources) this.databases.add(source);
    for (const workload of ['web', 'worker']) this.replicas.set(workload, 2);
  }

  private did(name: keyof BackupActivities | 'setReplicas' | 'waitScaled', detail: string): void {
    this.done.push(`${name} ${detail}`);
    const failure = this.fail.get(name);
    if (failure) throw failure;
  }

  private listing(target: BackupTarget): Listing {
    const backups = this.entries
      .filter((one) => one.source === target.source.name)
      .map((one) => this.events.filter(({ id }) => id === one.id).reduce((now, { event }) => fold(now, event), one));
    return { backups, unreadable: [], unpublished: [] };
  }

  private verified(level: Level): Verification {
    const asked = order.slice(2, order.indexOf(level) + 1);
    const levels = [];
    for (const one of asked) {
      levels.push({
        level: one,
        passed: one !== this.damage,
        summary: one === this.damage ? 'differs' : 'ok',
        tookMs: 1,
      });
      if (one === this.damage) break;
    }
    const passed = levels.every((one) => one.passed);
    const reached = levels.findLast((one) => one.passed)?.level ?? 'L1';
    return {
      asked: level,
      reached,
      passed,
      levels,
      differences: passed ? [] : ['orders: 9 rows, not 10'],
      timings: { restore: 5 },
    };
  }

  override activities(): Partial<Activities> {
    const backup: BackupActivities = {
      inspectSource: async ({ target }) => {
        this.did('inspectSource', target.source.name);
        return { identity: 'server-1', serverVersion: '15', tools: {}, estimatedBytes: 1_000, warnings: [] };
      },
      inspectStore: async ({ target }) => {
        this.did('inspectStore', target.source.name);
        return {
          versioning: true,
          objectLock: false,
          abortsStaleUploads: null,
          clockSkewMs: this.clockSkewMs,
          warnings: [],
        };
      },
      listBackups: async ({ target }) => {
        this.did('listBackups', target.source.name);
        return this.listing(target);
      },
      takeBackup: async ({ target, backupId }) => {
        this.did('takeBackup', target.source.name);
        const failure = this.failTaking.get(target.source.name);
        if (failure) throw failure;
        return draft(backupId);
      },
      stageBackup: async () => {
        throw ApplicationFailure.nonRetryable('not pretended');
      },
      uploadStaged: async ({ staged }) => staged.draft,
      discardStaged: async () => undefined,
      discardBackup: async ({ backupId }) => {
        this.did('discardBackup', backupId);
        if (this.entries.some((one) => one.id === backupId))
          throw ApplicationFailure.nonRetryable('its manifest stands', 'AlreadyPublished');
        return { deleted: 2, retained: [] };
      },
      readBack: async ({ target }) => {
        this.did('readBack', target.source.name);
        return { bytes: 1_000, tookMs: 1 };
      },
      publishBackup: async ({ target, draft: given }) => {
        this.did('publishBackup', target.source.name);
        const published = this.published(target.source.name, { id: given.backupId, at: given.recoveryPoint.at });
        return published;
      },
      rehearseRestore: async ({ target, level, identity }) => {
        this.did('rehearseRestore', `${target.source.name} ${level} ${identity}`);
        return this.verified(level);
      },
      recordBackupEvent: async ({ backupId, event }) => {
        this.did('recordBackupEvent', event.kind);
        this.events.push({ id: backupId, event });
      },
      deleteBackup: async ({ backupId }) => {
        this.did('deleteBackup', backupId);
        this.entries.splice(
          this.entries.findIndex((one) => one.id === backupId),
          1,
        );
        return { deleted: 3, retained: [] };
      },
      sweepLeftovers: async () => [],
      restoreBackup: async ({ into, level }) => {
        this.databases.add(into);
        this.did('restoreBackup', into);
        return { name: into, timings: { restore: 5 }, verification: this.verified(level) };
      },
      inspectRestore: async ({ target, into }) => {
        const problems = this.databases.has(into) && !into.includes('_restore_') ? [`${into} exists already`] : [];
        return { problems, liveName: target.source.name, warnings: [] };
      },
      swapIn: async ({ target, restored, kept }) => {
        this.databases.delete(restored);
        this.databases.add(kept);
        this.did('swapIn', target.source.name);
        return { live: target.source.name, kept };
      },
      swapBack: async ({ target, restored, kept }) => {
        this.did('swapBack', target.source.name);
        this.databases.delete(kept);
        this.databases.add(restored);
      },
      dropRestored: async ({ name }) => {
        this.did('dropRestored', name);
        return { dropped: this.databases.delete(name) };
      },
    };
    return {
      ...super.activities(),
      ...backup,
      readScale: async ({ ref }): Promise<Scale> => ({
        uid: `uid-${ref.name}`,
        replicas: this.replicas.get(ref.name) ?? 0,
        autoscalers: [],
      }),
      setReplicas: async ({ ref, replicas }) => {
        const previous = this.replicas.get(ref.name) ?? 0;
        this.replicas.set(ref.name, replicas);
        this.did('setReplicas', `${ref.name} ${replicas}`);
        return { previous };
      },
      waitScaled: async ({ ref, replicas }) => {
        this.did('waitScaled', `${ref.name} ${replicas}`);
        return { outcome: 'reached', summary: 'reached', ready: replicas, tookMs: 1 } as Awaited<
          ReturnType<Activities['waitScaled']>
        >;
      },
    };
  }

  /** Puts a backup into the store. */
  published(source: string, more: Partial<BackupEntry> = {}): BackupEntry {
    const at = more.at ?? new Date().toISOString();
    const entry: BackupEntry = {
      id: `20261121T000000Z-0000000${this.entries.length}`,
      system: this.system.name,
      source,
      type: 'postgres',
      identity: 'server-1',
      at,
      publishedAt: at,
      bytes: 1_000,
      level: 'L2',
      levelAt: at,
      bad: false,
      held: false,
      encrypted: false,
      ...more,
    };
    this.entries.push(entry);
    return entry;
  }
}

function fold(entry: BackupEntry, event: BackupEvent): BackupEntry {
  switch (event.kind) {
    case 'verified':
      return { ...entry, level: event.level ?? entry.level, levelAt: event.at, bad: false };
    case 'bad':
      return { ...entry, bad: true };
    case 'condemned':
      return { ...entry, condemnedAt: event.at };
    case 'hold':
      return { ...entry, held: true };
    case 'release':
      return { ...entry, held: false };
    case 'reprieved': {
      const { condemnedAt: _, ...rest } = entry;
      return rest;
    }
  }
}

function draft(backupId: string): Draft {
  const now = new Date().toISOString();
  return {
    backupId,
    attempt: 1,
    startedAt: now,
    endedAt: now,
    recoveryPoint: { at: now },
    facts: { identity: 'server-1', serverVersion: '15', tools: {}, warnings: [] },
    objects: [],
    contents: { items: 1, rows: 10, digest: 'd' },
    excluded: [],
  };
}
