import type { Source, SourceOf, SourceType } from '../../systems/backupSchema.js';
import type { Command } from '../pipeline/types.js';
import type { SecretResolver } from '../secrets/index.js';
import type { BackupRun, ExternalBackup, Level, SourceFacts } from './types.js';

/** What may be compared between a source and its restored copy. Canonical JSON, sorted by name. */
export interface Contents {
  items: ContentItem[];
  /** Countable facts that must be equal too: sequences, indexes, extensions. Values are text, so that they compare exactly. */
  facts: Record<string, string>;
}

/** A table, collection, key space, file or kind. */
export interface ContentItem {
  name: string;
  rows: number;
  /**
   * Set where the source has no consistent view and was written to meanwhile: the copy may have from `rows` to `maxRows`, which shows
   * loss but proves no equality. There is no hash then, and the capture names the item in `excluded`.
   */
  maxRows?: number;
  /** Content hash that does not depend on the order of rows; left out when the level does not ask for it. */
  hash?: string;
  bytes?: number;
}

/** What an engine works with. */
export interface EngineContext {
  secrets: SecretResolver;
  /** Aborted on cancel, on shutdown and when the stall time is over. */
  signal: AbortSignal;
  /** A folder of this attempt alone; removed afterwards by the caller. Mode 0700. */
  scratch: string;
  /** Tells the heartbeat that work goes on, e.g. after each table. */
  progress: (what: string) => void;
  run: BackupRun;
  system: string;
  namespace?: string;
  /** Context of the kubeconfig; its current one when left out. */
  context?: string;
}

/** One payload: what it is called and what produces it. Bytes flow from child process to child process. */
export interface Payload {
  /** File name that tells the format, e.g. `database.dump`, `globals.sql`, `dump.rdb`, `files.tar`. */
  name: string;
  /**
   * Piped into each other; the last one's output is the payload. All must exit 0. A file is read as it is. Bytes stand in
   * memory and are piped from there, so that what holds secrets never lies on a disk unencrypted.
   */
  from: { commands: Command[] } | { file: string } | { bytes: () => Uint8Array };
  /** Small: stored beside the others, which need not wait for it. */
  beside?: true;
  /** Called when the payload has been stored: from here on `contents` may look at what was written to the source meanwhile. */
  stored?: () => void;
}

/** A consistent view that is held open while it is read. */
export interface Capture {
  recoveryPoint: { at: string; position?: string };
  payloads: Payload[];
  /** Counts and hashes of the same view; called after or while payloads are read. `hashes` when the level asks for L6. */
  contents(hashes: boolean): Promise<Contents>;
  excluded: { name: string; why: string }[];
  /** What was seen while it was taken and does not make it worthless; joins the warnings of the facts. */
  warnings?: string[];
  /** Ends sessions and terminates what still runs on the server. Never throws. Called exactly once. */
  close(): Promise<void>;
}

/** Decrypted and decompressed payloads of a backup, on disk. */
export interface Files {
  dir: string;
  /** Payload name → path. */
  paths: Record<string, string>;
  /** Payloads of an engine that `needsEncryption`: decrypted into memory, and not in `paths`. */
  memory?: Record<string, Uint8Array>;
}

/** A throwaway instance that waits for its data. */
export interface Warm {
  /** As `Engine.rehearse`, in this instance; afterwards it belongs to the rehearsal, also when this throws. */
  rehearse(files: Files): Promise<Rehearsal>;
  /** Ends and removes it. Never throws. */
  close(): Promise<void>;
}

/** A throwaway copy that can be looked at. */
export interface Rehearsal {
  contents(hashes: boolean): Promise<Contents>;
  /** Structural checks of L6, beyond comparison: pg_amcheck, integrity_check. Gives problems. */
  examine(): Promise<string[]>;
  /** The source's smoke queries against it. Gives problems. */
  smoke(): Promise<string[]>;
  timings: Record<string, number>;
  /** Ends and removes it. Never throws. */
  close(): Promise<void>;
}

/** A restored copy beside the live data. */
export interface Copy {
  contents(hashes: boolean): Promise<Contents>;
  /** For the report: what stood there already and was left, what sleeps until a person wakes it. Sentences, bounded. */
  notes?: string[];
  timings: Record<string, number>;
  close(): Promise<void>;
}

