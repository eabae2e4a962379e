import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson, writeJson } from './json.js';
import { stateRoot } from './paths.js';
import { PROCESS_RECORD } from './process.js';
import type { ProcessRecord, SandboxState } from './types.js';

/** Name of the sandbox that people use. */
export const DEFAULT_SANDBOX = 'default';

/** Folder of a sandbox: state file, logs, data, records of its processes. */
export function sandboxDir(name: string = DEFAULT_SANDBOX): string {
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(name)) {
    throw new Error(`"${name}" is no name for a sandbox: use up to 40 lower-case letters, digits and hyphens.`);
  }
  return join(stateRoot(), 'sandbox', name);
}

/** The state that `up` has written; `undefined` when this sandbox was never started or has been stopped. */
export async function readState(name: string = DEFAULT_SANDBOX): Promise<SandboxState | undefined> {
  return (await readJson(join(sandboxDir(name), 'state.json'))) as SandboxState | undefined;
}

/** Replaces the state file in one step. */
export async function writeState(state: SandboxState): Promise<void> {
  await writeJson(join(sandboxDir(state.name), 'state.json'), state);
}

/** Removes the state file; no error when there is none. */
export async function removeState(name: string = DEFAULT_SANDBOX): Promise<void> {
  await rm(join(sandboxDir(name), 'state.json'), { force: true });
}

/** Records of all processes that were started in this sandbox folder, oldest first. */
export async function readProcesses(dir: string): Promise<ProcessRecord[]> {
  const files = await readdir(join(dir, 'run')).catch(() => []);
  const records = await Promise.all(
    files.filter((file) => file.endsWith(PROCESS_RECORD)).map((file) => readJson(join(dir, 'run', file))),
  );
  return (records as ProcessRecord[]).toSorted((a, b) => a.startedAt.localeCompare(b.startedAt));
}

/** Forgets a process that has been stopped. */
export async function forgetProcess(dir: string, name: string): Promise<void> {
  await rm(join(dir, 'run', `${name}${PROCESS_RECORD}`), { force: true });
}
