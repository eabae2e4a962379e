import { runCommand } from '../../sandbox/kit/command.js';
import { sharingGoCache } from '../../sandbox/kit/goCache.js';
import { interruptible } from '../../sandbox/kit/interrupt.js';
import { findOrInstall } from '../../sandbox/kit/program.js';
import { messageOf } from '../../sandbox/kit/text.js';
import type { ProgramSpec, Progress } from '../../sandbox/kit/types.js';
import { awsProgram } from './aws.js';
import { pgbackrestProgram } from '../../sandbox/pgbackrest.js';
import { resticProgram } from './restic.js';

/** Programs beside those that every backup needs. */
export interface Tools {
  aws: string;
  /** Paths, or why they are not to be had. */
  restic: string | { missing: string };
  pgbackrest: string | { missing: string };
}

/** Finds or installs what is measured beside Belay. Throws when the AWS command line is not to be had: without it there is no comparison. */
export function findTools(progress: Progress): Promise<Tools> {
  const peer = (spec: ProgramSpec): Promise<string | { missing: string }> =>
    findOrInstall(spec, progress).catch((error: unknown) => {
      progress(`${spec.name} is left out: ${messageOf(error)}`);
      return { missing: messageOf(error).split('\n')[0] ?? '' };
    });
  return interruptible(() =>
    sharingGoCache(async () => ({
      aws: await findOrInstall(awsProgram, progress),
      pgbackrest: await peer(pgbackrestProgram),
      restic: await peer(resticProgram),
    })),
  );
}

/** First lines of what the programs say about themselves. */
export async function versionsOf(tools: Tools, env: Record<string, string>): Promise<Record<string, string>> {
  const asked: Record<string, readonly [string, ...string[]]> = {
    PostgreSQL: ['pg_dump', '--version'],
    zstd: ['zstd', '--version'],
    age: ['age', '--version'],
    aws: [tools.aws, '--version'],
    ...(typeof tools.restic === 'string' ? { restic: [tools.restic, 'version'] as const } : {}),
    ...(typeof tools.pgbackrest === 'string' ? { pgBackRest: [tools.pgbackrest, 'version'] as const } : {}),
  };
  const versions: Record<string, string> = {};
  for (const [name, [file, ...args]] of Object.entries(asked)) {
    const { stdout } = await runCommand(file, args, { env, timeoutMs: 60_000 });
    versions[name] = /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] ?? 'not known';
  }
  return versions;
}
