import { delimiter, dirname } from 'node:path';
import type { SandboxState } from './kit/types.js';

/** What `BELAY_PROGRAMS` should be for workers on this sandbox: folders with the programs that its databases' backups and the check of alert routes need. */
export function programFolders(state: SandboxState): string {
  const { programs = [], postgres, redis, mongodb, alertmanager } = state;
  return [...programs, postgres?.bin, redis?.bin, alertmanager?.bin, mongodb?.tools, mongodb && dirname(mongodb.server)]
    .filter((folder) => folder !== undefined)
    .join(delimiter);
}
