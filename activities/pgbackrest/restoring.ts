import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createThrowaway, type Throwaway } from '../throwaway/index.js';
import { serverFolder } from './programs.js';
import { startRestored, type RestoredServer } from './server.js';
import { stanzaCommand, work, type Stanza } from './stanza.js';

export const KIND = 'pgbackrest';

/** What the cluster is restored to: the end of the backup itself, or a time after it. */
export type Target = { at: 'backup' } | { at: 'time'; time: string };

/** A throwaway folder that belongs to the cluster's user. */
export async function openScratch(stanza: Stanza): Promise<Throwaway> {
  const scratch = await createThrowaway(KIND, stanza.context.run);
  if (stanza.owner) await chown(scratch.dir, stanza.owner.uid, stanza.owner.gid);
  return scratch;
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
    user: config.user ?? 'postgres',
    signal: context.signal,
    progress: context.progress,
    careless,
    started: (pid) => scratch.recordServer(pid),
  });
}
