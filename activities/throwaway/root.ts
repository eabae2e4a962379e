import { lstat, mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { backupError } from '../backup/errors.js';

/** Folder of this worker for scratch files: `BELAY_SCRATCH`, else one of the user's own below the system's temporary folder. */
export function scratchRoot(env: NodeJS.ProcessEnv = process.env): string {
  // Short on purpose: sockets of throwaway servers live below it, and their paths may have 107 bytes at most.
  return path.resolve(env['BELAY_SCRATCH'] ?? path.join(tmpdir(), `belay-${userInfo().uid}`));
}

/**
 * Makes the folder. Others may pass through it (a throwaway server may run as another user), but not list or write it. Throws
 * `Forbidden` when somebody else owns it: below a shared temporary folder anyone may have made it first.
 */
export async function ensureScratchRoot(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o711 });
  const found = await lstat(root);
  if (!found.isDirectory() || found.uid !== userInfo().uid || (found.mode & 0o022) !== 0) {
    throw backupError(
      'Forbidden',
      `${root} is not a folder that only this worker's user can write; remove it, or set BELAY_SCRATCH to one that is.`,
    );
  }
}
