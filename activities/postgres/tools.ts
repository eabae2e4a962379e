import { backupError } from '../backup/errors.js';
import { findProgram, runCommand } from '../pipeline/index.js';

/** PostgreSQL's version as [major, minor]. */
export type Version = readonly [major: number, minor: number];

/**
 * First minor versions in which a dump cannot run commands on the machine of a person who loads it with psql (CVE-2025-8714,
 * CVE-2026-18408). We never do; globals.sql invites people to.
 */
const SAFE_FROM = new Map([
  [14, 24],
  [15, 19],
  [16, 15],
  [17, 11],
  [18, 6],
]);

/** Reads `pg_dump (PostgreSQL) 15.18 (Debian …)`; undefined when it is none of PostgreSQL's programs. Pure. */
export function parseVersion(text: string): Version | undefined {
  const found = /\(PostgreSQL\) (\d+)(?:\.(\d+))?/.exec(text);
  return found ? [Number(found[1]), Number(found[2] ?? 0)] : undefined;
}

export const versionText = ([major, minor]: Version): string => `${major}.${minor}`;

/** What is to be said of a client program that is sound but old; undefined when nothing. Pure. */
export function versionWarning(program: string, [major, minor]: Version): string | undefined {
  const floor = SAFE_FROM.get(major) ?? (major < 14 ? Number.POSITIVE_INFINITY : 0);
  if (minor >= floor) return undefined;
  return (
    `${program} ${versionText([major, minor])} lacks the fix of CVE-2026-18408: do not load globals.sql with psql from a server ` +
    `that you do not trust; update the client programs.`
  );
}

/** Version of a program. Throws `MissingProgram`. */
export async function toolVersion(program: string, signal: AbortSignal): Promise<Version> {
  const { stdout } = await runCommand({ file: program, args: ['--version'] }, { signal, timeoutMs: 20_000 });
  const version = parseVersion(stdout);
  if (version) return version;
  throw backupError('MissingProgram', `${await findProgram(program)} is not PostgreSQL's ${program}.`);
}

/** Throws `VersionMismatch` unless the programs are at least of the server's major version. Gives their versions. */
export async function checkedTools(
  programs: readonly string[],
  server: Version,
  signal: AbortSignal,
): Promise<Record<string, Version>> {
  const versions: Record<string, Version> = {};
  const found = await Promise.all(
    programs.map(async (program) => ({ program, version: await toolVersion(program, signal) })),
  );
  for (const { program, version } of found) {
    if (version[0] < server[0]) {
      throw backupError(
        'VersionMismatch',
        `${program} is version ${versionText(version)}, the server ${versionText(server)}: install client programs of major version ` +
          `${server[0]} or newer, or set BELAY_PROGRAMS to their folder.`,
      );
    }
    versions[program] = version;
  }
  return versions;
}
