import { RDSClient, type RDSClientConfig } from '@aws-sdk/client-rds';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceOf } from '../../systems/backupSchema.js';
import { isError } from '../backup/classify.js';
import type { EngineContext } from '../backup/engine.js';
import { backupError } from '../backup/errors.js';
import { rdsError } from './errors.js';

const MINUTE = 60_000;

/** How long is waited for what; the defaults fit databases of terabytes. Milliseconds. */
export interface Patience {
  pollMs: number;
  /** A snapshot, until it is available. */
  snapshotMs: number;
  /** A restored instance, until it is available. */
  restoreMs: number;
  /** A change to an instance, and until an instance that is busy is free. */
  changeMs: number;
  deleteMs: number;
  /** For the removal of a test instance after a cancel. */
  cleanUpMs: number;
  /** Silence of the API, or throttling, in a row. */
  silenceMs: number;
}

export const PATIENCE: Patience = {
  pollMs: 10_000,
  snapshotMs: 24 * 60 * MINUTE,
  restoreMs: 12 * 60 * MINUTE,
  changeMs: 60 * MINUTE,
  deleteMs: 60 * MINUTE,
  cleanUpMs: 45_000,
  silenceMs: 10 * MINUTE,
};

/** Amazon's control plane for one source, and what its engine works with. */
export interface Rds {
  client: RDSClient;
  patience: Patience;
  signal: AbortSignal;
  progress: (what: string) => void;
  /** Runs a request; its errors are typed (`rdsError`). */
  ask<T>(what: string, request: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T>;
  /** The same place under another signal: for cleaning up after an abort. */
  under(signal: AbortSignal): Rds;
}

async function credentialsOf(source: SourceOf<'rds'>, context: EngineContext): Promise<Partial<RDSClientConfig>> {
  const { accessKeyId: id, secretAccessKey: secret } = source;
  if (id === undefined && secret === undefined) return {};
  if (id === undefined || secret === undefined) {
    throw backupError('Unsupported', `Source ${source.name} needs both accessKeyId and secretAccessKey, or neither.`);
  }
  const resolve = async () => ({
    accessKeyId: await context.secrets.resolve(id),
    secretAccessKey: await context.secrets.resolve(secret),
    expiration: new Date(Date.now() + 15 * MINUTE),
  });
  // A reference that leads nowhere is found now, not in the middle of a backup.
  await resolve();
  return { credentials: resolve };
}

/** Access to the control plane of a source's region; no request is sent yet. Throws `SecretUnresolved`. */
export async function openRds(source: SourceOf<'rds'>, context: EngineContext, patience = PATIENCE): Promise<Rds> {
  const client = new RDSClient({
    region: source.region,
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 10_000, requestTimeout: MINUTE, throwOnRequestTimeout: true },
    ...(source.endpoint === undefined ? {} : { endpoint: source.endpoint }),
    ...(await credentialsOf(source, context)),
  });
  const under = (signal: AbortSignal): Rds => ({
    client,
    patience,
    signal,
    progress: context.progress,
    under,
    async ask(what, request) {
      signal.throwIfAborted();
      try {
        return await request({ abortSignal: signal });
      } catch (error) {
        throw rdsError(error, what, signal);
      }
    },
  });
  return under(context.signal);
}

/**
 * Asks again and again until `look` gives something. No fixed waiter: those know few states, and one that is stuck in another would be
 * waited for in silence. `look` returns a text for "not yet", which becomes progress. Throttling and silence of the API are borne
 * for a while. Throws `Stalled` after `timeoutMs`, and the signal's reason when it is aborted.
 */
export async function poll<T extends object>(
  rds: Rds,
  what: string,
  timeoutMs: number,
  look: () => Promise<T | string>,
): Promise<T> {
  const { pollMs, silenceMs } = rds.patience;
  const end = Date.now() + timeoutMs;
  let heard = Date.now();
  let latest = 'nothing was seen yet';
  for (;;) {
    try {
      const found = await look();
      if (typeof found !== 'string') return found;
      heard = Date.now();
      latest = found;
      rds.progress(`${what}: ${found}`);
    } catch (error) {
      if (!isError(error, 'Throttled', 'Unreachable') || Date.now() - heard > silenceMs) throw error;
      rds.progress(`${what}: no answer, asked again`);
    }
    if (Date.now() >= end) {
      const minutes = Math.round(timeoutMs / MINUTE);
      throw backupError(
        'Stalled',
        `${what} took longer than ${minutes} min (${latest}). Look at it in the AWS console.`,
      );
    }
    await sleep(Math.min(pollMs, Math.max(1, end - Date.now())), undefined, { signal: rds.signal }).catch(() => {
      throw rds.signal.reason;
    });
  }
}

/** Repeats a request while the thing it is about is busy; each other error is thrown. */
export async function whenBusy<T>(rds: Rds, what: string, request: () => Promise<T>): Promise<T> {
  const done = await poll(rds, what, rds.patience.changeMs, async () => {
    try {
      return { value: await request() };
    } catch (error) {
      if (isError(error, 'InUse')) return 'busy, tried again';
      throw error;
    }
  });
  return done.value;
}
