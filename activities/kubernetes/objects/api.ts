import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineContext } from '../../backup/engine.js';
import { backupError, type BackupErrorType } from '../../backup/errors.js';
import { bounded } from '../../secrets/redact.js';
import { ApiError, isStatus, isTransient } from '../api/apiError.js';
import type { Answer, Call, KubeClients } from '../api/clients.js';
import { rightOf } from '../api/failure.js';
import type { Connect } from '../session.js';

const CALL_MS = 30_000;
const MAX_TRIES = 6;
const MAX_PAUSE_MS = 10_000;

/** A cluster for the time of one activity: cancelled with it, patient with a busy server, with errors that say what to do. */
export class Api {
  private constructor(
    readonly clients: KubeClients,
    private readonly context: Pick<EngineContext, 'signal' | 'progress'>,
  ) {}

  static open(connect: Connect, context: Pick<EngineContext, 'signal' | 'progress' | 'context'>): Api {
    return new Api(connect(context.context), context);
  }

  /** The same cluster for clean-up, which must also be done after a cancellation. */
  detached(timeoutMs: number): Api {
    return new Api(this.clients, { signal: AbortSignal.timeout(timeoutMs), progress: (what) => this.progress(what) });
  }

  get signal(): AbortSignal {
    return this.context.signal;
  }

  progress(what: string): void {
    this.context.progress(what);
  }

  /** Throws `ApiError` for what the server refuses; waits out what passes. Only for calls that may be repeated. */
  async ask<T>(call: Call): Promise<Answer<T>> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.clients.call<T>({ timeoutMs: CALL_MS, signal: this.signal, ...call });
      } catch (error) {
        if (this.signal.aborted || tries >= MAX_TRIES || !isTransient(error) || isStatus(error, 401)) throw error;
        const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
        await sleep(Math.min(MAX_PAUSE_MS, Math.max(asked, 200 * 2 ** tries)), undefined, { signal: this.signal });
      }
    }
  }

  async get<T>(path: string, query: NonNullable<Call['query']> = {}): Promise<T> {
    return (await this.ask<T>({ path, query })).body;
  }
}

const TYPES: Record<number, BackupErrorType> = {
  0: 'Unreachable',
  401: 'WrongPassword',
  403: 'Forbidden',
  404: 'NotFound',
  429: 'Throttled',
};

/** Turns an API error into a typed failure of backups; anything else is given back as it is. */
export function asBackupError(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const what = `${error.call.method} ${error.call.path}`;
  const words = bounded(error.message, 500).replace(/\.$/, '');
  const type = TYPES[error.status] ?? (error.status >= 500 ? 'Unreachable' : 'RestoreError');
  switch (type) {
    case 'Forbidden':
      return backupError(
        type,
        `The worker may not ${rightOf(error.call)} (${words}). Grant it as deploy/rbac/backup.yaml does.`,
      );
    case 'WrongPassword':
      return backupError(
        type,
        `The cluster does not accept the worker's credentials (${what}). Renew them in its kubeconfig.`,
      );
    case 'Unreachable':
      return backupError(
        type,
        `The Kubernetes API server did not answer ${what}: ${words}. Is it up, and may the worker reach it?`,
      );
    default:
      return backupError(type, `${what}: ${words}.`);
  }
}

/** Runs work of an engine; its API errors become typed failures. */
export async function typed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asBackupError(error);
  }
}

/** Runs jobs, `width` at a time; the first error ends it. Results in the order of the jobs. */
export async function inParallel<A, B>(jobs: readonly A[], width: number, work: (job: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  let next = 0;
  let failed = false;
  const lane = async () => {
    while (next < jobs.length && !failed) {
      const at = next++;
      try {
        results[at] = await work(jobs[at] as A);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, lane));
  return results;
}
