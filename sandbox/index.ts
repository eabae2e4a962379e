import { mkdir, rm } from 'node:fs/promises';
import { sharingGoCache } from './kit/goCache.js';
import { interruptible, interruption } from './kit/interrupt.js';
import { withLock } from './kit/lock.js';
import { recordProcess } from './kit/process.js';
import { DEFAULT_SANDBOX, readProcesses, readState, removeState, sandboxDir, writeState } from './kit/state.js';
import { messageOf } from './kit/text.js';
import type { ComponentName, Progress, SandboxState } from './kit/types.js';
import { DEFAULT_COMPONENTS, PARTS, withNeeds, type Part, type Started } from './parts.js';
import { problemOf } from './status.js';
import { stopProcesses } from './stop.js';

export { status, type ComponentStatus, type SandboxStatus } from './status.js';
export { COMPONENTS } from './parts.js';
export { DEFAULT_SANDBOX, readState, sandboxDir } from './kit/state.js';

const LOCK_MS = 60 * 60_000;

export interface UpOptions {
  /** Default `default`. */
  name?: string;
  /** Default: all but the optional ones. What they need comes along. */
  components?: readonly ComponentName[];
  /** Whether workflows and other data survive `down`. Default: only in the sandbox named `default`. */
  persistent?: boolean;
  progress: Progress;
}

/**
 * Starts a sandbox, or what is missing of it, and returns where everything is. Safe to repeat: parts that run and answer
 * are kept, dead ones are started anew together with those that use them. If anything fails, all that this call started
 * is stopped again.
 */
export async function up(options: UpOptions): Promise<SandboxState> {
  const name = options.name ?? DEFAULT_SANDBOX;
  const dir = sandboxDir(name);
  return locked(dir, options.progress, async () => {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const state: SandboxState = (await readState(name)) ?? {
      name,
      startedAt: new Date().toISOString(),
      dir,
      pids: {},
      persistent: options.persistent ?? name === DEFAULT_SANDBOX,
    };
    // Processes that no part knows are left from an `up` that was killed.
    await stopProcesses(dir, (process) => !Object.values(state.parts ?? {}).some((names) => names.includes(process)));
    const present = PARTS.filter((part) => state.parts?.[part.name]).flatMap((part) => part.components);
    const kept = present.filter((component) => state[component] !== undefined);
    const components = withNeeds([...kept, ...(options.components ?? DEFAULT_COMPONENTS)]);
    await sharingGoCache(() => startParts(state, components, options.progress));
    return state;
  });
}

/**
 * Stops everything of a sandbox and returns the names of the processes that ran. Safe to repeat. Data of a persistent
 * sandbox stays unless `purge` is set.
 */
export async function down(name: string = DEFAULT_SANDBOX, options: { purge?: boolean } = {}): Promise<string[]> {
  const dir = sandboxDir(name);
  return locked(
    dir,
    () => undefined,
    async () => {
      const state = await readState(name);
      const stopped = await stopProcesses(dir);
      await removeState(name);
      if (options.purge || !state?.persistent) await rm(dir, { recursive: true, force: true });
      return stopped;
    },
  );
}

function locked<T>(dir: string, progress: Progress, work: () => Promise<T>): Promise<T> {
  const onWait = (pid: number): void => progress(`waiting for process ${pid}, which is working on this sandbox`);
  return interruptible(() => withLock(`${dir}.lock`, { timeoutMs: LOCK_MS, onWait }, work));
}

/** Parts that do not need each other start side by side; `state` and its file follow as each becomes ready. */
async function startParts(state: SandboxState, components: ComponentName[], progress: Progress): Promise<void> {
  const parts = PARTS.filter((part) => part.components.some((component) => components.includes(component)));
  const renewals = new Map<string, Promise<boolean>>();
  const touched: Part[] = [];
  let failed: { part: string; error: unknown } | undefined;
  let writing = Promise.resolve();

  const ensure = async (part: Part): Promise<boolean> => {
    const needs = await Promise.all(part.needs.map((need) => renewals.get(need) ?? Promise.resolve(false)));
    const missing = part.components.some((name) => components.includes(name) && state[name] === undefined);
    const problem = needs.includes(true) ? 'what it uses was started anew' : await problemOf(part, state);
    if (!missing && problem === undefined) return false;
    if (failed) throw new Error('not started, because another part failed');
    touched.push(part);
    if (state.parts?.[part.name] !== undefined) {
      progress(`${part.name}: ${problem ?? 'more is wanted of it'}; starting it anew`);
      await stopPart(part, state);
    }
    progress(`${part.name}: starting`);
    const started = await part.start({ state, components, progress: (line) => progress(`${part.name}: ${line}`) });
    await adopt(state, part, started);
    writing = writing.then(() => writeState(state));
    await writing;
    progress(`${part.name}: ready`);
    return true;
  };

  for (const part of parts) {
    const renewal = ensure(part).catch((error: unknown) => {
      if (!failed) progress(`${part.name}: failed; stopping what was started`);
      failed ??= { part: part.name, error };
      throw error;
    });
    renewals.set(part.name, renewal);
  }
  // Everybody is waited for, also after a failure: nothing may be started after the cleaning up.
  const outcomes = await Promise.allSettled(renewals.values());
  if (outcomes.every(({ status }) => status === 'fulfilled')) return;
  await cleanUp(state, touched);
  interruption.throwIfAborted();
  // The first one: the others were only not started because of it.
  const { part, error } = failed ?? { part: '', error: undefined };
  throw new Error(`The sandbox could not be started. ${part}: ${messageOf(error)}`, { cause: error });
}

async function adopt(state: SandboxState, part: Part, started: Started): Promise<void> {
  const { pids, ...addresses } = started;
  const records = await readProcesses(state.dir);
  for (const [name, pid] of Object.entries(pids)) {
    if (!records.some((record) => record.name === name && record.pid === pid))
      await recordProcess(state.dir, name, pid);
  }
  Object.assign(state.pids, pids);
  Object.assign(state, addresses);
  state.parts = { ...state.parts, [part.name]: Object.keys(pids) };
}

async function stopPart(part: Part, state: SandboxState): Promise<void> {
  const names = state.parts?.[part.name] ?? [];
  await stopProcesses(state.dir, (process) => names.includes(process));
  for (const name of names) delete state.pids[name];
  for (const component of part.components) delete state[component];
  delete state.parts?.[part.name];
}

/** Stops the given parts, and any process that a failed start has left; parts that ran before this call stay. */
async function cleanUp(state: SandboxState, parts: readonly Part[]): Promise<void> {
  for (const part of parts.toReversed()) await stopPart(part, state);
  await stopProcesses(state.dir, (process) => state.pids[process] === undefined);
  if (Object.keys(state.pids).length > 0) await writeState(state);
  else await removeState(state.name);
}
