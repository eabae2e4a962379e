import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../sandbox/kit/command.js';
import { handOver, unprivileged } from '../../sandbox/postgres/unprivileged.js';
import { onServer } from './data.js';
import type { BackupPlace } from './place.js';
import { timed } from './program.js';
import type { Run } from './types.js';

const SHORT_MS = 120_000;
const STANZA = 'bench';

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
