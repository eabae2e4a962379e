import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** `nobody` on every Linux: PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
const PROBE_MS = 10_000;

/** How throwaway servers are run. */
export interface Confinement {
  /** Put before a command. */
  prefix: string[];
  /** The user that owns the server's files, where it is not ours. */
  uid?: number;
  /** Whether it has no network at all, not even outwards. */
  offline: boolean;
}

/** Ways to run a server, the closest first. A restored dump runs code of whoever wrote it. */
function ways(root: boolean): Confinement[] {
  if (!root) {
    return [
      {
        prefix: ['unshare', '--user', '--map-current-user', '--net', '--', 'setpriv', '--no-new-privs', '--'],
        offline: true,
      },
      { prefix: ['setpriv', '--no-new-privs', '--'], offline: false },
      { prefix: [], offline: false },
    ];
  }
  const other = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--no-new-privs', '--'];
  return [
    { prefix: ['unshare', '--net', '--', ...other], uid: NOBODY, offline: true },
    { prefix: other, uid: NOBODY, offline: false },
  ];
}

let chosen: Promise<Confinement | undefined> | undefined;

/** The closest way that works on this machine; undefined when we are root and cannot be anybody else. */
export function confinement(): Promise<Confinement | undefined> {
  chosen ??= (async () => {
    for (const way of ways(process.getuid?.() === 0)) {
      const command = [...way.prefix, 'true'];
      const works = await promisify(execFile)('env', command, { timeout: PROBE_MS, cwd: '/' }).then(
        () => true,
        () => false,
      );
      if (works) return way;
    }
    return undefined;
  })();
  return chosen;
}

/** Whether every user may pass all folders on the way to `path`, and run or enter it. */
export async function othersMayPass(path: string): Promise<boolean> {
  for (let at = path; ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
