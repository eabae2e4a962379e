import type { Level, ObjectStoreRef, Source, Backups } from '../../systems/backupSchema.js';

export type { Level } from '../../systems/backupSchema.js';

/** One source with the policy that is in force for it. Plain data from the run's snapshot; only references to secrets. */
export interface BackupTarget {
  system: string;
  source: Source;
  /** The system's own namespace, for Kubernetes objects. */
  namespace?: string;
  /** Context of the kubeconfig, for Kubernetes objects. */
  context?: string;
  policy: Omit<Backups, 'sources' | 'restore'>;
}

/** Which run did it. */
export interface BackupRun {
  workflowId: string;
  runId: string;
  runbook: string;
  requestedBy: string;
  reason: string;
}

/** What a look at a source found before anything is read from it. */
export interface SourceFacts {
  /** Tells this source from another that has its name: a cluster's system identifier, a volume's path. */
  identity: string;
  serverVersion: string;
  /** Name and version of each program that will be used. */
  tools: Record<string, string>;
  /** Bytes before compression; undefined when there is no estimate. */
  estimatedBytes?: number;
  warnings: string[];
}

/** What a look at a store found. */
export interface StoreFacts {
  versioning: boolean;
  objectLock: boolean;
  /** Whether the bucket ends uploads that were left open; null when the store does not say. */
  abortsStaleUploads: boolean | null;
  /** The store's clock minus ours. */
  clockSkewMs: number;
  warnings: string[];
}

/** One stored object of a backup. */
export interface StoredObject {
  /** Payload name, such as `database.dump`; the file that a person gets by decrypting and decompressing. */
  name: string;
  key: string;
  versionId?: string;
  /** Stored bytes. */
  bytes: number;
  /** Hex, of the stored bytes. */
  sha256: string;
  /** What the store computed itself, as it said it, e.g. `SHA256-composite:…`. */
  storeChecksum?: string;
  partBytes: number;
  compression: 'zstd' | 'none';
  encryption: 'age' | 'none';
  /** End of the object lock, ISO. */
  lockedUntil?: string;
}

/** A backup that lies with a vendor or another tool: a snapshot, a backup set of pgBackRest. */
export interface ExternalBackup {
  kind: 'rds-snapshot' | 'pgbackrest';
  id: string;
  bytes?: number;
  details: Record<string, string | number | boolean>;
}

/** Digest of a backup's contents; the full list is an object of the backup. */
export interface ContentsSummary {
  items: number;
  rows: number;
  /** sha256 over the canonical list. */
  digest: string;
}

/** Bytes are stored, nothing is published. */
export interface Draft {
  backupId: string;
  attempt: number;
  startedAt: string;
  endedAt: string;
  /** The state that a restore gives: the time of the snapshot, for a dump its start. */
  recoveryPoint: { at: string; position?: string };
  facts: SourceFacts;
  objects: StoredObject[];
  external?: ExternalBackup;
  contents: ContentsSummary;
  /** What is not in it, with the reason. */
  excluded: { name: string; why: string }[];
  /** Bytes before compression, where the producers tell. */
  plainBytes?: number;
}

/** Where a staged backup waits for its upload. */
export interface Staged {
  /** Task queue of the worker that has the files. */
  queue: string;
  dir: string;
  /** The draft with objects whose keys say where they will go; nothing is uploaded. */
  draft: Draft;
}

/** Result of one level of verification. */
export interface LevelResult {
  level: Level;
  passed: boolean;
  summary: string;
  tookMs: number;
}

/** What a verification found. A damaged backup is a result; an error means that nothing can be said. */
export interface Verification {
  asked: Level;
  /** Highest level passed with all below it. */
  reached: Level;
  passed: boolean;
  levels: LevelResult[];
  /** First differences found, bounded. */
  differences: string[];
  /** Milliseconds of each part of a restore: fetch, decrypt, restore, analyze, compare … */
  timings: Record<string, number>;
}

/** One line in the life of a backup; a file of its own in the store, never changed. */
export interface BackupEvent {
  at: string;
  kind: 'verified' | 'bad' | 'condemned' | 'reprieved' | 'hold' | 'release';
  level?: Level;
  detail: string;
  workflowId: string;
}

/** A published backup, as the store tells it. */
export interface BackupEntry {
  id: string;
  system: string;
  source: string;
  type: Source['type'];
  identity: string;
  /** Recovery point, ISO. */
  at: string;
  publishedAt: string;
  bytes: number;
  /** Highest level that it has passed, by the manifest and its events. */
  level: Level;
  levelAt: string;
  /** Found bad by the last verification: not in the good set. */
  bad: boolean;
  held: boolean;
  condemnedAt?: string;
  /** Latest end of an object lock on it, ISO. */
  lockedUntil?: string;
  encrypted: boolean;
  /** Backups with the same chain need each other and are kept or deleted together. */
  chain?: string;
}

