import { chown, mkdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freeBytes, sizeText } from '../backup/classify.js';
import { backupError } from '../backup/errors.js';
import { createThrowaway, type Throwaway } from '../throwaway/index.js';
import { serverFolder } from './programs.js';
import { startRestored, type RestoredServer } from './server.js';
import { stanzaCommand, work, type Owner, type Stanza } from './stanza.js';

export const KIND = 'pgbackrest';
/** Room for replay beyond the size of the data. */
export const SPARE = 1.1;

/** What the cluster is restored to: the end of the backup itself, or a time after it. */
export type Target = { at: 'backup' } | { at: 'time'; time: string };

/** A throwaway folder that belongs to the cluster's user. */
export async function openScratch(stanza: Stanza): Promise<Throwaway> {
  const scratch = await createThrowaway(KIND, stanza.context.run);
  if (stanza.owner) await chown(scratch.dir, stanza.owner.uid, stanza.owner.gid);
  return scratch;
}

/** Throws `DiskFull` unless a cluster of so many bytes fits: a disk that is full must not look like a bad backup. */
export async function requireRoom(folder: string, bytes: number): Promise<void> {
  const [free, needed] = [await freeBytes(folder), bytes * SPARE];
  if (free >= needed) return;
  throw backupError(
    'DiskFull',
    `${folder} has ${sizeText(free)} free, ${sizeText(needed)} are needed for a test restore; set BELAY_SCRATCH to a larger disk.`,
  );
}

/** `2026-11-21 08:30:00.123+00`, as PostgreSQL reads it. */
export const timeText = (iso: string): string => `${new Date(iso).toISOString().replace('T', ' ').replace('Z', '')}+00`;

/**
 * Restores a set into an empty folder, with its tablespaces beside it. Archiving is off in what is restored, and the lock is one of our own: a
 * backup of the live cluster may run meanwhile.
 */
export async function restoreSet(
  stanza: Stanza,
  label: string,
  data: string,
  target: Target,
  locks: string,
): Promise<void> {
  const { owner, config } = stanza;
  await mkdir(locks, { recursive: true, mode: 0o700 });
  if (owner) await chown(locks, owner.uid, owner.gid);
  const to = target.at === 'backup' ? ['--type=immediate'] : ['--type=time', `--target=${timeText(target.time)}`];
  const options = [
    `--set=${label}`,
    `--pg1-path=${data}`,
    ...(config.remote ? ['--reset-pg1-host'] : []),
    ...to,
    '--target-action=promote',
    '--archive-mode=off',
    `--tablespace-map-all=${data}.tablespaces`,
    `--lock-path=${locks}`,
    '--log-level-console=detail',
  ];
  await work(stanza, `restore ${label}`, stanzaCommand(stanza, 'restore', options));
}

/** Starts a restored cluster and waits until it has replayed to its target. `careless` when it is thrown away afterwards. */
export async function startOn(
  stanza: Stanza,
  data: string,
  scratch: Throwaway,
  version: string,
  careless: boolean,
): Promise<RestoredServer> {
  const { owner, context, config } = stanza;
  const bin = await serverFolder(version, context.signal);
  const socket = join(scratch.dir, 's');
  await mkdir(socket, { mode: 0o700 });
  if (owner) await chown(socket, owner.uid, owner.gid);
  return startRestored({
    bin,
    data,
    work: socket,
    owner,
    user: config.user ?? (await userName(owner)),
    database: config.database,
    restoreCommand: restoreCommand(stanza, data),
    signal: context.signal,
    progress: context.progress,
    careless,
    started: (pid) => scratch.recordServer(pid),
  });
}

/**
 * How the restored server gets WAL. pgBackRest has written one into its settings; this one also keeps out of the spool folder of the live
 * cluster, which `archive-async` in the configuration would share.
 */
function restoreCommand({ program, source }: Stanza, data: string): string {
  const options = [
    `--config=${source.config}`,
    `--stanza=${source.stanza}`,
    `--pg1-path=${data}`,
    '--no-archive-async',
  ];
  const quoted = [program, ...options].map((text) => `'${text.replaceAll("'", "'\\''").replaceAll('%', '%%')}'`);
  return `${quoted.join(' ')} archive-get %f "%p"`;
}

/** Name of the system's user, which is the role that pgBackRest connects as when none is configured. */
async function userName(owner: Owner | undefined): Promise<string> {
  if (owner === undefined) return userInfo().username;
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const line = users.split('\n').find((one) => one.split(':')[2] === String(owner.uid));
  return line?.split(':')[0] ?? 'postgres';
}
