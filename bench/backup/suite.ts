import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bar } from '../kit/bars.js';
import { createDatabase } from './data.js';
import { barsOf } from './figures.js';
import { withBackupPlace, type BackupPlace } from './place.js';
import { timed } from './program.js';
import { measureRounds } from './rounds.js';
import { DATABASE, SMALL_DATABASE, stepsOf } from './steps.js';
import { findTools, versionsOf } from './tools.js';
import type { BackupResult } from './types.js';

export interface BackupSuiteOptions {
  /** Dump stream, 10^9 bytes. */
  gb: number;
  /** Measured rounds. */
  repeats: number;
  progress: (line: string) => void;
}

const SMALL_SHARE = 0.25;

/** Measures backups of a generated database, each way once per round and in another order each time. */
export function backupSuite(options: BackupSuiteOptions): Promise<{ data: BackupResult; bars: Bar[] }> {
  return withBackupPlace(options, async (place) => {
    const { gb, repeats, progress } = options;
    const tools = await findTools(progress);
    const versions = await versionsOf(tools, place.toolEnv);
    const dump = join(place.dir, 'database.dump');
    const smallDumpBytes = await generate(place, SMALL_DATABASE, gb * 1e9 * SMALL_SHARE, dump);
    await rm(dump);
    const dumpBytes = await generate(place, DATABASE, gb * 1e9, dump);
    await rm(dump);
    const steps = stepsOf(place, { tools, dumpBytes });
    const measured = await measureRounds(place, steps, repeats);
    const data: BackupResult = { dumpBytes, smallDumpBytes, repeats, versions, ...measured };
    return { data, bars: barsOf(data) };
  });
}

/** Through a pipe, as every dump that is stored: pg_dump notes where its data begin only in a file in which it can seek. */
const THROUGH_PIPE = 'set -o pipefail; pg_dump -Fc -Z0 "$0" | cat > "$1"';

/** Makes a database and leaves its dump in a file. Gives the bytes of the dump. */
export async function generate(place: BackupPlace, database: string, bytes: number, dump: string): Promise<number> {
  const { signal, progress } = place;
  progress(`generating ${database}: about ${Math.round(bytes / 1e6)} MB of dump`);
  await createDatabase(place.postgres, database, { dumpBytes: bytes, signal });
  const { seconds } = await timed(place, ['bash', '-c', THROUGH_PIPE, database, dump], place.toolEnv);
  const { size } = await stat(dump);
  progress(`${database}: the dump has ${Math.round(size / 1e6)} MB; pg_dump alone took ${seconds.toFixed(1)} s`);
  return size;
}