/** Everything that stands under a source's prefix. Throws when the store did not answer; empty only when it did. */
export interface Listing {
  backups: BackupEntry[];
  /** Manifests that cannot be read or do not match their own checksum. */
  unreadable: { id: string; why: string }[];
  /** Prefixes without a manifest: in progress, or left by a run that died. */
  unpublished: { id: string; lastWriteAt: string; objects: number }[];
}

/** Data restored beside the live one. */
export interface Restored {
  /** Name of the new database, file, folder or namespace. */
  name: string;
  timings: Record<string, number>;
  /** What the restore left as it was, or left for a person to do. */
  notes?: string[];
  /** Comparison with the manifest, after the restore. */
  verification: Verification;
}

/** What a swap did, so that it can be undone. */
export interface Swap {
  live: string;
  /** Name under which the replaced data is kept. */
  kept: string;
}

export interface BackupActivities {
  /** Read-only: reachable, right version, enough privileges, how big. */
  inspectSource: (input: { target: BackupTarget }) => Promise<SourceFacts>;
  /** Read-only, except for one tiny object that is written and removed to prove the right to write. */
  inspectStore: (input: { target: BackupTarget }) => Promise<StoreFacts>;
  /** Read-only. */
  listBackups: (input: { target: BackupTarget }) => Promise<Listing>;
  /**
   * Streams the source into the store under an attempt's own prefix. Heartbeats while bytes move. A repeat ends what earlier
   * attempts left and starts over. `lastBytes` is the size of the backup before, for L1.
   */
  takeBackup: (input: { target: BackupTarget; backupId: string; run: BackupRun; lastBytes?: number }) => Promise<Draft>;
  /** The same to a folder of this worker. */
  stageBackup: (input: {
    target: BackupTarget;
    backupId: string;
    run: BackupRun;
    lastBytes?: number;
  }) => Promise<Staged>;
  /** Uploads staged files; a repeat sends only the parts that the store does not have. */
  uploadStaged: (input: { target: BackupTarget; staged: Staged }) => Promise<Draft>;
  /** Removes staged files. Safe to repeat. */
  discardStaged: (input: { staged: Staged }) => Promise<void>;
  /** Ends open uploads and removes objects of a backup that was not published. Refuses when a manifest stands. */
  discardBackup: (input: {
    target: BackupTarget;
    backupId: string;
  }) => Promise<{ deleted: number; retained: { key: string; until: string }[] }>;
  /** L2: reads every stored object back and hashes it. Throws `Damaged`. */
  readBack: (input: { target: BackupTarget; draft: Draft }) => Promise<{ bytes: number; tookMs: number }>;
  /** Writes the manifest, create-only. A repeat with the same draft is a success; another's manifest is `AlreadyPublished`. */
  publishBackup: (input: { target: BackupTarget; draft: Draft; run: BackupRun }) => Promise<BackupEntry>;
  /**
   * Verifies a published backup from what the store holds, in a throwaway instance for L4 and above. `identity` says which key
   * decrypts. Heartbeats. Removes all it made, also after a failure.
   */
  rehearseRestore: (input: {
    target: BackupTarget;
    backupId: string;
    level: Level;
    identity: 'verification' | 'recovery';
    /** Ask the smoke queries also below L6. */
    smoke?: boolean;
    run: BackupRun;
  }) => Promise<Verification>;
  /** Appends an event; idempotent by workflow, kind and time. */
  recordBackupEvent: (input: { target: BackupTarget; backupId: string; event: BackupEvent }) => Promise<void>;
  /** Manifest first, data after. What an object lock keeps is reported, not hidden. Safe to repeat. */
  deleteBackup: (input: {
    target: BackupTarget;
    backupId: string;
    reason: string;
  }) => Promise<{ deleted: number; retained: { key: string; until: string }[] }>;
  /** Removes what throwaway instances and unpublished backups have left behind, if tagged as ours and older than `before`. */
  sweepLeftovers: (input: { target: BackupTarget; before: number }) => Promise<string[]>;
  /** Restores to a new name beside the live data and compares. Refuses a name that is taken, unless by this same run. */
  restoreBackup: (input: {
    target: BackupTarget;
    backupId: string;
    into: string;
    /** What the copy must prove; the result says whether it did. */
    level: Level;
    pointInTime?: string;
    run: BackupRun;
  }) => Promise<Restored>;
  /** Read-only: whether the name is free, whether there is room, whether a swap is possible for this source. */
  inspectRestore: (input: {
    target: BackupTarget;
    backupId: string;
    into: string;
  }) => Promise<{ problems: string[]; liveName: string; warnings: string[] }>;
  /** Renames live to `kept` and the restored to live. Idempotent. */
  swapIn: (input: { target: BackupTarget; restored: string; kept: string }) => Promise<Swap>;
  /** Puts names back as before the swap. Idempotent. */
  swapBack: (input: { target: BackupTarget; restored: string; kept: string }) => Promise<void>;
  /** Drops a restored or kept copy, only when it carries our tag. Safe to repeat. */
  dropRestored: (input: { target: BackupTarget; name: string; run: BackupRun }) => Promise<{ dropped: boolean }>;
}

/** Payload-free description of a place in a store. */
export type StoreRef = ObjectStoreRef;
