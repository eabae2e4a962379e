import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './kit/identity.js';
import { readProcesses, readState, sandboxDir } from './kit/state.js';
import { messageOf } from './kit/text.js';
import type { ComponentName, SandboxState } from './kit/types.js';
import { PARTS, type Part } from './parts.js';

/** How long one look may take. */
const CHECK_MS = 10_000;
/** A server whose process lives is given a minute to answer: starting it anew takes it away from all who use it. */
const PATIENCE_MS = 60_000;

export interface ComponentStatus {
  name: ComponentName;
  /** Its processes live and it answers. */
  running: boolean;
  /** Why it is not running, in words for a person. */
  problem?: string;
  /** Where people and programs reach it. */
  address?: string;
  pids: number[];
  /** Start of its first process, ISO 8601. */
  since?: string;
}

export interface SandboxStatus {
  /** `undefined`: this sandbox is not up. */
  state?: SandboxState;
  components: ComponentStatus[];
}

/** Asks every started component of a sandbox whether it is there. Changes nothing. */
export async function status(name?: string): Promise<SandboxStatus> {
  const state = await readState(name);
  if (state === undefined) return { components: [] };
  const records = await readProcesses(sandboxDir(name));
  const parts = PARTS.filter((part) => state.parts?.[part.name] !== undefined);
  const components = await Promise.all(
    parts.map(async (part): Promise<ComponentStatus[]> => {
      const problem = await problemOf(part, state);
      const own = records.filter((record) => state.parts?.[part.name]?.includes(record.name));
      return part.components.flatMap((component) => {
        const address = addressOf(state, component);
        if (address === undefined) return [];
        return {
          name: component,
          running: problem === undefined,
          address,
          pids: own.map((record) => record.pid),
          ...(problem === undefined ? {} : { problem }),
          ...(own[0] === undefined ? {} : { since: own[0].startedAt }),
        };
      });
    }),
  );
  return { state, components: components.flat() };
}

/** Why a part is not usable as the state says; `undefined` when its processes live and it answers. */
export async function problemOf(part: Part, state: SandboxState): Promise<string | undefined> {
  const names = state.parts?.[part.name];
  if (names === undefined) return 'it is not started';
  const records = await readProcesses(state.dir);
  for (const name of names) {
    const record = records.find((candidate) => candidate.name === name);
    if (record === undefined || (await processIdentity(record.pid)) !== record.identity) {
      return `its process ${name} has ended (log: ${state.dir}/logs/${name}.log)`;
    }
  }
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const error = await failureOf(part.check(state), CHECK_MS);
    if (error === undefined) return undefined;
    // On a busy machine a living server may miss one request's deadline.
    if (Date.now() >= end) return `it does not answer: ${error}`;
    await sleep(500);
  }
}

async function failureOf(check: Promise<void>, timeoutMs: number): Promise<string | undefined> {
  const done = new AbortController();
  const late = sleep(timeoutMs, undefined, { signal: done.signal }).then(() => 'no answer in time');
  try {
    return await Promise.race([check.then(() => undefined), late]);
  } catch (error) {
    return messageOf(error);
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}

function addressOf(state: SandboxState, component: ComponentName): string | undefined {
  if (component === 'temporal') return state.temporal && `${state.temporal.address} (UI ${state.temporal.ui})`;
  if (component === 'kubernetes') return state.kubernetes?.server;
  if (component === 'registry') return state.registry?.host;
  const place = state[component];
  if (place === undefined) return undefined;
  if ('url' in place) return place.url;
  return 'endpoint' in place ? place.endpoint : `${place.host}:${place.port}`;
}
