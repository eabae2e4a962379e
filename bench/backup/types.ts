import type { BackupActivities, BackupRun } from '../../activities/backup/types.js';

/** What a worker process of the benchmark can be asked: backup activities, and pg_restore by itself. */
export type Calls = Pick<
  BackupActivities,
  'inspectSource' | 'inspectStore' | 'takeBackup' | 'readBack' | 'publishBackup' | 'rehearseRestore'
> & {
  /** `pg_restore -j2` of a file into a throwaway instance as verification makes it. `tookMs` is of pg_restore alone. */
  bareRestore: (input: { dump: string; run: BackupRun }) => Promise<{ tookMs: number }>;
};

export type Call = { [Name in keyof Calls]: { name: Name; input: Parameters<Calls[Name]>[0] } }[keyof Calls];
export type ResultOf<C extends Call> = Awaited<ReturnType<Calls[C['name']]>>;

/** One call, as the process that ran it has measured it. */
export interface Measured<T> {
  result: T;
  seconds: number;
  /** CPU of the Node process alone, all threads; children are not in it. */
  nodeCpuSeconds: number;
  /** CPU of everything on the machine meanwhile: database, programs, store, Node. */
  machineCpuSeconds: number;
  /** Largest resident memory of the Node process since its start, 10^6 bytes. */
  maxRssMB: number;
}

/** From the worker process. */
export type Answer = { measured: Measured<unknown> } | { failed: string };

/** One measured run of one way. */
export interface Run {
  seconds: number;
  machineCpuSeconds?: number;
  nodeCpuSeconds?: number;
  maxRssMB?: number;
  /** What it left in the store. */
  storedBytes?: number;
  /** Bytes of one part of its upload. */
  partBytes?: number;
  /** Milliseconds of its parts. */
  parts?: Record<string, number>;
}

/** Every way that is measured; the titles stand in the table. */
export const ways = {
  belay: 'Belay, stream',
  shell: '`pg_dump -Fc -Z0 \\| zstd -3 -T0 \\| aws s3 cp -`',
  belayAge: 'Belay, stream, age to two recipients',
  shellAge: 'the same with `age -r … -r …` in the pipe',
  belaySmall: 'Belay, stream, a quarter of the data',
  belayHashes: 'Belay, stream, with content hashes for L6',
  restic: 'restic `backup --stdin-from-command`',
  pgbackrest: 'pgBackRest `backup --type=full` (files of the whole server)',
  readBack: 'Belay, read-back (L2)',
  rehearseL5: 'Belay, test restore up to L5',
  bareRestore: '`pg_restore -j2` by itself',
  rehearseL6: 'Belay, test restore up to L6',
} as const;

export type Way = keyof typeof ways;

export interface BackupResult {
  /** Bytes of `pg_dump -Fc -Z0`, of the database and of the small one. */
  dumpBytes: number;
  smallDumpBytes: number;
  repeats: number;
  runs: Partial<Record<Way, Run[]>>;
  /** Ways that could not be measured here, with the reason. */
  missing: Partial<Record<Way, string>>;
  /** Runs that failed, with the reason. */
  failures: string[];
  versions: Record<string, string>;
}
