import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../worker/root.js';
import type { RestoreResult } from './backup/restoreSuite.js';
import { backupTable, restoreTable } from './backup/table.js';
import type { BackupResult } from './backup/types.js';
import { concurrentTable } from './concurrent/table.js';
import type { ConcurrentResult } from './concurrent/suite.js';
import type { EmergencyResult } from './emergency/figures.js';
import { emergencyTable } from './emergency/table.js';
import { ROUND_NAMES, ROUNDS, suiteName } from './incident/suite.js';
import { barLine } from './kit/bars.js';
import { replaceSection } from './kit/markdown.js';
import { newest, type Result } from './kit/results.js';
import { rolloutTable } from './rollout/table.js';
import type { RolloutResult } from './rollout/suite.js';
import { workerTable } from './worker/table.js';
import type { WorkerResult } from './worker/suite.js';

const page = (): string => join(packageRoot(), 'docs', 'benchmarks.md');

/** Where and when, the table, and the bars. */
export function rendered<T>(result: Result<T> | undefined, render: (data: T) => string): string | undefined {
  if (!result) return undefined;
  const { at, command, machine, load, bars, data } = result;
  const where = `${machine.platform}, ${machine.cores} cores (${machine.cpu}), ${machine.memoryGiB} GiB, Node ${machine.node}`;
  const when = `${at.slice(0, 10)} · ${where} · load average ${load.before} before, ${load.after} after · \`${command}\``;
  return [when, render(data), ['```text', ...bars.map(barLine), '```'].join('\n')].join('\n\n');
}

/** Writes the newest results of every suite that was run here into docs/benchmarks.md. */
export async function writeDocs(): Promise<string[]> {
  let text = await readFile(page(), 'utf8');
  const written: string[] = [];
  const put = (suite: string, content: string | undefined): void => {
    if (content === undefined) return;
    text = replaceSection(text, suite, content);
    written.push(suite);
  };
  put('rollout', rendered(await newest<RolloutResult>('rollout'), rolloutTable));
  put('concurrent', rendered(await newest<ConcurrentResult>('concurrent'), concurrentTable));
  put('worker', rendered(await newest<WorkerResult>('worker'), workerTable));
  put('emergency', rendered(await newest<EmergencyResult>('emergency'), emergencyTable));
  for (const name of ROUND_NAMES) put(suiteName(name), rendered(await newest(suiteName(name)), ROUNDS[name].table));
  put('backup', rendered(await newest<BackupResult>('backup'), backupTable));
  put('restore', rendered(await newest<RestoreResult>('restore'), restoreTable));
  await writeFile(page(), text);
  return written;
}
