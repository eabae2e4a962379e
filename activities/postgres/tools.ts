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

/** Versions of programs, each with the error why it cannot be used: nothing is thrown before somebody needs it. */
export type Tools = Map<string, Version | { error: unknown }>;

/** Asks all programs for their versions at once. */
export async function toolVersions(programs: readonly string[], signal: AbortSignal): Promise<Tools> {
  const found = programs.map(async (program) => {
    const version = await toolVersion(program, signal).catch((error: unknown) => ({ error }));
    return [program, version] as const;
  });
  return new Map(await Promise.all(found));
}

/**
 * Gives the versions of the programs. Throws `MissingProgram`, and `VersionMismatch` unless all are at least of the server's major
 * version. Pure.
 */
export function checkedTools(programs: readonly string[], tools: Tools, server: Version): Record<string, Version> {
  const versions: Record<string, Version> = {};
  for (const program of programs) {
    const version = tools.get(program);
    if (version === undefined) throw new Error(`nobody asked for the version of ${program}`);
    if ('error' in version) throw version.error;
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
