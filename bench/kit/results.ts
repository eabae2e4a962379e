import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../worker/root.js';
import type { Bar } from './bars.js';
import { load, machine, type Machine } from './machine.js';

/** What one suite has measured. */
export interface Result<T = unknown> {
  suite: string;
  /** Date and time of its start, ISO. */
  at: string;
  command: string;
  machine: Machine;
  /** One-minute load averages before and after: other work on the machine shows in the first. */
  load: { before: number; after: number };
  bars: Bar[];
  data: T;
}

export const resultsDir = (): string => join(packageRoot(), 'bench', 'results');

/** Runs a suite and writes its result to `bench/results/<suite>-<time>.json`. */
export async function recorded<T>(
  suite: string,
  command: string,
  measure: () => Promise<{ data: T; bars: Bar[] }>,
): Promise<Result<T>> {
  const at = new Date().toISOString();
  const before = load();
  const { data, bars } = await measure();
  const result = { suite, at, command, machine: machine(), load: { before, after: load() }, bars, data };
  await mkdir(resultsDir(), { recursive: true });
  await writeFile(
    join(resultsDir(), `${suite}-${at.replaceAll(':', '')}.json`),
    `${JSON.stringify(result, null, 2)}\n`,
  );
  return result;
}

/** The newest result of a suite; `undefined` when it was never run here. */
export async function newest<T>(suite: string): Promise<Result<T> | undefined> {
  const files = await readdir(resultsDir()).catch(() => []);
  const name = files
    .filter((file) => file.startsWith(`${suite}-`))
    .toSorted()
    .at(-1);
  return name === undefined ? undefined : (JSON.parse(await readFile(join(resultsDir(), name), 'utf8')) as Result<T>);
}
