import { basename, join } from 'node:path';
import { runCommand } from './command.js';
import { goCache, sharingGoCache } from './goCache.js';
import { messageOf } from './text.js';
import type { Progress } from './types.js';

const BUILD_TIMEOUT_MS = 30 * 60_000;
const OLDEST_GO = [1, 24] as const;

export interface GoOptions {
  /** Folder that receives the program. */
  dir: string;
  progress: Progress;
  /** Linker flags, e.g. `-s -w -X main.version=1`. */
  ldflags?: string;
  /** Build tags, comma-separated. */
  tags?: string;
  /** Default 30 minutes. */
  timeoutMs?: number;
}

/** `go install pkg@version` into `dir`; returns the program's path. Checksums are verified as Go does by default. */
export async function goInstall(pkg: string, version: string, options: GoOptions): Promise<string> {
  const name = basename(pkg);
  options.progress(`building ${name} ${version} from source`);
  await go(['install', ...flags(options), `${pkg}@${version}`], { GOFLAGS: '-mod=mod', GOBIN: options.dir }, options);
  return join(options.dir, name);
}

/**
 * Builds a main package of `module` (a folder with go.mod and a complete go.sum) as `dir/name`: its own one, or `pkg`, one of a module
 * that it requires.
 */
export async function goBuildModule(
  module: string,
  name: string,
  options: GoOptions & { pkg?: string },
): Promise<string> {
  options.progress(`building ${name} from source`);
  const output = join(options.dir, name);
  await go(
    ['build', ...flags(options), '-o', output, options.pkg ?? '.'],
    { GOFLAGS: '', GOWORK: 'off' },
    { ...options, cwd: module },
  );
  return output;
}

function flags(options: GoOptions): string[] {
  return [
    '-trimpath',
    ...(options.ldflags ? ['-ldflags', options.ldflags] : []),
    ...(options.tags ? ['-tags', options.tags] : []),
  ];
}

async function go(args: string[], env: NodeJS.ProcessEnv, options: GoOptions & { cwd?: string }): Promise<void> {
  await requireGo();
  await sharingGoCache(async () => {
    await runCommand('go', args, {
      cwd: options.cwd ?? options.dir,
      // Static programs need no C compiler.
      env: { ...process.env, CGO_ENABLED: '0', ...env, GOCACHE: await goCache() },
      timeoutMs: options.timeoutMs ?? BUILD_TIMEOUT_MS,
    });
  });
}

/** Throws with the cure when there is no Go, or one too old to fetch a newer toolchain for these modules. */
export async function requireGo(): Promise<void> {
  const wanted = OLDEST_GO.join('.');
  let version: string;
  try {
    version = (await runCommand('go', ['env', 'GOVERSION'], { timeoutMs: 60_000 })).stdout.trim();
  } catch (error) {
    throw new Error(
      `Go is needed to build this program; install Go ${wanted} or newer (https://go.dev/dl/): ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  const [major = 0, minor = 0] = (/^go(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
  if (major < OLDEST_GO[0] || (major === OLDEST_GO[0] && minor < OLDEST_GO[1])) {
    throw new Error(`${version} is too old to build this program; install Go ${wanted} or newer (https://go.dev/dl/).`);
  }
}
