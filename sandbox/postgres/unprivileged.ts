import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** `nobody` on every Linux: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;

export const isRoot = process.getuid?.() === 0;

/** Gives a folder to the user that the server runs as, where that is another one than we are. */
export async function handOver(path: string): Promise<void> {
  if (isRoot) await chown(path, NOBODY, NOBODY);
}

/** Whether every user may pass all folders on the way to `path` and enter it. */
export async function othersMayEnter(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/**
 * The command as a user without rights, where we are root; else as it is. `data` is the folder that it works in: when it lies
 * below folders that only root may enter (root's home), the command keeps the one capability that lets it pass them.
 */
export async function unprivileged(data: string, command: readonly string[]): Promise<string[]> {
  if (!isRoot) return [...command];
  const pass = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const caps = (await othersMayEnter(dirname(data))) ? [] : pass;
  return ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...caps, '--', ...command];
}
