import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { readMarker, writeMarker, type Marker } from './marker.js';
import { endProcess, isAlive, markProcess, type ProcessMark } from './process.js';
import { ensureScratchRoot, scratchRoot } from './root.js';

export type { ProcessMark } from './process.js';
export { ensureScratchRoot, scratchRoot } from './root.js';

/** A folder that is removed at the end, with the servers that run on it; found and removed later if its worker dies. */
export interface Throwaway {
  /** Empty, mode 0700. Its owner may be changed to the user that a server runs as. */
  dir: string;
  /** Name in the lists of what was swept. */
  name: string;
  /** Remembers a server that runs on this folder, so that it is ended with it. Call it as soon as the pid is known. */
  recordServer(pid: number): Promise<void>;
  /** Ends the recorded servers and removes the folder. Never throws: what it cannot remove is left to the sweep. */
  close(): Promise<void>;
}

/** Makes a throwaway folder of this kind (`postgres`, `redis` …) for a run. */
export async function createThrowaway(
  kind: string,
  run: { workflowId: string; runId: string },
  root = scratchRoot(),
): Promise<Throwaway> {
  await ensureScratchRoot(root);
  const name = `${kind}-${randomBytes(4).toString('hex')}`;
  const folder = path.join(root, 't', name);
  // The marker lies beside the folder that a server owns, so that only we can write it.
  const dir = path.join(folder, 'd');
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o711 });
  await mkdir(folder, { mode: 0o711 });
  const worker = (await markProcess(process.pid)) ?? { pid: process.pid, identity: 'unknown' };
  const { workflowId, runId } = run;
  const marker: Marker = {
    belay: 'throwaway',
    kind,
    run: { workflowId, runId },
    host: hostname(),
    worker,
    createdAt: new Date().toISOString(),
    servers: [],
  };
  await writeMarker(folder, marker);
  await mkdir(dir, { mode: 0o700 });
  return {
    dir,
    name,
    async recordServer(pid) {
      const server = await markProcess(pid);
      if (server === undefined) return;
      marker.servers.push(server);
      await writeMarker(folder, marker);
    },
    async close() {
      for (const server of marker.servers) await endProcess(server).catch(() => {});
      await removeFolder(folder).catch(() => {});
    },
  };
}

/**
 * Removes throwaways of this kind whose worker is dead, or that are older than `before` (ms since the epoch), with the servers
 * recorded for them; `stop` ends one server and is only called when it is the very process that was recorded. Folders without our
 * marker are left. Gives the names of what it removed. Of another host's throwaways (on a shared volume) only the age is known.
 */
export async function sweepThrowaways(
  kind: string,
  before: number,
  stop: (server: ProcessMark) => Promise<void> = endProcess,
  root = scratchRoot(),
): Promise<string[]> {
  const parent = path.join(root, 't');
  const names = await readdir(parent).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const removed: string[] = [];
  for (const name of names.filter((one) => one.startsWith(`${kind}-`))) {
    const folder = path.join(parent, name);
    const marker = await readMarker(folder);
    if (marker?.kind !== kind || !(await isLeft(marker, before))) continue;
    if (marker.host === hostname()) {
      for (const server of marker.servers) if (await isAlive(server)) await stop(server);
    }
    await removeFolder(folder);
    removed.push(name);
  }
  return removed;
}

async function isLeft(marker: Marker, before: number): Promise<boolean> {
  if (Date.parse(marker.createdAt) < before) return true;
  return marker.host === hostname() && !(await isAlive(marker.worker));
}

/** Data first, marker last: when this is cut, the rest is still known as ours. */
async function removeFolder(folder: string): Promise<void> {
  const options = { recursive: true, force: true, maxRetries: 3 } as const;
  await rm(path.join(folder, 'd'), options);
  await rm(folder, options);
}
