import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Per-user folder for installed programs: `BELAY_CACHE`, else the XDG cache folder. It may be deleted at any time. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env['BELAY_CACHE']) return resolve(env['BELAY_CACHE']);
  return join(absolute(env['XDG_CACHE_HOME']) ?? join(homedir(), '.cache'), 'belay');
}

/** Per-user folder for what must outlive one command: `BELAY_STATE`, else the XDG state folder. */
export function stateRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env['BELAY_STATE']) return resolve(env['BELAY_STATE']);
  return join(absolute(env['XDG_STATE_HOME']) ?? join(homedir(), '.local', 'state'), 'belay');
}

// The XDG base directory specification says that relative paths are invalid and to be ignored.
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path : undefined;
}

/** Top folder of the project, whether this file runs from the sources or from `dist/`. */
export function projectRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (dir !== dirname(dir)) {
    const manifest = join(dir, 'package.json');
    if (existsSync(manifest) && /"name":\s*"belay"/.test(readFileSync(manifest, 'utf8'))) return dir;
    dir = dirname(dir);
  }
  throw new Error(`No package.json of belay above ${fileURLToPath(import.meta.url)}; run this from a checkout`);
}
