import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../sandbox/kit/command.js';
import type { ProgramSpec } from '../../sandbox/kit/types.js';
import { handOver, unprivileged } from '../../sandbox/postgres/unprivileged.js';
import { onServer } from './data.js';
import type { BackupPlace } from './place.js';
import { timed } from './program.js';
import type { Run } from './types.js';

const SHORT_MS = 120_000;
const STANZA = 'bench';

/** pgBackRest, Debian's package unpacked without installing it where the machine has none. */
export const pgbackrestProgram: ProgramSpec = {
  name: 'pgbackrest',
  version: 'debian',
  env: 'BELAY_PGBACKREST_BIN',
  path: ['pgbackrest'],
  async check(file) {
    const { stdout } = await runCommand(file, ['version'], { timeoutMs: 20_000 });
    return stdout.startsWith('pgBackRest 2.') ? undefined : 'it is not pgBackRest 2';
  },
  async install(dir, progress) {
    progress('unpacking the Debian package pgbackrest');
    await runCommand('apt-get', ['download', 'pgbackrest'], { cwd: dir, timeoutMs: 180_000 });
    const deb = (await readdir(dir)).find((name) => name.endsWith('.deb'));
    if (deb === undefined) throw new Error('apt-get download left no package');
    await runCommand('dpkg', ['-x', join(dir, deb), dir], { timeoutMs: 120_000 });
    await rm(join(dir, deb));
    return join(dir, 'usr', 'bin', 'pgbackrest');
  },
  hint: 'Install pgBackRest (Debian and Ubuntu: apt-get install pgbackrest), or set BELAY_PGBACKREST_BIN to it.',
};

/** A stanza of the sandbox's server, with a repository on the local disk: its S3 driver insists on TLS, the sandbox's store has none. */
export interface Stanza {
  backup(): Promise<Run>;
  /** Has the server archive nothing any more, and removes the repository. */
  close(): Promise<void>;
}

/** Prepares a repository and has the server archive into it. */
export async function openStanza(place: BackupPlace, program: string): Promise<Stanza> {
  const home = join(place.dir, 'pgbackrest');
  const config = join(home, 'pgbackrest.conf');
  const data = await dataDirectory(place);
  await rm(home, { recursive: true, force: true });
  for (const folder of [home, join(home, 'repo')]) await mkdir(folder, { mode: 0o750 });
  const passwordFile = join(home, 'pgpass');
  await writeFile(config, configuration(home, data, place.postgres));
  await writeFile(passwordFile, `*:*:*:*:${place.postgres.password}\n`, { mode: 0o600 });
  for (const path of [home, join(home, 'repo'), config, passwordFile]) await handOver(path);
  const env = { ...place.toolEnv, PGPASSFILE: passwordFile };
  const command = (args: readonly string[]): Promise<string[]> =>
    unprivileged(data, [program, `--config=${config}`, `--stanza=${STANZA}`, ...args]);
  const run = async (...args: string[]): Promise<string> => {
    const [file = '', ...rest] = await command(args);
    return (await runCommand(file, rest, { cwd: '/', env, timeoutMs: SHORT_MS })).stdout;
  };
  await run('stanza-create');
  await archive(place, `${program} --config=${config} --stanza=${STANZA} archive-push %p`);
  return {
    async backup() {
      const measured = await timed(place, await command(['--type=full', '--no-expire-auto', 'backup']), env);
      const storedBytes = newestBytes(await run('info', '--output=json'));
      await run('--repo1-retention-full=1', 'expire');
      return { ...measured, storedBytes };
    },
    async close() {
      await archive(place, 'true');
      await rm(home, { recursive: true, force: true });
    },
  };
}

function configuration(home: string, data: string, { port, user }: BackupPlace['postgres']): string {
  return `[global]
repo1-path=${join(home, 'repo')}
log-path=${home}
lock-path=${join(home, 'lock')}
spool-path=${join(home, 'spool')}
log-level-console=warn
log-level-file=off
compress-type=zst
compress-level=3
process-max=2
start-fast=y

[${STANZA}]
pg1-path=${data}
pg1-port=${port}
pg1-user=${user}
`;
}

async function dataDirectory({ postgres }: BackupPlace): Promise<string> {
  const answer = await onServer(postgres, 'postgres', (client) =>
    client.query<{ data_directory: string }>('SHOW data_directory'),
  );
  return answer.rows[0]?.data_directory ?? '';
}

async function archive({ postgres }: BackupPlace, command: string): Promise<void> {
  await onServer(postgres, 'postgres', async (client) => {
    await client.query(`ALTER SYSTEM SET archive_command = '${command.replaceAll("'", "''")}'`);
    await client.query('SELECT pg_reload_conf()');
  });
}

/** Bytes that the newest backup has added to the repository, from `info --output=json`. Pure. */
export function newestBytes(info: string): number {
  type Stanzas = { backup: { info: { repository: { delta: number } } }[] }[];
  const newest = (JSON.parse(info) as Stanzas)[0]?.backup.at(-1);
  if (newest === undefined) throw new Error('pgBackRest lists no backup');
  return newest.info.repository.delta;
}
