import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './identity.js';
import { cacheRoot } from './paths.js';

let users = 0;
let folder: Promise<string> | undefined;

/**
 * Runs work whose Go builds share one build cache. It is deleted when the last such work ends: it holds gigabytes, and
 * nothing ever builds these packages again. `BELAY_GOCACHE` names a folder to be used, and kept, instead.
 */
export async function sharingGoCache<T>(work: () => Promise<T>): Promise<T> {
  users++;
  try {
    return await work();
  } finally {
    users--;
    if (users === 0 && folder !== undefined) {
      const path = await folder;
      folder = undefined;
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** The build cache of the work in progress; only to be called inside `sharingGoCache`. */
export async function goCache(): Promise<string> {
  const own = process.env['BELAY_GOCACHE'];
  if (own) return own;
  folder ??= createFolder();
  return folder;
}

// Beside the installed programs and not in /tmp, which is often memory.
async function createFolder(): Promise<string> {
  await mkdir(cacheRoot(), { recursive: true });
  for (const entry of await readdir(cacheRoot())) {
    const [, pid] = /^\.gocache-(\d+)-/.exec(entry) ?? [];
    if (pid === undefined || (await processIdentity(Number(pid))) !== undefined) continue;
    await rm(join(cacheRoot(), entry), { recursive: true, force: true });
  }
  return mkdtemp(join(cacheRoot(), `.gocache-${process.pid}-`));
}
