import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processIdentity } from './identity.js';

interface Owner {
  pid: number;
  identity: string;
}

export interface LockOptions {
  /** How long to wait for another holder. */
  timeoutMs: number;
  /** Called once when another process holds the lock. */
  onWait?: (holderPid: number) => void;
}

/**
 * Runs `work` while holding the lock directory `path`; other processes (and other calls in this one) wait.
 * A lock whose holder no longer lives is taken over, so a killed command blocks nobody.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const token = randomUUID();
  const draft = `${path}.${token}`;
  await mkdir(dirname(path), { recursive: true });
  await mkdir(draft);
  try {
    const owner: Owner = { pid: process.pid, identity: (await processIdentity(process.pid)) ?? '' };
    await writeFile(join(draft, 'owner.json'), JSON.stringify(owner));
    await acquire(path, draft, options);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

async function acquire(path: string, draft: string, options: LockOptions): Promise<void> {
  const end = Date.now() + options.timeoutMs;
  let told = false;
  for (;;) {
    // Renaming onto a directory that is not empty fails: the lock appears together with its owner, or not at all.
    const taken = await rename(draft, path).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (taken) return;
    const holder = await livingHolder(path);
    if (holder === undefined) continue;
    if (!told) options.onWait?.(holder);
    told = true;
    if (Date.now() > end) {
      throw new Error(
        `Process ${holder} has held ${path} for too long. Wait for it or end it, then try again; ` +
          `if no such process exists any more, remove that folder.`,
      );
    }
    await sleep(100);
  }
}

/** The pid of the holder; `undefined` when the lock was free or its dead holder has been cleared away. */
async function livingHolder(path: string): Promise<number | undefined> {
  const owner = await readOwner(path);
  if (owner === undefined) return undefined;
  if (owner !== 'unreadable' && (await processIdentity(owner.pid)) === owner.identity) return owner.pid;
  // Two processes may come here for the same dead holder. Whoever moves a *new* holder's lock away puts it back.
  const aside = `${path}.${randomUUID()}`;
  if (
    await rename(path, aside).then(
      () => true,
      () => false,
    )
  ) {
    const moved = await readOwner(aside);
    if (typeof moved === 'object' && typeof owner === 'object' && moved.identity !== owner.identity) {
      await rename(aside, path).catch(() => undefined);
    } else {
      await rm(aside, { recursive: true, force: true });
    }
  }
  return undefined;
}

async function readOwner(path: string): Promise<Owner | 'unreadable' | undefined> {
  try {
    return JSON.parse(await readFile(join(path, 'owner.json'), 'utf8')) as Owner;
  } catch {
    // Released in this moment, or the folder of a holder that was killed while it removed it.
    return (await stat(path).then(
      () => true,
      () => false,
    ))
      ? 'unreadable'
      : undefined;
  }
}
