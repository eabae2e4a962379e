import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Source, SourceType } from '../../systems/backupSchema.js';
import type { Bucket } from '../objectstore/types.js';
import type { SecretResolver } from '../secrets/index.js';
import { createThrowaway } from '../throwaway/index.js';
import { beating, type Beat } from './beat.js';
import { classified } from './classify.js';
import type { Engine, EngineContext, Engines, ExternalEngine } from './engine.js';
import { backupError } from './errors.js';
import { attemptName } from './keys.js';
import { usingBucket } from './stores.js';
import type { BackupRun, BackupTarget } from './types.js';

/** Gives the engine of one type; loads what it needs the first time. */
export type EngineSource = <T extends SourceType>(type: T) => Promise<Engines[T]>;

/** What the backup activities are given by the worker. */
export interface BackupOptions {
  secrets: SecretResolver;
  engines: EngineSource;
  /** Folder for scratch and staged files. */
  scratchRoot: string;
  /** Task queue of this very worker's machine, where staged files are fetched again. */
  hostQueue: string;
}

/** What one activity works with, from its beginning to its end. */
export interface SourceWork {
  options: BackupOptions;
  target: BackupTarget;
  beat: Beat;
  run: BackupRun;
  /** Folder of this attempt alone; removed at the end. */
  scratch: string;
  /** Name of this attempt's folder in the store. */
  attempt: string;
}

/** The same, with the store. */
export interface Work extends SourceWork {
  bucket: Bucket;
}

/** Name of this attempt's folder, from the activity's own context. */
export function currentAttempt(): { attempt: number; name: string } {
  const { attempt, workflowExecution, activityId } = Context.current().info;
  return { attempt, name: attemptName(attempt, workflowExecution?.runId ?? '', activityId) };
}

/** Runs `use` and gives its errors a type. `folder` is named when its disk is full. */
export async function typed<T>(options: Pick<BackupOptions, 'scratchRoot'>, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw await classified(error, options.scratchRoot);
  }
}

/** A long activity on the source alone: heartbeats, a stall is ended, scratch files go at the end however that comes. */
export async function workingAtSource<T>(
  options: BackupOptions,
  input: { target: BackupTarget; run?: BackupRun },
  use: (work: SourceWork) => Promise<T>,
): Promise<T> {
  const { target } = input;
  const run = input.run ?? runOfContext();
  const pace = { source: target.source.name, stallSeconds: target.policy.stallSeconds };
  return typed(options, () =>
    beating(pace, async (beat) => {
      const scratch = await createThrowaway('scratch', run, options.scratchRoot);
      try {
        return await use({ options, target, beat, run, scratch: scratch.dir, attempt: currentAttempt().name });
      } finally {
        await scratch.close();
      }
    }),
  );
}

/** A long activity with source and store. */
export async function working<T>(
  options: BackupOptions,
  input: { target: BackupTarget; run?: BackupRun },
  use: (work: Work) => Promise<T>,
): Promise<T> {
  const { store } = input.target.policy;
  return workingAtSource(options, input, (work) =>
    usingBucket(options.secrets, store, (bucket) => use({ ...work, bucket })),
  );
}

/** For activities that are asked without a run: who asks stands in their context. */
function runOfContext(): BackupRun {
  const { workflowExecution, workflowType } = Context.current().info;
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  return { workflowId, runId, runbook: workflowType ?? '', requestedBy: '', reason: '' };
}

/** What engines get. `signal` when they shall also end for another reason than the activity's own. */
export function engineContext(work: SourceWork, signal = work.beat.signal): EngineContext {
  const { options, target, beat, run, scratch } = work;
  return {
    secrets: options.secrets,
    signal,
    scratch,
    progress: beat.progress,
    run,
    system: target.system,
    ...(target.namespace !== undefined && { namespace: target.namespace }),
    ...(target.context !== undefined && { context: target.context }),
  };
}

/** An engine whose bytes pass through us, or one that drives a vendor's backups. */
export type AnyEngine = { external: false; engine: Engine } | { external: true; engine: ExternalEngine };

/** The engine of a source. Throws `Unsupported` when this worker has none. */
export async function engineOf(options: BackupOptions, source: Pick<Source, 'type'>): Promise<AnyEngine> {
  const engine = await options.engines(source.type).catch((error: unknown) => {
    if (error instanceof ApplicationFailure) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw backupError('Unsupported', `This worker cannot handle ${source.type}: ${why}`);
  });
  // Only sources of its own type reach an engine: it was chosen by the type.
  if ('take' in engine) return { external: true, engine: engine as ExternalEngine };
  return { external: false, engine: engine as Engine };
}

/** The engine of a source whose bytes pass through us. Throws `Unsupported` for one of a vendor. */
export async function ownEngine(options: BackupOptions, source: Pick<Source, 'type'>): Promise<Engine> {
  const found = await engineOf(options, source);
  if (!found.external) return found.engine;
  throw backupError('Unsupported', `The backups of ${source.type} do not pass through Belay; take them as a stream.`);
}