/**
 * How one kind of source is backed up into payloads and brought back. Thrown errors are ApplicationFailures with one of
 * `backupErrors` as type; anything else counts as retryable.
 */
export interface Engine<T extends SourceType = SourceType> {
  /**
   * The payloads hold secrets: without encryption in the policy the core refuses a backup as `Unsupported` before it captures
   * anything, and hands decrypted payloads over in `Files.memory`.
   */
  needsEncryption?: boolean;
  /** Read-only. */
  inspect(source: SourceOf<T>, context: EngineContext): Promise<SourceFacts>;
  capture(source: SourceOf<T>, context: EngineContext): Promise<Capture>;
  /** L3: reads the files from end to end with the format's own checker. Gives problems; empty means good. */
  readThrough(source: SourceOf<T>, files: Files, context: EngineContext): Promise<string[]>;
  /** L4: restores into an empty throwaway instance without a route to the network. Any error throws `RestoreError`. */
  rehearse(source: SourceOf<T>, files: Files, context: EngineContext): Promise<Rehearsal>;
  /** Makes the empty instance of `rehearse` ahead of time, while the files are still fetched and read through. */
  warm?(source: SourceOf<T>, context: EngineContext): Promise<Warm>;
  /** Restores beside the live data under a new name, which gets our tag first. */
  restore?(source: SourceOf<T>, files: Files, into: string, context: EngineContext): Promise<Copy>;
  inspectRestore?(
    source: SourceOf<T>,
    into: string,
    bytes: number,
    context: EngineContext,
  ): Promise<{ problems: string[]; liveName: string; warnings: string[] }>;
  /** Why this kind of source has no swap, and what to do instead; engines without `swap` say it. */
  noSwap?: string;
  /** Renames live → kept, restored → live; each step found done is left. */
  swap?(source: SourceOf<T>, restored: string, kept: string, context: EngineContext): Promise<{ live: string }>;
  swapBack?(source: SourceOf<T>, restored: string, kept: string, context: EngineContext): Promise<void>;
  /** Drops a copy that carries our tag; false when there is none. Throws `NotOurs` otherwise. */
  drop?(source: SourceOf<T>, name: string, context: EngineContext): Promise<boolean>;
  /** Removes throwaway instances of dead runs, tagged as ours and older than `before` (ms). Gives their names. */
  sweep?(before: number, context?: EngineContext): Promise<string[]>;
}

/** How a source is backed up whose bytes never pass through us. */
export interface ExternalEngine<T extends SourceType = SourceType> {
  inspect(source: SourceOf<T>, context: EngineContext): Promise<SourceFacts>;
  /** Idempotent by `id`: a repeat finds the backup that was begun. */
  take(
    source: SourceOf<T>,
    id: string,
    context: EngineContext,
  ): Promise<{ external: ExternalBackup; recoveryPoint: { at: string; position?: string } }>;
  /** Verifies what exists up to the asked level; gives a result per level that was tried. */
  verify(
    source: SourceOf<T>,
    external: ExternalBackup,
    level: Level,
    context: EngineContext,
  ): Promise<{
    levels: { level: Level; passed: boolean; summary: string; tookMs: number }[];
    timings: Record<string, number>;
  }>;
  restore(
    source: SourceOf<T>,
    external: ExternalBackup,
    into: string,
    pointInTime: string | undefined,
    context: EngineContext,
  ): Promise<{ timings: Record<string, number> }>;
  /** As in `Engine`. */
  inspectRestore: NonNullable<Engine<T>['inspectRestore']>;
  swap?: Engine<T>['swap'];
  swapBack?: Engine<T>['swapBack'];
  drop?: Engine<T>['drop'];
  /** Deletes the backup itself; safe to repeat. */
  remove(source: SourceOf<T>, external: ExternalBackup, context: EngineContext): Promise<void>;
  sweep?(before: number, context?: EngineContext): Promise<string[]>;
}

/** The engine of each type. A host worker has the same; what it cannot reach fails with a clear message. */
export type Engines = {
  [T in SourceType]: T extends 'rds' | 'pgbackrest' ? ExternalEngine<T> : Engine<T>;
};

export type AnySource = Source;
